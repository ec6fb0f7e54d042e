import * as z from "zod";
import type { Json } from "../../../agent.js";
import { sha256 } from "../../../data/canonical.js";
import { entryFields, hashSchema, type LedgerEntry, type LedgerEntryType } from "./entry.js";
import type { Head } from "./head.js";
import { canonicalJson } from "./json.js";
import { type LedgerKey, type LedgerVerifier, ledgerVerifier } from "./keys.js";

/**
 * The scorer's word, for whoever was answered, that an entry stands in its ledger: the entry without its signature, how
 * far the ledger went when the receipt was made, and a signature over both. It holds nothing that the entry hides.
 */
export interface Receipt {
  /** Id of the ledger: SHA-256 of its public key. */
  readonly ledger: string;
  readonly seq: number;
  readonly prev: string;
  readonly at: string;
  readonly clock?: string;
  readonly type: LedgerEntryType;
  readonly released: Json;
  readonly commitment?: string;
  /** Hash of the entry: SHA-256 over the canonical JSON of the fields above, without `ledger`. */
  readonly entry: string;
  /** A later ledger that is shorter than this, or has another entry there, has lost or changed something. */
  readonly head: Head;
  /** Ed25519 over the canonical JSON of all other fields (base64). */
  readonly signature: string;
}

const schema = z.strictObject({
  ...entryFields,
  ledger: hashSchema,
  entry: hashSchema,
  head: z.strictObject({ count: z.int().min(1), hash: hashSchema }),
  signature: z.string(),
});

export function makeReceipt(entry: LedgerEntry, { count, hash }: Head, key: LedgerKey): Receipt {
  const { hash: entryHash, signature: _, ...fields } = entry;
  const body = { ...fields, ledger: key.id, entry: entryHash, head: { count, hash } };
  return { ...body, signature: key.sign(body) };
}

/**
 * Whether `receipt` was given by the ledger with this public key (of its first entry: DER in base64), unchanged. Whether
 * the ledger still has what it tells of is for `verifyLedger` to say.
 */
export function verifyReceipt(
  receipt: unknown,
  publicKey: string,
): { readonly ok: true } | { readonly ok: false; readonly why: string } {
  try {
    checkReceipt(receipt, ledgerVerifier(publicKey));
    return { ok: true };
  } catch (error) {
    return { ok: false, why: error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message };
  }
}

/** Throws, naming the field, for what is no receipt of this ledger. */
export function checkReceipt(value: unknown, verifier: LedgerVerifier): Receipt {
  schema.parse(value);
  const receipt = value as Receipt;
  const { signature, ...body } = receipt;
  const { ledger, entry, head, ...fields } = body;
  if (ledger !== verifier.id) throw new Error(`field ledger: expected ${verifier.id}, found ${ledger}`);
  const hash = sha256(canonicalJson(fields));
  if (entry !== hash) throw new Error(`field entry: expected ${hash}, the hash of the fields, found ${entry}`);
  if (head.count <= receipt.seq) throw new Error(`field head: ${head.count} entries do not cover entry ${receipt.seq}`);
  if (!verifier.verifies(body, signature))
    throw new Error("field signature: it is not by the ledger's key over the other fields");
  return receipt;
}
