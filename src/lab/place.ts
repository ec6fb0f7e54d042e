import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { WeakToStrongError } from "../errors.js";
import type { Sandbox, SandboxProvider, SandboxRequest } from "../sandbox.js";
import type { DoorServices } from "../server/app.js";
import { type Door, openDoor } from "../server/door.js";

/** Where one agent works: its sandbox, made when it is first needed and again when it died, and the door into it. */
export interface Place extends AsyncDisposable {
  sandbox(): Promise<Sandbox>;
}

export interface PlaceOptions {
  readonly provider: SandboxProvider;
  readonly request: Omit<SandboxRequest, "door" | "env"> & { readonly env: Readonly<Record<string, string>> };
  /** A folder of the host for the door's socket; short, since socket paths are. */
  readonly sockets: string;
  readonly services: DoorServices;
  /** Called with why, when a dead sandbox is made again. */
  readonly onAgain: (why: string) => void;
  readonly signal: AbortSignal;
}

export function openPlace({ provider, request, sockets, services, onAgain, signal }: PlaceOptions): Place {
  const token = randomBytes(32).toString("base64url");
  const socket = join(sockets, `${request.name}.sock`);
  let door: Promise<Door> | undefined;
  let current: Promise<Sandbox> | undefined;

  let disposed = false;

  async function make(): Promise<Sandbox> {
    if (disposed) throw new WeakToStrongError("disposed", "This agent's work is over, and its sandbox is gone.");
    door ??= openDoor({ socket, token, services });
    await door;
    const env = { ...request.env, W2S_TOKEN: token };
    return provider.create({ ...request, door: socket, env }, { signal });
  }

  async function checked(): Promise<Sandbox> {
    const sandbox = await (current ?? make());
    try {
      await sandbox.health({ signal });
      return sandbox;
    } catch (error) {
      signal.throwIfAborted();
      onAgain(error instanceof Error ? error.message : String(error));
      await dispose(sandbox);
      return make();
    }
  }

  return {
    sandbox() {
      // One at a time: two calls that find it dead must not make two.
      const next = checked();
      current = next;
      next.catch(() => {
        if (current === next) current = undefined;
      });
      return next;
    },
    async [Symbol.asyncDispose]() {
      disposed = true;
      // The door first: what still comes through it would ask for the sandbox.
      const [opened] = await Promise.allSettled([door]);
      if (opened.status === "fulfilled") await opened.value?.[Symbol.asyncDispose]();
      const [sandbox] = await Promise.allSettled([current]);
      if (sandbox.status === "fulfilled" && sandbox.value) await dispose(sandbox.value);
    },
  };
}

/** One that is dead already has nothing to say. */
async function dispose(sandbox: Sandbox): Promise<void> {
  try {
    await sandbox[Symbol.asyncDispose]();
  } catch {
    // It is gone.
  }
}
