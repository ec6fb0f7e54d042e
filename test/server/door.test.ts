import { spawn } from "node:child_process";
import { once } from "node:events";
import { statSync, writeFileSync } from "node:fs";
import { Agent, type IncomingMessage, type RequestOptions, request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { ToolOutput } from "../../src/agent.js";
import { encodeFrame } from "../../src/data/frame.js";
import { packagePath } from "../../src/package-root.js";
import { openDoor } from "../../src/server/door.js";
import { type World, world } from "./world.js";

interface Answered {
  readonly status: number;
  readonly error?: { readonly code: string; readonly message: string };
  readonly [field: string]: unknown;
}

/** Every request on a connection of its own, as from many programs. */
const agent = new Agent({ keepAlive: false, maxSockets: Number.POSITIVE_INFINITY });

async function ask(
  { socket, token }: Pick<World, "socket" | "token">,
  path: string,
  body?: string | Uint8Array,
  options: RequestOptions = {},
): Promise<Answered> {
  const method = body === undefined ? "GET" : "POST";
  const chunked = options.headers && "transfer-encoding" in options.headers;
  const length = body === undefined || chunked ? {} : { "content-length": Buffer.byteLength(body) };
  const headers = { authorization: `Bearer ${token}`, ...length, ...options.headers };
  const asking = request({ socketPath: socket, path, method, agent, ...options, headers });
  asking.on("error", () => undefined); // refused before all was sent
  asking.end(body);
  const [response] = (await once(asking, "response")) as [IncomingMessage];
  const chunks: Buffer[] = await response.toArray();
  return { ...JSON.parse(Buffer.concat(chunks).toString()), status: response.statusCode! };
}

/** Says of how many calls are under way, and ends them when told. */
function gate() {
  const opened = Promise.withResolvers<void>();
  const state = { running: 0, most: 0, done: 0, aborted: 0 };
  const call = async (_: string, __: unknown, { signal }: { signal: AbortSignal }): Promise<ToolOutput> => {
    state.most = Math.max(state.most, ++state.running);
    try {
      await Promise.race([
        opened.promise,
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
      ]);
      state.done++;
      return { content: "scored", isError: false };
    } catch (error) {
      state.aborted++;
      throw error;
    } finally {
      state.running--;
    }
  };
  return { state, call, open: opened.resolve };
}

async function until(found: () => boolean): Promise<void> {
  while (!found()) await new Promise((resolve) => setImmediate(resolve));
}

test("the token is the second check: without it nothing is answered or told", async () => {
  await using here = await world();
  for (const authorization of [
    "",
    "Bearer",
    "Bearer wrong",
    here.token,
    `Basic ${here.token}`,
    `Bearer ${here.token}x`,
  ]) {
    for (const path of ["/tools", "/tools/evaluate", "/nothing"]) {
      const { status, ...rest } = await ask(here, path, path === "/tools" ? undefined : "{}", {
        headers: { authorization },
      });
      expect(status).toBe(401);
      expect(rest).toEqual({ error: { code: "bad_input", message: expect.stringContaining("token: expected") } });
    }
  }
  const { status, tools } = await ask(here, "/tools");
  expect([status, (tools as unknown[]).length]).toEqual([200, 11]);
});

test("two doors do not take each other's tokens", async () => {
  await using one = await world();
  await using other = await world({ agent: "agent-2" });
  expect((await ask({ socket: one.socket, token: other.token }, "/tools")).status).toBe(401);
});

test("of 1,000 evaluations at once 16 run and the others are told to wait", async () => {
  const { state, call, open } = gate();
  await using here = await world({ call });
  const body = JSON.stringify({ method: "m", predictions: [] });
  const all = Array.from({ length: 1000 }, () => ask(here, "/tools/evaluate", body));
  let refused = 0;
  for (const one of all) void one.then(({ status }) => (refused += Number(status === 429)));
  await until(() => refused === 984);
  expect(state.running).toBe(16);
  open();
  const answers = await Promise.all(all);
  expect(answers.filter(({ status }) => status === 200).length).toBe(16);
  expect(answers.find(({ status }) => status === 429)!.error).toEqual({
    code: "busy",
    message: "16 calls of yours are under way, and the door takes 16 at once. Wait for one to end, then ask again.",
  });
  expect(state).toEqual({ running: 0, most: 16, done: 16, aborted: 0 });
  expect((await ask(here, "/tools/evaluate", body)).status).toBe(200);
});

test("a program that calls from 40 threads gets all its answers: the client waits while the door is busy", async () => {
  let [running, most] = [0, 0];
  const call = async (): Promise<ToolOutput> => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running--;
    return { content: "scored", isError: false };
  };
  await using here = await world({ call, limits: { calls: 2 } });
  const code = `
from concurrent.futures import ThreadPoolExecutor
from w2s_trainer import lab
with ThreadPoolExecutor(40) as pool:
    print(sum(answer == "scored" for answer in pool.map(lambda _: lab.budget(), range(100))))`;
  expect(await here.python("-c", code)).toEqual({ code: 0, out: "100\n", err: "" });
  expect(most).toBeLessThanOrEqual(2);
});

