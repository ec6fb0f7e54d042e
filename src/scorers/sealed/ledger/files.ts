import { closeSync, fdatasync, fsync, ftruncateSync, openSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { WeakToStrongError } from "../../../errors.js";

const syncData = promisify(fdatasync);
const syncAll = promisify(fsync);

/** Puts `content` into the place of what `file` holds: after a crash there is the one or the other, never a part. */
export async function replaceFile(file: string, content: string | Buffer): Promise<void> {
  const replace = await stageFile(file, content);
  await replace();
}

/** The slow half of that: `content` is on the disk beside `file`, and what is returned puts it in place. */
export async function stageFile(file: string, content: string | Buffer): Promise<() => Promise<void>> {
  const temporary = `${file}.tmp`;
  try {
    await opened(temporary, "w", async (descriptor) => {
      writeAll(descriptor, Buffer.from(content));
      await syncData(descriptor);
    });
  } catch (cause) {
    throw unwritable(file, cause);
  }
  return async () => {
    try {
      renameSync(temporary, file);
      await syncFolder(dirname(file));
    } catch (cause) {
      throw unwritable(file, cause);
    }
  };
}

/** Resolves once the names in `folder` are on the disk. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return; // folders cannot be opened there
  await opened(folder, "r", syncAll);
}

/** A file that is only added to. */
export interface AppendFile {
  readonly size: number;
  /** Throws `storage` where it cannot be written; the file is then as before. */
  append(bytes: Buffer): void;
  /** Takes back what was appended past `size`. */
  cut(size: number): void;
  /** Resolves once what was appended is on the disk. */
  sync(): Promise<void>;
  close(): void;
}

/** Opens `file`, made if need be, and cuts it to `size` bytes. */
export function openAppendFile(file: string, size: number): AppendFile {
  let descriptor: number;
  let end = size;
  /** What the file holds is unknown until it is opened again. */
  let broken: WeakToStrongError | undefined;
  try {
    descriptor = openSync(file, "a", 0o600);
    ftruncateSync(descriptor, size);
  } catch (cause) {
    throw unwritable(file, cause);
  }
  return {
    get size() {
      return end;
    },
    append(bytes) {
      if (broken) throw broken;
      try {
        writeAll(descriptor, bytes);
      } catch (cause) {
        cut(end); // half a line must not stay: what comes after it could not be read
        throw unwritable(file, cause);
      }
      end += bytes.length;
    },
    cut,
    async sync() {
      if (broken) throw broken;
      try {
        await syncData(descriptor);
      } catch (cause) {
        broken = unwritable(file, cause);
        throw broken;
      }
    },
    close: () => closeSync(descriptor),
  };

  function cut(to: number): void {
    try {
      ftruncateSync(descriptor, to);
      end = to;
    } catch (cause) {
      broken = unwritable(file, cause);
      throw broken;
    }
  }
}

async function opened(file: string, flags: string, use: (descriptor: number) => Promise<void>): Promise<void> {
  const descriptor = openSync(file, flags, 0o600);
  try {
    await use(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function writeAll(descriptor: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
}

export function unwritable(file: string, cause: unknown): WeakToStrongError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const advice = code === "ENOSPC" ? "The disk is full: free some space" : "Is the folder writable?";
  return new WeakToStrongError(
    "storage",
    `${file}, of the scorer's ledger, cannot be written (${code ?? message}). ${advice}; then ask again.`,
    { cause },
  );
}
