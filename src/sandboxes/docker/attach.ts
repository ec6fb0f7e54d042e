import { request } from "node:http";
import { Socket } from "node:net";
import { text } from "node:stream/consumers";

const streams = new URLSearchParams({ stream: "1", stdin: "1", stdout: "1", stderr: "1", detachKeys: "" });

/**
 * A connection to a container's standard streams. By hand, because dockerode sends a body with this request, and podman
 * passes that on as the container's first input. No detach keys, which podman would look for in what is written.
 */
export function attach(socketPath: string, container: string): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const asked = request({
    socketPath,
    method: "POST",
    path: `/containers/${container}/attach?${streams}`,
    headers: { Connection: "Upgrade", Upgrade: "tcp", "Content-Length": "0" },
  });
  asked.once("upgrade", (_, connection, head) => {
    if (!(connection instanceof Socket)) return reject(new Error("the connection is no socket"));
    if (head.length > 0) connection.unshift(head);
    resolve(connection);
  });
  asked.once("response", (response) => {
    const refused = (words: string): void =>
      reject(Object.assign(new Error(words.trim()), { statusCode: response.statusCode }));
    text(response).then(refused, reject);
  });
  asked.once("error", reject);
  asked.end();
  return promise;
}
