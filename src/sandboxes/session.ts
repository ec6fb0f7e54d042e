import { isAbsolute } from "node:path";
import { defaultSnapshotLimits, snapshot as makeSnapshot, type Snapshot, type SnapshotFile } from "../data/snapshot.js";
import { WeakToStrongError } from "../errors.js";
import type {
  ExecOptions,
  ExecResult,
  Sandbox,
  SandboxEntry,
  SandboxFiles,
  SandboxProcess,
  SnapshotOptions,
  SnapshotTaken,
  SpawnOptions,
} from "../sandbox.js";
import { HelperConnection, type HelperProcess } from "./connection.js";
import { printedOutput } from "./output.js";
import type { FullRequest } from "./request.js";
import { spawnInside } from "./spawned.js";
import { answers } from "./wire.js";

/** How a backend's sandboxes differ from one another, besides their helpers. */
export interface SessionOptions {
  readonly request: FullRequest;
  /** The work folder as the helper sees it: `/work` where it is mounted there. */
  readonly work: string;
  /** Bytes of address space for each process, and how many processes the user may have, where nothing better limits them. */
  readonly each?: { readonly memory?: number; readonly processes?: number };
  /** What the kernel has done to the sandbox since the last call (killed for memory), as a sentence. */
  readonly noticed?: () => string | undefined;
}

/** What the helper's watch of the work folder cannot promise. */
export const diskCaveat =
  "The disk limit is watched: between two looks (a second, longer in a folder of many files) the work folder can grow beyond it. " +
  "Deleted files that are still open count, unless a process hides them (by a memory map, or by being unreadable).";

const defaultTimeout = 120;
const defaultMaxOutput = 64 << 10;
const defaultMaxRead = 16 << 20;
/** A helper answers at once; importing Python from a cold disk may take a while. */
const startTimeout = 60_000;
const pingTimeout = 10_000;

