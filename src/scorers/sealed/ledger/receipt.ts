import * as z from "zod";
import { sha256 } from "../../../data/canonical.js";
import type { Receipt as ScorersReceipt } from "../../../scorer.js";
import { entryFields, hashSchema, type LedgerEntry, type LedgerEntryType } from "./entry.js";
import type { Head } from "./head.js";
import { canonicalJson } from "./json.js";
import { type LedgerKey, type LedgerVerifier, ledgerVerifier } from "./keys.js";

/** The receipt of the contract, from a ledger that knows the types of its entries. */
export interface Receipt extends ScorersReceipt {
  readonly type: LedgerEntryType;
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
