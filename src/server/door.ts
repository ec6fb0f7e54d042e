import { once } from "node:events";
import { chmod, lstat, unlink } from "node:fs/promises";
import type { Server } from "node:http";
import { connect } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { WeakToStrongError } from "../errors.js";
import { type DoorLimits, type DoorServices, defaultLimits, doorApp } from "./app.js";

/** An open door. Disposing it ends what is under way and removes the socket. */
export interface Door extends AsyncDisposable {
  /** Path of the Unix socket on the host. */
  readonly socket: string;
}

export interface DoorOptions {
  /**
   * Where the socket is made, for its owner alone; at most 107 bytes. One that a killed lab left there is replaced. The
   * socket tells whose door it is: each sandbox gets its own.
   */
  readonly socket: string;
  /** The second check; programs in the sandbox find it in `$W2S_TOKEN`. At least 16 characters. */
  readonly token: string;
  readonly services: DoorServices;
  readonly limits?: DoorLimits;
}

/** `sun_path` has 108 bytes, the last of them a zero. */
const longestPath = 107;

/**
 * Opens one sandbox's way out: tools and trainer over HTTP on a Unix socket. Throws `bad_input` (the path is too long),
 * `busy` (another process listens there), `storage` (the socket cannot be made).
 */
export async function openDoor({ socket, token, services, limits }: DoorOptions): Promise<Door> {
  const length = Buffer.byteLength(socket);
  if (length > longestPath) {
    throw new WeakToStrongError(
      "bad_input",
      `socket: expected a path of at most ${longestPath} bytes, which is what Unix sockets can have, found ${length}: ${socket}. Keep the lab in a folder with a shorter path, or make the sockets in one under the system's temporary folder.`,
    );
  }
  if (token.length < 16) throw new WeakToStrongError("bad_input", "token: expected at least 16 characters.");
  const closing = new AbortController();
  const bounds = { ...defaultLimits, ...limits };
  const underWay = new Set<Promise<unknown>>();
  const app = doorApp({ token, services, limits: bounds }, closing.signal, underWay);
  const milliseconds = bounds.seconds * 1000;
  const server = createAdaptorServer({
    fetch: app.fetch,
    overrideGlobalObjects: false,
    serverOptions: {
      headersTimeout: milliseconds,
      requestTimeout: milliseconds,
      connectionsCheckingInterval: Math.min(1000, milliseconds / 2),
    },
  }) as Server;
  server.maxConnections = bounds.connections;
  await listen(server, socket, bounds.connections);
  server.unref();
  let closed: Promise<void> | undefined;
  return {
    socket,
    [Symbol.asyncDispose]: () => {
      closed ??= (async () => {
        closing.abort(new WeakToStrongError("disposed", "The lab has closed this door."));
        const end = once(server, "close");
        server.close(); // removes the socket, too
        server.closeAllConnections();
        await end;
        await Promise.allSettled(underWay);
      })();
      return closed;
    },
  };
}

async function listen(server: Server, socket: string, backlog: number): Promise<void> {
  try {
    await bind(server, socket, backlog);
  } catch (cause) {
    const found = (cause as NodeJS.ErrnoException).code === "EADDRINUSE" ? await lstat(socket) : undefined;
    if (!found?.isSocket()) throw unusable(socket, cause);
    if (await answers(socket)) {
      throw new WeakToStrongError(
        "busy",
        `Another process listens at ${socket}. Does another lab run in this folder?`,
        { cause },
      );
    }
    await unlink(socket);
    await bind(server, socket, backlog).catch((again: unknown) => {
      throw unusable(socket, again);
    });
  }
  await chmod(socket, 0o600);
}

async function bind(server: Server, path: string, backlog: number): Promise<void> {
  server.listen({ path, backlog });
  await once(server, "listening"); // rejects on "error"
}

async function answers(socket: string): Promise<boolean> {
  const connection = connect(socket);
  try {
    await once(connection, "connect");
    return true;
  } catch {
    return false;
  } finally {
    connection.destroy();
  }
}

function unusable(socket: string, cause: unknown): WeakToStrongError {
  return new WeakToStrongError(
    "storage",
    `The socket ${socket} cannot be made: ${(cause as Error).message}. Does its folder exist, can it be written, and does nothing else lie there?`,
    { cause },
  );
}
