import * as z from "zod";
import { hashSchema } from "./entry.js";
import { parseCanonical } from "./json.js";
import type { LedgerKey, LedgerVerifier } from "./keys.js";

/** How far a ledger went: `count` entries, of which the last has the hash `hash` (64 zeros for none). */
export interface Head {
  readonly count: number;
  readonly hash: string;
}

/** `head.json`: a head of the ledger with this id, signed (Ed25519, base64) over the canonical JSON of the other fields. */
export interface SignedHead extends Head {
  readonly ledger: string;
  readonly signature: string;
}

const schema = z.strictObject({
  ledger: hashSchema,
  count: z.int().min(0),
  hash: hashSchema,
  signature: z.string(),
});

export function signHead({ count, hash }: Head, key: LedgerKey): SignedHead {
  const body = { ledger: key.id, count, hash };
  return { ...body, signature: key.sign(body) };
}

/** Throws, naming the field, where the bytes are no head of this ledger. */
export function parseHead(bytes: Buffer, verifier: LedgerVerifier): SignedHead {
  if (bytes.at(-1) !== 10) throw new Error("its line has no end");
  const head = schema.parse(parseCanonical(bytes.subarray(0, -1)));
  const { signature, ...body } = head;
  if (head.ledger !== verifier.id) {
    throw new Error(`field ledger: expected ${verifier.id}, found ${head.ledger}: it is of another ledger`);
  }
  if (!verifier.verifies(body, signature)) {
    throw new Error("field signature: it is not by the ledger's key over the fields found: one of them was changed");
  }
  return head;
}
