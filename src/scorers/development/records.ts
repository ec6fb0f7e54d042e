import { closeSync, fdatasync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import * as z from "zod";
import { contentHash } from "../../data/canonical.js";
import { WeakToStrongError } from "../../errors.js";
import type { Evaluation } from "../../scorer.js";
import { evaluationSchema } from "../evaluation.js";
import type { SealedOnWire } from "./sealed.js";

const sync = promisify(fdatasync);

/** First line: what the records are about. The salt keeps labels from being found by trying; agents see neither. */
const heading = z.object({
  type: z.literal("records"),
  version: z.literal(1),
  salt: z.string().min(16),
  /** SHA-256, by testbed, over the salt and the sealed testbed. */
  testbeds: z.record(z.string(), z.string()),
});
const line = z.object({ type: z.literal("evaluation"), key: z.string().exactOptional(), evaluation: evaluationSchema });

type Heading = z.infer<typeof heading>;

export interface KeyedEvaluation {
  readonly evaluation: Evaluation;
  readonly key?: string;
}

/** The scorer's file, one JSON object a line, only ever added to. */
export interface Records extends AsyncDisposable {
  readonly all: readonly KeyedEvaluation[];
  /** Bytes of a last line that was cut off while it was written, and has been removed: nobody had been answered. */
  readonly torn: number;
  /** Throws `storage` where it cannot be written; the file is then as before. */
  append(record: KeyedEvaluation): void;
  /** Resolves once everything that was appended is on the disk. */
  durable(): Promise<void>;
}

/**
 * Opens the records in `dir`, or begins them. The caller holds the folder's lock.
 *
 * @throws WeakToStrongError `bad_input`, naming the line, for a damaged one, and for records of other testbeds.
 */
export async function openRecords(dir: string, testbeds: readonly SealedOnWire[], salt: string): Promise<Records> {
  const file = join(dir, "records.jsonl");
  let descriptor: number;
  let bytes: Buffer;
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    descriptor = openSync(file, "a", 0o600);
    bytes = readFileSync(file);
  } catch (cause) {
    throw unwritable(file, cause);
  }
  let size = bytes.lastIndexOf(10) + 1;
  const torn = bytes.length - size;
  const all: KeyedEvaluation[] = [];
  let broken: WeakToStrongError | undefined;
  let appended = 0;
  let synced = 0;
  let syncing: Promise<void> | undefined;
  try {
    if (torn > 0) ftruncateSync(descriptor, size);
    if (size === 0) write({ type: "records", version: 1, salt, testbeds: hashes(testbeds, salt) } satisfies Heading);
    else read(file, bytes.toString("utf8", 0, size), testbeds, all);
    await durable();
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
  return {
    all,
    torn,
    append(record) {
      write({ type: "evaluation", ...record });
      all.push(record);
    },
    durable,
    async [Symbol.asyncDispose]() {
      if (!broken) await durable();
      closeSync(descriptor);
    },
  };

  function write(entry: object): void {
    if (broken) throw broken;
    const text = Buffer.from(`${JSON.stringify(entry)}\n`);
    try {
      for (let at = 0; at < text.length; ) at += writeSync(descriptor, text, at);
    } catch (cause) {
      // Half a line must not stay: what comes after it could not be read.
      ftruncateSync(descriptor, size);
      throw unwritable(file, cause);
    }
    size += text.length;
    appended++;
  }

  async function durable(): Promise<void> {
    const wanted = appended;
    while (synced < wanted) {
      syncing ??= flush().finally(() => {
        syncing = undefined;
      });
      await syncing;
    }
  }

  async function flush(): Promise<void> {
    if (broken) throw broken;
    const until = appended;
    try {
      await sync(descriptor);
      synced = until;
    } catch (cause) {
      // What the disk now holds is unknown until the file is opened again.
      broken = unwritable(file, cause);
      throw broken;
    }
  }
}

function read(file: string, text: string, testbeds: readonly SealedOnWire[], all: KeyedEvaluation[]): void {
  const lines = text.slice(0, -1).split("\n");
  const about = parsed(heading, file, lines, 0);
  const now = hashes(testbeds, about.salt);
  const other = Object.keys({ ...about.testbeds, ...now }).find((name) => about.testbeds[name] !== now[name]);
  if (other !== undefined) {
    throw new WeakToStrongError(
      "bad_input",
      `The records ${file} are of another testbed "${other}" than the one given now (other rows, seeds, truth, teacher or ceiling): their numbers cannot be compared. Give the same testbeds as before, or another folder.`,
    );
  }
  for (let at = 1; at < lines.length; at++) {
    const { type: _, ...record } = parsed(line, file, lines, at);
    if (record.evaluation.index !== at - 1) {
      throw damaged(
        file,
        at,
        `it has the number ${record.evaluation.index}, expected ${at - 1}: lines were removed or added`,
      );
    }
    all.push(record);
  }
}

function parsed<T>(schema: z.ZodType<T>, file: string, lines: readonly string[], at: number): T {
  try {
    return schema.parse(JSON.parse(lines[at]!));
  } catch (cause) {
    throw damaged(file, at, cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message);
  }
}

function damaged(file: string, at: number, why: string): WeakToStrongError {
  return new WeakToStrongError(
    "bad_input",
    `Line ${at + 1} of the records ${file} is damaged: ${why}. Something else than the scorer changed it; restore the file from a copy.`,
  );
}

function hashes(testbeds: readonly SealedOnWire[], salt: string): Record<string, string> {
  return Object.fromEntries(testbeds.map((testbed) => [testbed.name, contentHash([salt, testbed])]));
}

function unwritable(file: string, cause: unknown): WeakToStrongError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const advice = code === "ENOSPC" ? "The disk is full: free some space" : "Is the folder writable?";
  return new WeakToStrongError(
    "storage",
    `The scorer's records ${file} cannot be written (${code ?? message}). ${advice}; then ask again.`,
    { cause },
  );
}
