import { WeakToStrongError } from "../errors.js";
import { contentHash, sha256 } from "./canonical.js";

/** One regular file of a snapshot. */
export interface SnapshotFile {
  /** Relative, with `/` between the parts; never absolute, empty, or with `.` or `..` as a part. */
  readonly path: string;
  readonly executable: boolean;
  readonly content: Uint8Array;
}

/**
 * Regular files, named by their content: equal files make equal snapshots, to the byte, whoever took them and when.
 * Owners, times and empty folders are not part of one.
 */
export interface Snapshot {
  /** SHA-256 over paths, modes and contents. */
  readonly hash: string;
  /** In the order of their paths' code units. */
  readonly files: readonly SnapshotFile[];
}

/** How large a snapshot may be. */
export interface SnapshotLimits {
  /** Default 10,000. */
  readonly files?: number;
  /** Of all files together. Default 64 MiB. */
  readonly bytes?: number;
}

export const defaultSnapshotLimits: Required<SnapshotLimits> = { files: 10_000, bytes: 64 << 20 };

/** Makes a {@link Snapshot}; throws `bad_input` for paths that leave it or appear twice, and beyond the limits. */
export function snapshot(files: readonly SnapshotFile[], limits: SnapshotLimits = {}): Snapshot {
  const most = { ...defaultSnapshotLimits, ...limits };
  if (files.length > most.files) throw bad(`it has ${files.length} files; at most ${most.files} are kept.`);
  const bytes = files.reduce((sum, { content }) => sum + content.byteLength, 0);
  if (bytes > most.bytes) throw bad(`it has ${bytes} bytes; at most ${most.bytes} are kept.`);
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  const paths = new Set<string>();
  for (const { path } of sorted) {
    checkSnapshotPath(path);
    if (paths.has(path)) throw bad(`the path ${JSON.stringify(path)} appears twice.`);
    paths.add(path);
  }
  for (const path of paths) {
    for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) {
      const folder = path.slice(0, at);
      if (paths.has(folder)) throw bad(`${JSON.stringify(folder)} is a file and a folder.`);
    }
  }
  const hash = contentHash(sorted.map(({ path, executable, content }) => [path, executable, sha256(content)]));
  return { hash, files: sorted };
}

/** Throws `bad_input` unless `path` stays inside the folder that it is relative to, on every system. */
export function checkSnapshotPath(path: string): void {
  const parts = typeof path === "string" ? path.split("/") : [];
  const good = parts.length > 0 && parts.every((part) => part !== "" && part !== "." && part !== "..");
  if (good && path.length <= 1000 && path.isWellFormed() && !/[\0\\]/.test(path)) return;
  throw bad(
    `expected a relative path of at most 1,000 characters without "..", ".", "\\" or NUL, found ${JSON.stringify(path)?.slice(0, 200)}.`,
  );
}

function bad(message: string): WeakToStrongError {
  return new WeakToStrongError("bad_input", `Snapshot: ${message}`);
}
