import type { Snapshot, SnapshotLimits } from "./data/snapshot.js";

/** Makes sandboxes. Lazy: nothing is started before the first call. Whoever makes one disposes it. */
export interface SandboxProvider extends AsyncDisposable {
  readonly name: string;
  /**
   * What is truly enforced on this machine. Throws `missing_dependency`, saying what to install, where this kind of
   * isolation cannot be had; there is no silent fallback.
   */
  capabilities(options?: { readonly signal?: AbortSignal }): Promise<SandboxCapabilities>;
  create(request: SandboxRequest, options?: { readonly signal?: AbortSignal }): Promise<Sandbox>;
}

/** What a sandbox of this provider keeps to; `false` is said, and a lab must opt in to it. */
export interface SandboxCapabilities {
  /** Whether processes inside are kept from the host's files, processes and network at all. */
  readonly isolated: boolean;
  readonly network: readonly SandboxNetwork[];
  /** How each limit is enforced: by the kernel for the whole sandbox, for each process or file alone, by watching, not. */
  readonly limits: Readonly<Record<"memory" | "processes" | "disk", "kernel" | "each" | "watched" | "none">>;
  /** Folders of the host that every sandbox can read, besides the mounts of a request: a lab searches them for truth. */
  readonly hostFolders: readonly string[];
  /** What this provider cannot promise, a sentence each, for a person to read before agents run in it. */
  readonly caveats: readonly string[];
}

/** `none`: no network but the door. `full`: the host's network; a lab never asks for it. */
export type SandboxNetwork = "none" | "full";

/** What a sandbox is made of. */
export interface SandboxRequest {
  /** Appears in errors and events: letters, digits, `-`, `_`. */
  readonly name: string;
  /**
   * A folder of the host that becomes `/work`, the only place inside that lasts: it is made if need be, and a sandbox made
   * again on it goes on with the files that are there. The host itself never resolves a path below it.
   */
  readonly work: string;
  /** Read-only parts of the host, by their absolute paths inside. */
  readonly mounts?: readonly Mount[];
  /** A Unix socket of the host, the one way out. Inside it is `/run/w2s/door.sock`, and `$W2S_DOOR` names it. */
  readonly door?: string;
  /** The whole environment inside, besides PATH, HOME (`/work`), LANG, TMPDIR and W2S_DOOR. */
  readonly env?: Readonly<Record<string, string>>;
  /** Device files of the host that are visible inside: `/dev/nvidia0`. Default none. */
  readonly devices?: readonly string[];
  /** Default `none`, where the provider has it: left out, `unisolated()` gives what it can. */
  readonly network?: SandboxNetwork;
  readonly limits?: SandboxLimits;
}

/** A file or folder of the host that can be read inside. */
export interface Mount {
  /** Absolute, on the host. */
  readonly source: string;
  /** Absolute, inside, and neither below `/work` nor in what is the sandbox's own (`/etc`, `/run`). Default: the same path. */
  readonly target?: string;
}

/** For the sandbox as a whole. */
export interface SandboxLimits {
  /** Bytes of memory, files in `/tmp` and `/dev/shm` included. Default 4 GiB. */
  readonly memory?: number;
  /** Processes and threads. Default 512. */
  readonly processes?: number;
  /** Bytes in `/work`. Default 4 GiB. */
  readonly disk?: number;
  /** Bytes in `/tmp`, and as many in `/dev/shm`. Default 512 MiB. */
  readonly tmp?: number;
}