test("whoever leaves has the call aborted, and its place freed when the call has ended", async () => {
  const { state, call, open } = gate();
  await using here = await world({ call, limits: { calls: 1 } });
  const leaving = new AbortController();
  const left = ask(here, "/tools/budget", "{}", { signal: leaving.signal });
  left.catch(() => undefined);
  await until(() => state.running === 1);
  leaving.abort();
  await until(() => state.aborted === 1);
  open();
  expect((await ask(here, "/tools/budget", "{}")).status).toBe(200);
});

test("requests that are too large, of no stated length, no JSON or no frame are refused, and nothing is called", async () => {
  const { state, call } = gate();
  await using here = await world({ call, limits: { bytes: 1000 } });
  const large = await ask(here, "/tools/post", JSON.stringify({ body: "x".repeat(1 << 20) }));
  expect([large.status, large.error?.message]).toEqual([413, expect.stringContaining("at most 1000 are taken")]);
  const chunked = await ask(here, "/tools/post", "{}", {
    headers: { "transfer-encoding": "chunked" },
  });
  expect(chunked.status).toBe(411);
  expect((await ask(here, "/tools/post", "{")).error?.message).toBe("The request is not JSON.");
  const frame = Buffer.concat(encodeFrame({ body: { targets: new Float32Array(4) } }));
  const huge = Buffer.from(frame);
  huge.writeUInt32LE(0xffffffff, 4);
  for (const wrong of [Buffer.from("W2S1"), Buffer.from("{}".padEnd(20)), frame.subarray(0, -1), huge]) {
    const { status, error } = await ask(here, "/trainer/fit", wrong);
    expect([status, error?.code]).toEqual([400, "bad_input"]);
  }
  expect((await ask(here, "/trainer/program", frame)).error?.code).toBe("not_found");
  expect((await ask(here, "/trainer/constructor", frame)).error?.code).toBe("not_found");
  expect((await ask(here, "/tools/../tools", "{}")).status).toBe(404);
  expect((await ask(here, "/tools/__proto__", "{}")).error?.code).toBe("not_found");
  expect(state.most).toBe(0);
});

test("an error from inside is told in no words of its own", async () => {
  const call = async (): Promise<ToolOutput> => {
    throw new Error("ENOENT: /home/someone/lab/truth.json");
  };
  await using here = await world({ call });
  const { status, error } = await ask(here, "/tools/budget", "{}");
  expect(status).toBe(500);
  expect(error).toEqual({ code: "failed", message: "The lab failed at this call; it is not your program's fault." });
});

test("one connection serves many calls, also long ones", async () => {
  const pause = { seconds: 0 };
  const call = async (): Promise<ToolOutput> => {
    await sleep(pause.seconds * 1000);
    return { content: "done", isError: false };
  };
  await using here = await world({ call, limits: { calls: 1, seconds: 0.2 } });
  const kept = new Agent({ keepAlive: true, maxSockets: 1 });
  for (pause.seconds of [0, 0.6, 0]) {
    expect((await ask(here, "/tools/budget", "{}", { agent: kept })).status).toBe(200);
  }
  kept.destroy();
});

