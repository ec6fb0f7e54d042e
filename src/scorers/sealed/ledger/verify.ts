import { resolve } from "node:path";
import type { Json } from "../../../agent.js";
import { reason } from "./chain.js";
import type { LedgerEntry } from "./entry.js";
import { type Check, type Inspection, inspect } from "./inspect.js";
import { checkReceipt } from "./receipt.js";

export interface VerifyLedgerOptions {
  /** The folder of the ledger. */
  readonly dir: string;
  /** The folder with its keys; without it, that all was put back to an earlier state is not found. */
  readonly keys?: string;
  /** Receipts that somebody kept: each must be of this ledger, which must still have what it tells of. */
  readonly receipts?: readonly unknown[];
}

export interface LedgerCheck {
  /** Nothing failed; look at `checks` for what could not be checked. */
  readonly ok: boolean;
  readonly checks: readonly Check[];
  /** SHA-256 of the public key: compare it with what you know of the ledger from elsewhere. */
  readonly id?: string;
  readonly publicKey?: string;
  /** As far as they hold. */
  readonly entries: readonly LedgerEntry[];
  /** The hidden value of an entry, where it is there and opens its commitment. */
  hidden(seq: number): Json | undefined;
}

/**
 * Checks a ledger without changing it: every byte of `ledger.jsonl`, `hidden.jsonl` and `head.json`, and that the ledger is
 * as long as its signed heads. Needs no private key and no lock.
 *
 * @throws WeakToStrongError `storage` for files that cannot be read; one that is not there is a check that failed.
 */
export async function verifyLedger(options: VerifyLedgerOptions): Promise<LedgerCheck> {
  const found = inspect(resolve(options.dir), options.keys === undefined ? undefined : resolve(options.keys));
  const receipts = options.receipts ?? [];
  const checks = receipts.length > 0 ? [...found.checks, checkReceipts(receipts, found)] : found.checks;
  const { verifier, entries, hidden } = found;
  return {
    ok: checks.every(({ status }) => status !== "failed"),
    checks,
    ...(verifier && { id: verifier.id, publicKey: verifier.publicKey }),
    entries,
    hidden: (seq) => hidden.get(seq),
  };
}

function checkReceipts(receipts: readonly unknown[], { verifier, entries }: Inspection): Check {
  const what = "receipts";
  if (!verifier) return { what, status: "not checked", detail: "the ledger's key is not known." };
  for (const [index, value] of receipts.entries()) {
    const failed = (why: string): Check => ({ what, status: "failed", detail: `receipt ${index + 1}, ${why}.` });
    try {
      const { seq, entry, head } = checkReceipt(value, verifier);
      const [there, last] = [entries[seq]?.hash, entries[head.count - 1]?.hash];
      if (there !== entry)
        return failed(`field entry: ${entry}, and entry ${seq} of the ledger is ${there ?? "missing"}`);
      if (last !== head.hash) {
        return failed(`field head: ${head.count} entries up to ${head.hash}, and the ledger has ${last ?? "fewer"}`);
      }
    } catch (cause) {
      return failed(reason(cause));
    }
  }
  return { what, status: "ok", detail: `${receipts.length}, each of an entry that the ledger has.` };
}