/** One sandbox. Disposing it ends every process inside; `/work` stays. */
export interface Sandbox extends AsyncDisposable {
  readonly name: string;
  /**
   * Runs a shell command (a string, by `/bin/sh -c`) or a program with arguments (a list) and waits for it. A command that
   * fails, times out or is killed by a limit is a result; what throws `worker_died` is a sandbox that is gone.
   */
  exec(command: string | readonly string[], options?: ExecOptions): Promise<ExecResult>;
  /** Starts a program and gives its streams; it ends with the sandbox. */
  spawn(command: string | readonly string[], options?: SpawnOptions): Promise<SandboxProcess>;
  /** Reads, writes and lists files, by a helper inside: paths are resolved there, relative ones from `/work`. */
  readonly files: SandboxFiles;
  /** The regular files below `folder` (default `/work`), by content. Others are left out and named in `skipped`. */
  snapshot(options?: SnapshotOptions): Promise<SnapshotTaken>;
  /** Resolves while the sandbox answers; throws `worker_died` with the reason once it does not. */
  health(options?: { readonly signal?: AbortSignal }): Promise<void>;
}

export interface ExecOptions extends SpawnOptions {
  /** Written to standard input, which is then closed. Default empty. */
  readonly stdin?: string | Uint8Array;
  /** Seconds. Default 120; at the end the command and what it started are killed. */
  readonly timeout?: number;
  /** Bytes of output that are kept; beyond it the middle is cut out. Default 64 KiB. */
  readonly maxOutput?: number;
  /** Also count the programs that the command runs ({@link ExecResult.programs}). Default false. */
  readonly watch?: boolean;
  readonly signal?: AbortSignal;
}

export interface SpawnOptions {
  /** Default `/work`. */
  readonly cwd?: string;
  /** Added to the sandbox's. */
  readonly env?: Readonly<Record<string, string>>;
}

/** How a command ended. */
export interface ExecResult {
  /** Null where a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  /**
   * Standard output and standard error as they came, as UTF-8. Where it was cut, a line in the middle says how many bytes
   * are missing.
   */
  readonly output: string;
  /** Bytes that were written in all. */
  readonly outputBytes: number;
  readonly timedOut: boolean;
  /** Seconds. */
  readonly duration: number;
  /**
   * With `watch`: how many processes of each program, by its file's name, were seen below the command besides its own. The
   * helper looks every few milliseconds: one that lives for less can escape it.
   */
  readonly programs?: Readonly<Record<string, number>>;
}

/** A running program. */
export interface SandboxProcess {
  readonly stdout: ReadableStream<Uint8Array>;
  readonly stderr: ReadableStream<Uint8Array>;
  /** Its standard input; closing it is the end of input. */
  readonly stdin: WritableStream<Uint8Array>;
  /** Default SIGKILL. */
  kill(signal?: "SIGTERM" | "SIGINT" | "SIGKILL"): Promise<void>;
  readonly exit: Promise<{ readonly exitCode: number | null; readonly signal: string | null }>;
}

export interface SandboxFiles {
  /** Throws `not_found`; `bad_input` for what is no regular file or has more than `maxBytes` (default 16 MiB). */
  read(path: string, options?: { readonly maxBytes?: number; readonly signal?: AbortSignal }): Promise<Uint8Array>;
  /** Whole or not at all; makes the folders above. */
  write(path: string, content: string | Uint8Array, options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** Names in a folder, at most 10,000. */
  list(path: string, options?: { readonly signal?: AbortSignal }): Promise<readonly SandboxEntry[]>;
  /** Removes a file or a folder with all in it; nothing where there is none. */
  remove(path: string, options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** Writes every file of a snapshot below `folder`, and with `exact` removes what else was there. */
  restore(
    snapshot: Snapshot,
    folder: string,
    options?: { readonly exact?: boolean; readonly signal?: AbortSignal },
  ): Promise<void>;
}

export interface SandboxEntry {
  readonly name: string;
  readonly type: "file" | "folder" | "link" | "other";
  /** Of a file. */
  readonly bytes: number;
}

export interface SnapshotOptions extends SnapshotLimits {
  /** Default `/work`. */
  readonly folder?: string;
  /** Paths (relative to `folder`) that are left out, with what is below them: `["forum", "data"]`. */
  readonly exclude?: readonly string[];
  readonly signal?: AbortSignal;
}

export interface SnapshotTaken extends Snapshot {
  /** Links, sockets, devices and pipes, which no snapshot holds. */
  readonly skipped: readonly string[];
}