describe("slow and many", () => {
  test("whoever sends too slowly is cut off, and keeps no place", async () => {
    const { state, call, open } = gate();
    open();
    await using here = await world({ call, limits: { seconds: 0.2, calls: 1 } });
    const head = `POST /tools/budget HTTP/1.1\r\nHost: lab\r\nAuthorization: Bearer ${here.token}\r\nContent-Length: 2\r\n`;
    const slow = ["", "POST /tools", head, `${head}\r\n{`].map(async (begun) => {
      const connection = connect(here.socket);
      connection.on("error", () => undefined);
      connection.write(begun);
      connection.resume();
      await once(connection, "close");
    });
    await Promise.all(slow);
    expect(state.most).toBe(0);
    expect((await ask(here, "/tools/budget", "{}")).status).toBe(200);
  });

  test("connections beyond the limit are closed, and those that are open go on", async () => {
    await using here = await world({ limits: { connections: 5 } });
    const idle = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const connection = connect(here.socket);
        await once(connection, "connect");
        return connection;
      }),
    );
    const more = connect(here.socket);
    more.on("error", () => undefined);
    more.resume();
    await once(more, "close");
    idle[0]!.destroy();
    await once(idle[0]!, "close");
    let status = 0;
    while (status !== 200)
      status = await ask(here, "/tools").then(
        (answer) => answer.status,
        () => 0,
      );
    for (const connection of idle) connection.destroy();
  });
});

test("an answer that nobody reads keeps its place, and not for long", async () => {
  const call = async (): Promise<ToolOutput> => ({ content: "x".repeat(8 << 20), isError: false });
  await using here = await world({ call, limits: { calls: 1, seconds: 0.3 } });
  const idle = connect(here.socket);
  const head = `POST /tools/budget HTTP/1.1\r\nHost: lab\r\nAuthorization: Bearer ${here.token}\r\nContent-Length: 2\r\n`;
  idle.write(`${head}\r\n{}`);
  await once(idle, "readable");
  expect((await ask(here, "/tools/budget", "{}")).status).toBe(429);
  let status = 429;
  while (status === 429) ({ status } = await ask(here, "/tools/budget", "{}"));
  expect(status).toBe(200);
  idle.destroy();
});

describe("the socket", () => {
  const services = { tools: [], call: async () => ({ content: "", isError: false }), helpers: undefined as never };
  const token = "0123456789abcdef";

  test("is its owner's alone, and gone when the door is closed; calls under way are aborted", async () => {
    const { state, call } = gate();
    const here = await world({ call });
    expect(statSync(here.socket).mode & 0o777).toBe(0o600);
    const asking = ask(here, "/tools/budget", "{}").catch((error: Error) => error);
    await until(() => state.running === 1);
    await here[Symbol.asyncDispose]();
    expect(state.aborted).toBe(1);
    await asking;
    await expect(async () => statSync(here.socket)).rejects.toThrow("ENOENT");
    await here[Symbol.asyncDispose]();
  });

  test("has a path that Unix sockets can have, and a folder", async () => {
    await using here = await world();
    const long = join(here.folder, "x".repeat(100));
    await expect(openDoor({ socket: long, token, services })).rejects.toMatchObject({
      code: "bad_input",
      message: expect.stringMatching(/^socket: expected a path of at most 107 bytes/),
    });
    const nowhere = join(here.folder, "no/door");
    await expect(openDoor({ socket: nowhere, token, services })).rejects.toMatchObject({ code: "storage" });
    await expect(openDoor({ socket: here.folder, token, services })).rejects.toMatchObject({ code: "storage" });
    const file = join(here.folder, "notes.md");
    writeFileSync(file, "");
    await expect(openDoor({ socket: file, token, services })).rejects.toMatchObject({ code: "storage" });
  });

  test("replaces one that a killed lab has left, and no other", async () => {
    await using here = await world();
    await expect(openDoor({ socket: here.socket, token, services })).rejects.toMatchObject({ code: "busy" });
    const left = join(here.folder, "left.sock");
    // As a kill leaves it: bound, and nobody listens.
    const code = `import socket\nsocket.socket(socket.AF_UNIX).bind(${JSON.stringify(left)})`;
    expect((await here.python("-c", code)).code).toBe(0);
    expect(statSync(left).isSocket()).toBe(true);
    await using door = await openDoor({ socket: left, token, services });
    expect((await ask({ socket: door.socket, token }, "/tools")).status).toBe(200);
  });

  test("keeps no process alive", async () => {
    await using here = await world();
    const code = `import { openDoor } from "./src/server/door.ts";
await openDoor({ socket: ${JSON.stringify(join(here.folder, "other.sock"))}, token: "0123456789abcdef", services: { tools: [] } });`;
    const options = ["--conditions=w2s-source", "--import", "tsx", "--input-type=module", "--eval", code];
    const child = spawn(process.execPath, options, { cwd: packagePath(), stdio: "inherit" });
    expect(await once(child, "exit")).toEqual([0, null]);
  });
});
