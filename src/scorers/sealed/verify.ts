import { join, resolve } from "node:path";
import type { Json } from "../../agent.js";
import { keysFolder } from "../../home.js";
import type { Score, SubmissionResult } from "../../scorer.js";
import { evaluationEntry } from "../evaluation.js";
import { Books } from "./books.js";
import { fromWire } from "./code.js";
import { keptFiles } from "./files.js";
import { type Judged, judgedOver } from "./judged.js";
import { parseOpened } from "./ledger/entry.js";
import { type LedgerCheck, verifyLedger } from "./ledger/index.js";
import { resultOf } from "./results.js";

/** One thing that was looked at. */
export type ScorerCheckLine = Omit<LedgerCheck["checks"][number], "what"> & { readonly what: string };

/** A finished submission; of its receipt, which needs the private key, where its entry stands. */
export type CheckedResult = Omit<SubmissionResult, "receipt"> & {
  readonly receipt: Pick<SubmissionResult["receipt"], "seq" | "entry">;
};

/** A scorer's folder, looked at without changing it. */
export interface ScorerCheck {
  /** Nothing failed; look at `checks` for what could not be checked. */
  readonly ok: boolean;
  readonly checks: readonly ScorerCheckLine[];
  /** SHA-256 of the ledger's public key. */
  readonly ledger?: string;
  /** What its first entry says that it is about: feedback, and each testbed's name, seeds and rows. */
  readonly about?: Json;
  /** With their scores in full; where hidden values are not there, with what was released. `told`: whether a score was. */
  readonly evaluations: readonly {
    readonly id: string;
    readonly snapshot?: string;
    readonly score?: Score;
    readonly told: boolean;
  }[];
  /** Finished submissions; empty where hidden values are not there. */
  readonly results: readonly CheckedResult[];
  /** How they were judged over time, oldest first; the last is what stands. Empty where hidden values are not there. */
  readonly judged: readonly Judged[];
}

/**
 * Checks the ledger of a scorer, and that the code and predictions that it names are there, unchanged. Needs no truth, no
 * private key and no lock.
 *
 * @throws WeakToStrongError `storage` for files that cannot be read.
 */
export async function verifyScorer(options: {
  readonly dir: string;
  /** Where its key lies. Default: `$W2S_KEYS`, else a folder of the user's. */
  readonly keys?: string;
  /** It is a copy that was published without its hidden values, which else must be there. Default false. */
  readonly public?: boolean;
  /** Receipts that somebody kept: each must be of this ledger, which must still have what it tells of. */
  readonly receipts?: readonly unknown[];
}): Promise<ScorerCheck> {
  const dir = resolve(options.dir);
  const { keys = keysFolder(), receipts = [] } = options;
  const ledger = await verifyLedger({ dir, keys, receipts });
  const id = ledger.id && { ledger: ledger.id };
  const none = { ok: false, checks: ledger.checks, ...id, evaluations: [], results: [], judged: [] };
  const [opened] = ledger.entries;
  if (!ledger.ok || !opened) return none;
  const { about } = parseOpened(opened);
  if (ledger.hidden(0) === undefined) {
    if (!options.public) return { ...none, checks: [...ledger.checks.filter(isNotHidden), deleted(dir)] };
    const detail = "the ledger names them in hidden values, which are not there.";
    const evaluations = ledger.entries.flatMap(({ type, released }) => {
      if (type !== "evaluation") return [];
      const evaluation = evaluationEntry.parse(released);
      return [{ ...evaluation, told: evaluation.score !== undefined }];
    });
    const checks = [...ledger.checks, { what: "predictions", status: "not checked", detail } as const];
    return { ...none, ok: true, checks, about, evaluations };
  }
  const append = (): never => {
    throw new Error("a ledger that is being verified is not written to");
  };
  const books = new Books({ entries: ledger.entries, hidden: ledger.hidden, append });
  const files = keptFiles(dir);
  const results: CheckedResult[] = [];
  const [code, predictions] = [tally("submitted code"), tally("predictions")];
  for (const { hidden, entry } of books.evaluations) {
    predictions.look(`entry ${entry.seq}`, () => files.predictions(hidden.predictions));
  }
  for (const submission of books.submissions.values()) {
    const { entry, result } = submission;
    code.look(`entry ${entry.seq}`, () => files.code(submission.released.code));
    if (!result) continue;
    predictions.look(`entry ${result.entry.seq}`, () => files.predictions(result.hidden.predictions));
    if (code.failed() || predictions.failed()) continue;
    const { program, ...rest } = resultOf(submission, books, files);
    const receipt = { seq: result.entry.seq, entry: result.entry.hash };
    results.push({ ...rest, program: fromWire(program), receipt });
  }
  const checks = [...ledger.checks, code.check(), predictions.check()];
  return {
    ok: checks.every(({ status }) => status !== "failed"),
    checks,
    ...id,
    about,
    evaluations: books.evaluations.map(({ released, hidden }) => ({
      ...{ ...released, score: hidden.score },
      told: released.score !== undefined,
    })),
    results,
    judged: judgedOver(books),
  };
}

const isNotHidden = ({ what }: ScorerCheckLine): boolean => what !== "hidden values";

/** Without them nothing of scores, audits and submissions can be checked: whoever deletes them must not pass. */
function deleted(dir: string): ScorerCheckLine {
  const detail = `${join(dir, "hidden.jsonl")} is not there, or opens nothing. A scorer always writes it: it was deleted, or this is a copy that was published without it, which must be said (\`--public\`, \`public: true\`).`;
  return { what: "hidden values", status: "failed", detail };
}

/** Looks at files one by one and says how it went as a whole. */
function tally(what: string) {
  let looked = 0;
  const failures: string[] = [];
  return {
    look(where: string, read: () => unknown): void {
      looked++;
      try {
        read();
      } catch (error) {
        failures.push(`${where}: ${(error as Error).message}`);
      }
    },
    failed: () => failures.length > 0,
    check: (): ScorerCheckLine =>
      failures.length > 0
        ? { what, status: "failed", detail: failures.slice(0, 3).join(" ") }
        : { what, status: "ok", detail: `${looked} files, each what the ledger names by its hash.` },
  };
}
