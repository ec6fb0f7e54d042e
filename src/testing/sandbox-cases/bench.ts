import assert from "node:assert/strict";
import { mkdtemp, readlink, rm, writeFile } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WeakToStrongError } from "../../errors.js";
import type {
  ExecOptions,
  ExecResult,
  Sandbox,
  SandboxCapabilities,
  SandboxProvider,
  SandboxRequest,
} from "../../sandbox.js";
import { Skip, type SuiteCase, suiteCase } from "../suite.js";

/** Small, so that bombs go off quickly. */
export const small = { memory: 192 << 20, processes: 64, disk: 24 << 20, tmp: 8 << 20 };

/** What one case works with. All of it is gone when the case ends. */
export interface Room {
  readonly sandbox: Sandbox;
  readonly capabilities: SandboxCapabilities;
  /** A folder of the host, outside of the sandbox, that holds a file `secret`. */
  readonly host: string;
  /** What stands in `secret`, and in the host's environment. */
  readonly secret: string;
  /** The host's end of the sandbox's door. */
  readonly door: Door;
  /** The sandbox's work folder, on the host. */
  readonly work: string;
  shell(script: string, options?: ExecOptions): Promise<ExecResult>;
  /** Runs a Python program inside, and asserts that it ends well unless it is let `fail`. */
  python(program: string, args?: readonly string[], options?: ExecOptions & { readonly fail?: true }): Promise<string>;
  /** Another sandbox of the same provider. */
  another(request?: Partial<SandboxRequest>): Promise<Sandbox>;
}

export interface SandboxBench {
  test(name: string, body: (room: Room) => Promise<void>, request?: Asked): SuiteCase;
  /** A case that holds for isolated sandboxes only. */
  isolated(name: string, body: (room: Room) => Promise<void>, request?: Asked): SuiteCase;
  /** A case that holds where a limit is enforced in one of these ways. */
  limited<Name extends keyof Limits>(
    name: string,
    limit: Name,
    kinds: readonly Limits[Name][],
    body: (room: Room) => Promise<void>,
  ): SuiteCase;
}

type Limits = SandboxCapabilities["limits"];

export type Asked = (host: string) => Partial<SandboxRequest>;

/** A server on the host that the sandbox reaches through its door; it answers what it is sent. */
export interface Door {
  readonly path: string;
  /** Resolves with the next connection. */
  connection(): Promise<Socket>;
}

const secretName = "W2S_SUITE_SECRET";

export function sandboxBench(make: () => SandboxProvider | Promise<SandboxProvider>): SandboxBench {
  const sandboxCase = (
    name: string,
    body: (room: Room) => Promise<void>,
    asked: Asked = () => ({}),
    promised: (capabilities: SandboxCapabilities) => void = () => undefined,
  ): SuiteCase =>
    suiteCase(name, async () => {
      await using stack = new AsyncDisposableStack();
      const provider = await make();
      stack.use(provider);
      const capabilities = await provider.capabilities();
      promised(capabilities);
      const host = await mkdtemp(join(tmpdir(), "w2s-sandbox-"));
      stack.defer(() => rm(host, { recursive: true, force: true }));
      const secret = `secret-${host.slice(-6)}`;
      await writeFile(join(host, "secret"), secret);
      process.env[secretName] = secret;
      const door = await openDoor(join(host, "door.sock"));
      stack.use(door);
      const work = join(host, "work");
      const another: Room["another"] = async (request = {}) => {
        const sandbox = await provider.create({ name: "suite", work, limits: small, door: door.path, ...request });
        stack.use(sandbox);
        return sandbox;
      };
      const sandbox = await another(asked(host));
      await body({
        ...{ sandbox, capabilities, host, secret, door, work, another },
        shell: (script, options) => sandbox.exec(script, { timeout: 20, ...options }),
        async python(program, args = [], { fail, ...options } = {}) {
          const result = await sandbox.exec(["python3", "-I", "-c", program, ...args], { timeout: 20, ...options });
          if (!fail) assert.equal(result.exitCode, 0, `the probe ended badly: ${result.output}`);
          return result.output.trim();
        },
      });
    });
  return {
    test: (name, body, asked) => sandboxCase(name, body, asked),
    isolated: (name, body, asked) =>
      sandboxCase(name, body, asked, (capabilities) => {
        if (!capabilities.isolated) throw new Skip("its capabilities say that nothing is isolated");
      }),
    limited: (name, limit, kinds, body) =>
      sandboxCase(name, body, undefined, ({ limits }) => {
        const found = limits[limit];
        if (!kinds.includes(found)) throw new Skip(`its capabilities say of the limit of ${limit}: ${found}`);
      }),
  };
}

/** Before a probe that would harm the host's processes: they must be out of its reach. */
export async function ownProcesses({ shell }: Room): Promise<void> {
  const inside = (await shell("readlink /proc/self/ns/pid")).output.trim();
  assert.match(inside, /^pid:/);
  const outside = await readlink("/proc/self/ns/pid").catch(() => "");
  assert.notEqual(inside, outside, "processes are numbered apart from the host's");
}

/** Resolves with the error of a call that must be refused with one of these codes. */
export async function refused(call: Promise<unknown>, ...codes: readonly string[]): Promise<WeakToStrongError> {
  try {
    await call;
  } catch (error) {
    assert.ok(WeakToStrongError.isInstance(error), `expected an error of this library, found ${error}`);
    assert.ok(codes.includes(error.code), `expected ${codes.join(" or ")}, found ${error.code}: ${error.message}`);
    return error;
  }
  assert.fail(`expected ${codes.join(" or ")}, but the call succeeded`);
}

/** Fails a case whose promise does not settle. */
export async function within<T>(seconds: number, promise: Promise<T>, what: string): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new assert.AssertionError({ message: `${what} within ${seconds} s` })),
    seconds * 1000,
  );
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function openDoor(path: string): Promise<Door & Disposable> {
  const all = new Set<Socket>();
  const connected: Socket[] = [];
  const waiting: ((socket: Socket) => void)[] = [];
  const server = createServer((socket) => {
    all.add(socket);
    socket.on("error", () => undefined);
    socket.on("data", (data) => socket.write(data));
    const next = waiting.shift();
    if (next) next(socket);
    else connected.push(socket);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    path,
    [Symbol.dispose]() {
      server.close();
      for (const socket of all) socket.destroy();
    },
    connection: () =>
      new Promise((resolve) => {
        const found = connected.shift();
        if (found) resolve(found);
        else waiting.push(resolve);
      }),
  };
}
