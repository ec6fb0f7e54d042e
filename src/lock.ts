import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { WeakToStrongError } from "./errors.js";

export interface LockOptions {
  /** What is being locked, in words, for the one who finds it taken: `set-up of the Python environment`. */
  readonly what: string;
  /**
   * Wait for the holder instead of throwing; called once with a sentence that says who holds it. Without it, a lock
   * that is taken is an error with code `busy`.
   */
  readonly onWait?: (message: string) => void;
  readonly signal?: AbortSignal;
}

/** A lock that is held; disposing lets it go. */
export interface Lock extends AsyncDisposable {
  readonly path: string;
}

/**
 * Takes an exclusive lock on `path`, against other processes and within this one. It is an exclusive transaction on an
 * empty SQLite file, so the operating system lets it go when its process ends, however that happens. Who holds it stands
 * in `<path>.holder`. The file itself stays: removing it would let two processes each lock a file of that name.
 */
export async function acquireLock(path: string, options: LockOptions): Promise<Lock> {
  options.signal?.throwIfAborted();
  const { DatabaseSync } = await import("node:sqlite");
  const holder = `${path}.holder`;
  let database: DatabaseSync;
  try {
    mkdirSync(dirname(path), { recursive: true });
    database = new DatabaseSync(path, { timeout: 0 });
  } catch (cause) {
    throw unusable(path, options.what, cause);
  }
  try {
    for (let said = false; !begin(database, path, options.what); ) {
      const message = `${options.what} (${dirname(path)}) is in use by ${describe(holder)}`;
      if (!options.onWait) {
        throw new WeakToStrongError("busy", `${message}. Wait until it has finished, or end it.`);
      }
      if (!said) options.onWait(message);
      said = true;
      await sleep(100, undefined, options.signal ? { signal: options.signal } : {});
    }
    writeFileSync(holder, `process ${process.pid} since ${new Date().toISOString()}\n`);
  } catch (error) {
    database.close();
    if (options.signal?.aborted) throw options.signal.reason;
    throw WeakToStrongError.isInstance(error) ? error : unusable(path, options.what, error);
  }
  let held = true;
  return {
    path,
    async [Symbol.asyncDispose]() {
      if (!held) return;
      held = false;
      rmSync(holder, { force: true });
      database.close();
    },
  };
}

/** False if somebody else holds it. */
function begin(database: DatabaseSync, path: string, what: string): boolean {
  try {
    database.exec("BEGIN EXCLUSIVE");
    return true;
  } catch (cause) {
    const sqliteBusy = 5;
    if ((cause as { errcode?: number }).errcode === sqliteBusy) return false;
    throw unusable(path, what, cause);
  }
}

function describe(holder: string): string {
  let text: string;
  try {
    text = readFileSync(holder, "utf8").trim();
  } catch {
    return "another process, which has only just begun";
  }
  return text.startsWith(`process ${process.pid} `) ? text.replace(/^process \d+/, "this same process") : text;
}

function unusable(path: string, what: string, cause: unknown): WeakToStrongError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new WeakToStrongError(
    "storage",
    `The lock for ${what} at ${path} cannot be used: ${reason}. Check that the folder can be written to and lies on a ` +
      "disk that knows file locks; if the file is damaged, delete it.",
    { cause },
  );
}
