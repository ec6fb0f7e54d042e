import * as z from "zod";
import type { Json } from "../../../agent.js";
import { commitmentTo, type Opening, openingSchema } from "./commitments.js";
import { checkEntry, type LedgerEntry, parseOpened } from "./entry.js";
import { type Line, linesOf, parseCanonical } from "./json.js";
import { type LedgerVerifier, ledgerVerifier } from "./keys.js";

/** Where a file stops being what it must be. What stands behind it was not looked at. */
export interface Break {
  /** The first entry that is not there, or does not hold. */
  readonly seq: number;
  /** Bytes of the file before it. */
  readonly byte: number;
  /** Line, byte and what was found. */
  readonly why: string;
}

/** The entries of a ledger as far as they hold. */
export interface Chain {
  readonly entries: readonly LedgerEntry[];
  /** By entry, the bytes of the file up to the end of its line. */
  readonly ends: readonly number[];
  readonly broken?: Break;
}

/** The key that the first entry names. Throws, saying why, where there is none. */
export function readVerifier(ledger: Buffer): LedgerVerifier {
  const [first] = linesOf(ledger);
  if (!first) throw new Error("it is empty");
  try {
    return ledgerVerifier(parseOpened(valueIn(first)).publicKey);
  } catch (cause) {
    throw new Error(`line 1 (byte 0): ${reason(cause)}`);
  }
}

/** Checks each line of `ledger.jsonl`: spelling, number, link to the one before, hash, signature. */
export function readChain(ledger: Buffer, verifier: LedgerVerifier): Chain {
  const entries: LedgerEntry[] = [];
  const ends: number[] = [];
  for (const line of linesOf(ledger)) {
    try {
      entries.push(checkEntry(valueIn(line), entries.at(-1), verifier));
      ends.push(line.end);
    } catch (cause) {
      const why = `line ${line.number} (byte ${line.byte}): ${reason(cause)}`;
      return { entries, ends, broken: { seq: entries.length, byte: line.byte, why } };
    }
  }
  return { entries, ends };
}

/** The hidden values of a ledger, by entry, as far as they hold. */
export interface Openings {
  readonly values: ReadonlyMap<number, Json>;
  /** By entry, the bytes of the file up to the end of its line. */
  readonly ends: ReadonlyMap<number, number>;
  readonly broken?: Break;
}

/** Checks each line of `hidden.jsonl` against the entries with a commitment, one line each, in their order. */
export function readOpenings(hidden: Buffer, entries: readonly LedgerEntry[]): Openings {
  const values = new Map<number, Json>();
  const ends = new Map<number, number>();
  const committed = entries.filter(({ commitment }) => commitment !== undefined);
  let at = 0;
  for (const line of linesOf(hidden)) {
    const entry = committed[at];
    try {
      const opening = openingOf(line, entry);
      values.set(opening.seq, opening.value);
      ends.set(opening.seq, line.end);
    } catch (cause) {
      const why = `line ${line.number} (byte ${line.byte}): ${reason(cause)}`;
      return { values, ends, broken: { seq: entry?.seq ?? entries.length, byte: line.byte, why } };
    }
    at++;
  }
  const missing = committed[at];
  if (!missing) return { values, ends };
  const why = `after its last line (byte ${hidden.length}): the value of entry ${missing.seq} is missing`;
  return { values, ends, broken: { seq: missing.seq, byte: hidden.length, why } };
}

function openingOf(line: Line, entry: LedgerEntry | undefined): Opening {
  const value = valueIn(line);
  openingSchema.parse(value);
  const opening = value as Opening;
  if (!entry) throw new Error(`field seq: no entry is left that hides a value, found one of entry ${opening.seq}`);
  if (opening.seq !== entry.seq) {
    throw new Error(`field seq: expected ${entry.seq}, found ${opening.seq}: lines were removed, added or reordered`);
  }
  if (commitmentTo(opening) !== entry.commitment) {
    throw new Error(`field salt or value: they do not open the commitment of entry ${entry.seq}: one was changed`);
  }
  return opening;
}

function valueIn(line: Line): unknown {
  if (!line.whole) throw new Error(`${line.bytes.length} bytes without the end of a line`);
  return parseCanonical(line.bytes);
}

/** What a person is told of an error. */
export function reason(cause: unknown): string {
  return cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
}