/** A sandbox, once its helper runs. Ends the helper where it does not answer. */
export async function openSandbox(
  helper: HelperProcess,
  options: SessionOptions,
  calling: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Sandbox> {
  const { request, work, each = {} } = options;
  const connection = new HelperConnection(helper, request.name);
  try {
    const signals = [AbortSignal.timeout(startTimeout), ...(calling.signal ? [calling.signal] : [])];
    await connection.ask(
      "start",
      answers.start,
      { work, disk: request.limits.disk, memoryEach: each.memory ?? null, processes: each.processes ?? null },
      { signal: AbortSignal.any(signals) },
    );
    return new HelperSandbox(helper, connection, options);
  } catch (error) {
    await helper.end();
    throw error;
  }
}

class HelperSandbox implements Sandbox {
  readonly name: string;
  readonly files: SandboxFiles;
  readonly #helper: HelperProcess;
  readonly #connection: HelperConnection;
  readonly #options: SessionOptions;
  #disposed: Promise<void> | undefined;

  constructor(helper: HelperProcess, connection: HelperConnection, options: SessionOptions) {
    this.name = options.request.name;
    this.#helper = helper;
    this.#connection = connection;
    this.#options = options;
    this.files = filesOf(connection);
  }

  async exec(command: string | readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    const { stdin = "", timeout = defaultTimeout, maxOutput = defaultMaxOutput, watch = false, signal } = options;
    const begun = { ...this.#command(command, options), timeout, maxOutput, watch };
    let of: number | undefined;
    const cancel = (): void => {
      if (of !== undefined) this.#connection.tell("cancel", { of });
    };
    signal?.addEventListener("abort", cancel, { once: true });
    try {
      const { result, payload } = await this.#connection.ask("exec", answers.exec, begun, {
        signal,
        payload: bytesOf(stdin),
        most: maxOutput + 1024,
        asked(id) {
          of = id;
        },
      });
      const { head, notices, programs, ...told } = result;
      const noticed = result.exitCode === 0 ? undefined : this.#options.noticed?.();
      const output = printedOutput(payload, head, result.outputBytes, [...notices, ...(noticed ? [noticed] : [])]);
      return { ...told, output, ...(watch && { programs }) };
    } finally {
      signal?.removeEventListener("abort", cancel);
    }
  }

  async spawn(command: string | readonly string[], options: SpawnOptions = {}): Promise<SandboxProcess> {
    return spawnInside(this.#connection, this.#command(command, options));
  }

  async snapshot(options: SnapshotOptions = {}): Promise<SnapshotTaken> {
    const { folder = ".", exclude = [], signal } = options;
    const { files, bytes } = { ...defaultSnapshotLimits, ...options };
    const { result, payload } = await this.#connection.ask(
      "snapshot",
      answers.snapshot,
      { path: folder, exclude, files, bytes },
      { signal, most: bytes, what: `snapshot of ${folder}` },
    );
    let at = 0;
    const found = result.files.map(({ path, executable, bytes: length }): SnapshotFile => {
      const content = new Uint8Array(payload.subarray(at, at + length));
      at += length;
      return { path, executable, content };
    });
    return { ...makeSnapshot(found, { files, bytes }), skipped: result.skipped.toSorted() };
  }

  async health(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const timeout = AbortSignal.timeout(pingTimeout);
    const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
    try {
      await this.#connection.ask("ping", answers.nothing, {}, { signal });
    } catch (error) {
      if (error !== timeout.reason) throw error;
      throw new WeakToStrongError(
        "worker_died",
        `Sandbox ${this.name} has not answered for ${pingTimeout / 1000} seconds. Dispose of it and create it again.`,
      );
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#connection.close(
      new WeakToStrongError("disposed", `Sandbox ${this.name} has been disposed of. Create it again.`),
    );
    this.#disposed ??= this.#helper.end();
    await this.#disposed;
  }

  #command(command: string | readonly string[], { cwd, env }: SpawnOptions): object {
    const argv = typeof command === "string" ? ["/bin/sh", "-c", command] : command;
    if (argv.length === 0 || argv.some((word) => typeof word !== "string" || word.includes("\0"))) {
      throw new WeakToStrongError("bad_input", "Sandbox command: expected a text, or a list of texts, without NUL.");
    }
    const { work, request } = this.#options;
    const folder = cwd === undefined ? work : isAbsolute(cwd) ? cwd.replace(/^\/work(?=\/|$)/, work) : `${work}/${cwd}`;
    return { argv, cwd: folder, env: { ...request.env, ...env } };
  }
}

/** What the helper does with files. */
function filesOf(connection: HelperConnection): SandboxFiles {
  return {
    async read(path, { maxBytes = defaultMaxRead, signal } = {}) {
      const asked = { signal, most: maxBytes, what: `reading ${path}` };
      const { payload } = await connection.ask("read", answers.nothing, { path, maxBytes }, asked);
      return new Uint8Array(payload);
    },
    async write(path, content, { signal } = {}) {
      const asked = { signal, payload: bytesOf(content), what: `writing ${path}` };
      await connection.ask("write", answers.nothing, { path }, asked);
    },
    async list(path, { signal } = {}): Promise<readonly SandboxEntry[]> {
      const { result } = await connection.ask("list", answers.list, { path }, { signal, what: `listing ${path}` });
      return result.entries;
    },
    async remove(path, { signal } = {}) {
      await connection.ask("remove", answers.nothing, { path }, { signal, what: `removing ${path}` });
    },
    async restore(snapshot: Snapshot, folder, { exact = false, signal } = {}) {
      // Made again, so that paths and contents are checked against their hash's rules.
      const { files } = makeSnapshot(snapshot.files, { files: snapshot.files.length, bytes: Number.MAX_SAFE_INTEGER });
      const listed = files.map(({ path, executable, content }) => ({ path, executable, bytes: content.byteLength }));
      const payload = Buffer.concat(files.map(({ content }) => content));
      const asked = { signal, payload, what: `restoring into ${folder}` };
      await connection.ask("restore", answers.nothing, { path: folder, files: listed, exact }, asked);
    },
  };
}

function bytesOf(content: string | Uint8Array): Uint8Array {
  return typeof content === "string" ? Buffer.from(content, "utf8") : content;
}
