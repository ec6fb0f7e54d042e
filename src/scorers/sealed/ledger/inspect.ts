import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Json } from "../../../agent.js";
import { WeakToStrongError } from "../../../errors.js";
import { type Break, type Chain, type Openings, readChain, readOpenings, readVerifier, reason } from "./chain.js";
import { type LedgerEntry, noHash } from "./entry.js";
import { parseHead, type SignedHead } from "./head.js";
import { keyFiles, type LedgerVerifier } from "./keys.js";

/** One thing that was looked at in a ledger. */
export interface Check {
  readonly what: "chain" | "head" | "head beside the key" | "hidden values" | "after the head" | "receipts";
  readonly status: "ok" | "failed" | "not checked";
  /** What was looked at, and for what failed: file, line, byte or field, and what was found. */
  readonly detail: string;
}

/** A ledger as its files are. */
export interface Inspection {
  readonly checks: readonly Check[];
  /** Absent where the first line tells no key. */
  readonly verifier?: LedgerVerifier;
  /** As far as chain and openings hold. */
  readonly entries: readonly LedgerEntry[];
  readonly hidden: ReadonlyMap<number, Json>;
  /** The head beside the key: as far as answers may have been given. */
  readonly kept?: SignedHead;
  /** Bytes of each file that hold `entries`, and all of its bytes. */
  readonly ledger: Extent;
  readonly openings: Extent;
}

export interface Extent {
  readonly sound: number;
  readonly all: number;
}

export interface LedgerFiles {
  readonly ledger: string;
  readonly hidden: string;
  readonly head: string;
}

export function ledgerFiles(dir: string): LedgerFiles {
  return { ledger: join(dir, "ledger.jsonl"), hidden: join(dir, "hidden.jsonl"), head: join(dir, "head.json") };
}

/**
 * Reads and checks the files of a ledger; changes nothing. Each file is read before those that are written before it, so
 * that heads never seem to be ahead of a ledger that is being written.
 */
export function inspect(dir: string, keys: string | undefined): Inspection {
  const files = ledgerFiles(dir);
  let verifier: LedgerVerifier;
  try {
    verifier = readVerifier(read(files.ledger) ?? missing());
  } catch (cause) {
    return unreadable(`${files.ledger}, ${reason(cause)}.`);
  }
  const beside = keys === undefined ? undefined : keyFiles(keys, verifier.id).head;
  const kept = beside === undefined ? undefined : readHead(beside, verifier);
  const written = readHead(files.head, verifier);
  const ledger = read(files.ledger)!;
  const hidden = read(files.hidden);
  const chain = readChain(ledger, verifier);
  const openings = readOpenings(hidden ?? Buffer.alloc(0), hidden ? chain.entries : []);

  const heads = [kept, written].flatMap((read) => (read && "head" in read ? read.head : []));
  // Without a head nothing may pass for the rest that a crash left.
  const covered = heads.length > 0 ? Math.max(...heads.map(({ count }) => count)) : Number.POSITIVE_INFINITY;
  const sound = Math.min(chain.entries.length, openings.broken?.seq ?? Number.POSITIVE_INFINITY);
  const entries = chain.entries.slice(0, sound);
  const lastOpening = entries.findLast(({ seq }) => openings.ends.has(seq));
  return {
    checks: [
      checkChain(files.ledger, chain, covered),
      checkHead(files.head, written, chain, kept),
      checkKeptHead(beside, kept, chain),
      checkHidden(files.hidden, hidden, chain, openings, covered),
      checkRest(files, chain, openings, sound, covered),
    ],
    verifier,
    entries,
    hidden: openings.values,
    ...(kept && "head" in kept && { kept: kept.head }),
    ledger: { sound: sound > 0 ? chain.ends[sound - 1]! : 0, all: ledger.length },
    openings: { sound: lastOpening ? openings.ends.get(lastOpening.seq)! : 0, all: hidden?.length ?? 0 },
  };
}

function checkChain(file: string, { entries, broken }: Chain, covered: number): Check {
  const what = "chain";
  if (broken && broken.seq < covered) return { what, status: "failed", detail: `${file}, ${broken.why}.` };
  const detail = `${file}: ${entries.length} entries, each as it was signed and linked to the one before.`;
  return { what, status: "ok", detail };
}

type ReadHead = { readonly head: SignedHead } | { readonly why: string } | undefined;

