import { closeSync, fdatasync, ftruncateSync, mkdirSync, openSync, readSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import * as z from "zod";
import { WeakToStrongError } from "../errors.js";
import { type EntryOf, type EntryType, type JournalEntry, type NewEntry, parseEntry } from "./entries.js";

const sync = promisify(fdatasync);

/**
 * The record of everything that happens in a lab, one JSON object a line, only ever added to. An entry that `append` has
 * returned survives the death of this process; one for which `durable` has resolved survives that of the machine.
 */
export interface Journal extends AsyncDisposable {
  readonly file: string;
  /** Throws `storage` where it cannot be written; the file then ends with the entry before. */
  append<T extends EntryType>(entry: Extract<NewEntry, { type: T }>): EntryOf<T>;
  /** Resolves once everything that was appended is on the disk. */
  durable(): Promise<void>;
  /** Seconds that the lab has been running, over all its lives; no clock that can be set goes into it. */
  up(): number;
}

/** What was found in a journal that is opened. */
export interface Opened {
  readonly journal: Journal;
  readonly earlier: readonly JournalEntry[];
  /** Bytes of a last line that was cut off when it was being written; nobody had been told of it. */
  readonly torn: number;
}

/**
 * Opens the journal at `file`, or begins one. The caller holds the lab's lock. `onEntry` is called with each entry that is
 * appended.
 */
export function openJournal(file: string, onEntry?: (entry: JournalEntry) => void): Opened {
  mkdirSync(dirname(file), { recursive: true });
  const { entries, end, torn } = readJournal(file);
  const descriptor = openSync(file, "a", 0o600);
  if (torn > 0) ftruncateSync(descriptor, end);
  const last = entries.at(-1);
  const before = last?.up ?? 0;
  const opened = performance.now();
  const up = (): number => before + (performance.now() - opened) / 1000;
  let seq = entries.length;
  let size = end;
  let broken: WeakToStrongError | undefined;
  let closed = false;

  let written = 0;
  let synced = 0;
  let syncing: Promise<void> | undefined;

  const journal: Journal = {
    file,
    append(entry) {
      if (closed) throw new WeakToStrongError("disposed", `The journal ${file} has been closed.`);
      if (broken) throw broken;
      const stamped = { ...entry, seq, at: new Date().toISOString(), up: Math.round(up() * 1e6) / 1e6 };
      checkEntry(stamped);
      const line = Buffer.from(`${JSON.stringify(stamped)}\n`);
      try {
        for (let at = 0; at < line.length; ) at += writeSync(descriptor, line, at);
      } catch (cause) {
        // Half a line must not stay: what comes after it could not be read.
        ftruncateSync(descriptor, size);
        broken = unwritable(`The journal ${file}`, cause);
        throw broken;
      }
      seq++;
      size += line.length;
      written++;
      onEntry?.(stamped as JournalEntry);
      // In the background, so that the disk is never far behind; whoever must not be ahead of it awaits `durable`.
      journal.durable().catch(() => undefined);
      return stamped as never;
    },
    async durable() {
      if (broken) throw broken;
      const wanted = written;
      while (synced < wanted) {
        syncing ??= flush().finally(() => {
          syncing = undefined;
        });
        await syncing;
      }
    },
    up,
    async [Symbol.asyncDispose]() {
      if (closed) return;
      if (!broken) await journal.durable();
      closed = true;
      closeSync(descriptor);
    },
  };
  return { journal, earlier: entries, torn };

  async function flush(): Promise<void> {
    const until = written;
    try {
      await sync(descriptor);
      synced = until;
    } catch (cause) {
      broken = unwritable(`The journal ${file}`, cause);
      throw broken;
    }
  }
}

/**
 * The entries of a journal, whoever may be writing it. A last line without its end is left out and counted in `torn`.
 *
 * @throws WeakToStrongError `bad_input`, naming the line, for one that is damaged.
 */
export function readJournal(file: string): { entries: JournalEntry[]; end: number; torn: number } {
  const entries: JournalEntry[] = [];
  let end = 0;
  let rest = Buffer.alloc(0);
  try {
    for (const block of blocksOf(file)) {
      const bytes = rest.length > 0 ? Buffer.concat([rest, block]) : block;
      let start = 0;
      for (let at = bytes.indexOf(10); at >= 0; start = at + 1, at = bytes.indexOf(10, start)) {
        entries.push(entryOf(bytes.toString("utf8", start, at), entries.length, file));
      }
      end += start;
      rest = Buffer.from(bytes.subarray(start));
    }
  } catch (error) {
    if (WeakToStrongError.isInstance(error)) throw error;
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { entries: [], end: 0, torn: 0 };
    throw new WeakToStrongError("storage", `The journal ${file} cannot be read: ${(error as Error).message}.`, {
      cause: error,
    });
  }
  return { entries, end, torn: rest.length };
}

/** A file in parts: a whole one of a long night may be more than a buffer can hold. */
function* blocksOf(file: string): Generator<Buffer> {
  const descriptor = openSync(file, "r");
  try {
    for (;;) {
      const block = Buffer.allocUnsafe(8 << 20);
      const read = readSync(descriptor, block);
      if (read === 0) return;
      yield block.subarray(0, read);
    }
  } finally {
    closeSync(descriptor);
  }
}

/** What could not be read again must not be written: one agent's odd number would be the end of the lab. */
function checkEntry(entry: unknown): void {
  try {
    parseEntry(entry);
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw new WeakToStrongError("bad_input", `This cannot be journalled: ${why}`, { cause });
  }
}

function entryOf(line: string, index: number, file: string): JournalEntry {
  const where = `Line ${index + 1} of the journal ${file}`;
  let entry: JournalEntry;
  try {
    entry = parseEntry(JSON.parse(line));
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    throw new WeakToStrongError(
      "bad_input",
      `${where} is no entry: ${why}. It was changed by something else than the lab; restore the file from a copy.`,
      { cause },
    );
  }
  if (entry.seq === index) return entry;
  throw new WeakToStrongError(
    "bad_input",
    `${where} has the number ${entry.seq}, expected ${index}: lines were removed or added. Restore the file from a copy.`,
  );
}

/** That a file or folder of the lab cannot be written, and what to do. */
export function unwritable(what: string, cause: unknown): WeakToStrongError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const advice = code === "ENOSPC" ? "The disk is full: free some space" : "Is the folder writable?";
  return new WeakToStrongError(
    "storage",
    `${what} cannot be written (${code ?? message}). ${advice}; then start the lab again, and it goes on.`,
    { cause },
  );
}
