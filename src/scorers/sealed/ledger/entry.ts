import * as z from "zod";
import type { Json } from "../../../agent.js";
import { sha256 } from "../../../data/canonical.js";
import { WeakToStrongError } from "../../../errors.js";
import { canonicalCopy, canonicalJson } from "./json.js";
import type { LedgerKey, LedgerVerifier } from "./keys.js";

/** What an entry may be about. The ledger itself gives a meaning to `opened` only, its first one. */
const ledgerEntryTypes = ["opened", "evaluation", "submission", "result", "audit", "verdict", "confirmation"] as const;

export type LedgerEntryType = (typeof ledgerEntryTypes)[number];

/** One line of `ledger.jsonl`, in canonical JSON (RFC 8785). Hashes and commitments are 64 hexadecimal digits. */
export interface LedgerEntry {
  /** From 0; the order in which things happened, whatever clocks said. */
  readonly seq: number;
  /** `hash` of the entry before; 64 zeros for the first. */
  readonly prev: string;
  /** When, by the scorer's clock (ISO 8601, UTC); never earlier than the entry before. */
  readonly at: string;
  /** What the clock said, where it had jumped back behind the entry before, whose time `at` then repeats. */
  readonly clock?: string;
  readonly type: LedgerEntryType;
  /** What agents may see; of the first entry {@link Opened}. */
  readonly released: Json;
  /** Binds to a value that agents may not see, and tells nothing of it. */
  readonly commitment?: string;
  /** SHA-256 over the canonical JSON of the fields above. */
  readonly hash: string;
  /** Ed25519, by the ledger's key, over the canonical JSON of all fields above (base64). */
  readonly signature: string;
}

/** What the first entry releases. */
export interface Opened {
  readonly version: 1;
  /** Ed25519, DER (SPKI) in base64; its SHA-256 is the ledger's id. */
  readonly publicKey: string;
  /** As given to `openLedger`. */
  readonly about: Json;
}

/** `prev` of the first entry: the hash of nothing. */
export const noHash = "0".repeat(64);

export const hashSchema = z.string().regex(/^[0-9a-f]{64}$/, "expected 64 hexadecimal digits");
/** Checks that a field is there; that it is JSON follows from where it was read. */
export const jsonSchema = z.custom<Json>((value) => value !== undefined, "expected a JSON value, found nothing");

/** The fields that `hash` covers. */
export const entryFields = {
  seq: z.int().min(0),
  prev: hashSchema,
  at: z.iso.datetime({ precision: 3 }),
  clock: z.iso.datetime({ precision: 3 }).exactOptional(),
  type: z.enum(ledgerEntryTypes),
  released: jsonSchema,
  commitment: hashSchema.exactOptional(),
};
const entrySchema = z.strictObject({ ...entryFields, hash: hashSchema, signature: z.string() });
const openedSchema = z.object({ version: z.literal(1), publicKey: z.string(), about: jsonSchema });

export interface Draft {
  readonly type: LedgerEntryType;
  readonly released: Json;
  readonly commitment?: string;
}

/**
 * The entry that follows `before`, hashed, signed and frozen.
 *
 * @throws WeakToStrongError `bad_input` where it could not be read again.
 */
export function makeEntry(draft: Draft, before: LedgerEntry | undefined, key: LedgerKey): LedgerEntry {
  const now = new Date().toISOString();
  const late = before !== undefined && now < before.at;
  const body = {
    seq: before ? before.seq + 1 : 0,
    prev: before?.hash ?? noHash,
    at: late ? before.at : now,
    ...(late && { clock: now }),
    ...draft,
  };
  const hashed = { ...body, hash: sha256(canonicalJson(body, "released")) };
  const entry = canonicalCopy({ ...hashed, signature: key.sign(hashed) }, "released");
  const { success, error } = entrySchema.safeParse(entry);
  if (!success) throw new WeakToStrongError("bad_input", `This cannot stand in a ledger: ${z.prettifyError(error)}`);
  return entry as LedgerEntry;
}

/** The released fields of a first entry. Throws where `value` is none. */
export function parseOpened(value: unknown): Opened {
  return openedSchema.parse(z.object({ released: z.unknown() }).parse(value).released);
}

/** `value` as the entry that follows `before`. Throws, naming the field, where it is not. */
export function checkEntry(value: unknown, before: LedgerEntry | undefined, verifier: LedgerVerifier): LedgerEntry {
  entrySchema.parse(value);
  const entry = value as LedgerEntry;
  const { signature, ...hashed } = entry;
  const { hash, ...body } = hashed;
  const expect = (field: string, found: string | number, expected: string | number, why: string): void => {
    if (found !== expected) throw new Error(`field ${field}: expected ${expected}, found ${found}: ${why}`);
  };
  expect("seq", entry.seq, before ? before.seq + 1 : 0, "lines were removed, added or reordered");
  expect("prev", entry.prev, before?.hash ?? noHash, "it does not follow the line before");
  expect("hash", hash, sha256(canonicalJson(body)), "it or another field was changed");
  if (!verifier.verifies(hashed, signature)) {
    throw new Error(`field signature: expected one by the ledger's key ${verifier.id}, found another: it was changed`);
  }
  if (before && entry.at < before.at)
    throw new Error(`field at: ${entry.at} is earlier than ${before.at}, of the line before`);
  return entry;
}
