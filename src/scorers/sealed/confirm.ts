import type { ConfirmedRow, Score } from "../../scorer.js";
import { bestScoreFirst } from "../standings.js";
import type { BookedSubmission, Books } from "./books.js";
import { testbedNamed } from "./evaluating.js";
import { scoreOf } from "./measure.js";
import type { PartName } from "./parts.js";
import type { Submitting } from "./submitting.js";
import type { Opening } from "./testbed.js";

/** A submission that ran through with every seed and is not disqualified. */
export interface Candidate {
  readonly submission: string;
  readonly author: string;
  readonly testbed: string;
  readonly method: string;
  /** Best PGR of all evaluations that its author was given a score for, on this testbed; null where there is none. */
  readonly evaluated: number | null;
  /** What it scores on a part, with intervals at `level`. Of the vault only those are asked that were chosen. */
  score(part: PartName, level: number): Score;
}

/** Confidence of all intervals on a part together. */
const together = 0.95;

/** {@link confirmedRows} of submissions, where their testbed has a vault. */
export function confirmed(
  opening: Opening,
  books: Books,
  submitting: Submitting,
  submissions: readonly BookedSubmission[],
  top: number,
): { readonly level: number; readonly rows: ConfirmedRow[] } {
  const candidates = submissions.flatMap((one): Candidate[] => {
    const { id, author, testbed: name, method } = one.released;
    const testbed = testbedNamed(opening, name);
    if (testbed.parts.vault.length === 0) return [];
    const shown = books.evaluations.flatMap(({ released, hidden: { score } }) => {
      const own = released.author === author && released.testbed === name && !released.baseline;
      return own && released.score && score.pgr.status === "ok" ? [score.pgr.estimate] : [];
    });
    const score = (part: PartName, level: number): Score => {
      const rows = testbed.parts[part];
      return scoreOf(testbed, rows, submitting.measured(one, rows)!, level);
    };
    const evaluated = shown.length > 0 ? Math.max(...shown) : null;
    return [{ submission: id, author, testbed: name, method, evaluated, score }];
  });
  return { level: together, rows: confirmedRows(candidates, top) };
}

/**
 * Opens the vault for the `top` candidates that are best by PGR on the final part, of each author the best on a testbed.
 * Best first.
 *
 * Each interval is at 1 - (1 - .95) / k for k rows, so that on any one part all of them hold together with a probability
 * of at least .95 (Bonferroni). On the vault they hold as they stand, since nothing was chosen by it; those on development
 * and final do not know how much was tried there, which is what `optimism` shows.
 */
export function confirmedRows(candidates: readonly Candidate[], top: number): ConfirmedRow[] {
  const judged = candidates
    .map((candidate) => ({ candidate, final: candidate.score("final", together) }))
    .sort((one, other) => bestScoreFirst(one.final, other.final));
  const seen = new Set<string>();
  const best = judged.filter(({ candidate: { author, testbed } }) => {
    const key = JSON.stringify([author, testbed]);
    return !seen.has(key) && seen.add(key);
  });
  const chosen = best.slice(0, top);
  const level = 1 - (1 - together) / chosen.length;
  return chosen.map(({ candidate }) => {
    const { submission, author, testbed, method, evaluated } = candidate;
    const vault = candidate.score("vault", level);
    return {
      submission,
      author,
      testbed,
      method,
      development: candidate.score("development", level),
      final: candidate.score("final", level),
      vault,
      optimism: evaluated === null || vault.pgr.status === "undefined" ? null : evaluated - vault.pgr.estimate,
    };
  });
}
