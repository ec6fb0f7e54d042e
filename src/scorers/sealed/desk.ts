import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { WeakToStrongError } from "../../errors.js";
import { keysFolder } from "../../home.js";
import type { PGRScorer, Receipt, SubmissionResult } from "../../scorer.js";
import { type Booked, Books } from "./books.js";
import { fromWire } from "./code.js";
import { keptFiles } from "./files.js";
import { openLedger } from "./ledger/index.js";
import { parseAsked } from "./messages.js";
import { resultOf } from "./results.js";

/** A scorer's folder as a reviewer needs it: without the truth, and so without scores that were not given yet. */
export interface ReviewersDesk extends Pick<PGRScorer, "results" | "decide">, AsyncDisposable {}

/**
 * Opens a scorer's ledger for people, while no scorer has it. Verdicts are kept in it, signed, as if the scorer had been
 * there.
 *
 * Errors: `not_found` (no ledger), `busy` (the lab is running), `bad_input` (a ledger that was changed; no key), `storage`.
 */
export async function openDesk(options: { readonly dir: string; readonly keys?: string }): Promise<ReviewersDesk> {
  const dir = resolve(options.dir);
  if (!existsSync(join(dir, "ledger.jsonl"))) {
    throw new WeakToStrongError("not_found", `There is no scorer's ledger in ${dir}.`);
  }
  const ledger = await openLedger({ dir, keys: resolve(options.keys ?? keysFolder()), about: null });
  let books: Books;
  try {
    books = new Books(ledger);
  } catch (error) {
    await ledger[Symbol.asyncDispose]();
    throw error;
  }
  const files = keptFiles(dir);
  const durably = async ({ entry }: Pick<Booked<"audit">, "entry">): Promise<Receipt> => {
    await ledger.durable();
    return ledger.receipt(entry);
  };
  return {
    async results({ signal } = {}) {
      signal?.throwIfAborted();
      const all: SubmissionResult[] = [];
      for (const submission of books.submissions.values()) {
        if (!submission.result) continue;
        const receipt = await durably(submission.result);
        const { program, ...result } = resultOf(submission, books, files);
        all.push({ ...result, receipt, program: fromWire(program) });
      }
      return all;
    },
    async decide(verdict, { signal } = {}) {
      signal?.throwIfAborted();
      return durably(books.decide(parseAsked("decide", verdict)));
    },
    [Symbol.asyncDispose]: () => ledger[Symbol.asyncDispose](),
  };
}