function checkHead(file: string, written: ReadHead, chain: Chain, beside: ReadHead): Check {
  const what = "head";
  const failed = (why: string): Check => ({ what, status: "failed", detail: `${file}: ${why}` });
  const kept = beside && "head" in beside ? beside.head : undefined;
  if (!written) {
    // Nothing has been answered before a head is in both places.
    if (kept?.count === 0) return { what, status: "ok", detail: `${file}: none was signed yet.` };
    return failed("it is not there; the scorer writes it before its first answer.");
  }
  if ("why" in written) return failed(`${written.why}.`);
  const { head } = written;
  if (kept && head.count < kept.count) {
    return failed(
      `field count: it covers ${head.count} entries, and the copy beside the key ${kept.count}: an older one was put back.`,
    );
  }
  const problem = fit(head, chain);
  if (problem) return failed(problem);
  return { what, status: "ok", detail: `${file}: signed, covers ${head.count} of ${chain.entries.length} entries.` };
}

function checkKeptHead(file: string | undefined, kept: ReadHead, chain: Chain): Check {
  const what = "head beside the key";
  if (!file || !kept) {
    const where = file ? `${file} is not there` : "no folder with keys was given";
    const detail = `${where}: that the ledger and its head were not put back to an earlier state together is not known.`;
    return { what, status: "not checked", detail };
  }
  const problem = "why" in kept ? `${kept.why}.` : fit(kept.head, chain);
  if (problem) return { what, status: "failed", detail: `${file}: ${problem}` };
  return { what, status: "ok", detail: `${file}: the ledger goes as far as its scorer remembers.` };
}

/** Why this head is not one of this chain. */
function fit({ count, hash }: SignedHead, { entries, broken }: Chain): string | undefined {
  if (entries.length < count) {
    const end = broken ? `breaks after ${entries.length}` : `has ${entries.length}: lines were removed from its end`;
    return `it covers ${count} entries, and the ledger ${end}.`;
  }
  const found = count > 0 ? entries[count - 1]!.hash : noHash;
  if (found === hash) return undefined;
  return `field hash: it covers ${count} entries up to ${hash}, and the ledger has ${found} there: it is another ledger's past.`;
}

function checkHidden(
  file: string,
  hidden: Buffer | undefined,
  { entries, broken: cut }: Chain,
  { values, broken }: Openings,
  covered: number,
): Check {
  const what = "hidden values";
  const count = entries.filter(({ commitment }) => commitment !== undefined).length;
  if (!hidden && count > 0) {
    const detail = `${file} is not there, which only the scorer has: ${count} commitments were not opened.`;
    return { what, status: "not checked", detail };
  }
  if (broken && broken.seq < covered) {
    if (!cut || broken.seq < entries.length) return { what, status: "failed", detail: `${file}, ${broken.why}.` };
    const detail = `${file}: ${values.size} values are sound; the others belong to entries behind the damage to the ledger.`;
    return { what, status: "not checked", detail };
  }
  return { what, status: "ok", detail: `${file}: ${values.size} values, each the one that its entry committed to.` };
}

/** What was written after the last head: nobody was answered on it. */
function checkRest(files: LedgerFiles, chain: Chain, openings: Openings, sound: number, covered: number): Check {
  const what = "after the head";
  const past = ([file, broken]: [string, Break | undefined]): string[] =>
    broken && broken.seq >= covered ? [`${file}, ${broken.why}`] : [];
  const found = [past([files.ledger, chain.broken]), past([files.hidden, openings.broken])].flat();
  if (found.length > 0) {
    const detail = `${found.join("; ")}. No answer was given on it: a crash left it, or it was added. Opening the ledger removes it; while a scorer is writing, look again.`;
    return { what, status: "failed", detail };
  }
  const more = sound - covered;
  const detail = more > 0 ? `signed entries on which no answer was given: ${more}.` : "nothing.";
  return { what, status: "ok", detail };
}

function readHead(file: string, verifier: LedgerVerifier): ReadHead {
  const bytes = read(file);
  if (!bytes) return undefined;
  try {
    return { head: parseHead(bytes, verifier) };
  } catch (cause) {
    return { why: reason(cause) };
  }
}

function unreadable(detail: string): Inspection {
  const nothing = { sound: 0, all: 0 };
  return {
    checks: [{ what: "chain", status: "failed", detail }],
    entries: [],
    hidden: new Map(),
    ledger: nothing,
    openings: nothing,
  };
}

/** Undefined where there is no such file. */
function read(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    const detail = `${file}, of the scorer's ledger, cannot be read: ${(cause as Error).message}.`;
    throw new WeakToStrongError("storage", detail, { cause });
  }
}

function missing(): never {
  throw new Error("it is not there");
}
