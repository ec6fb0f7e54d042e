import type { FeedbackMode, Score } from "../../scorer.js";
import { crossedTerms, exampleMeans, type Matrix, mean, meanVariance } from "../../stats/crossed.js";
import { byGroup, parseGroups } from "../../stats/groups.js";

/** A variance below this is rounding. */
const rounding = 1e-20;

/**
 * How many standard errors of the paired difference a candidate has to be above its author's best: 2 sqrt(ln(k + 1)). A
 * guess that is no better gets there with a probability of 1 - Phi(2 sqrt(ln(k + 1))), which sums to .1 over however many
 * queries where the standard error is known well. The whole lab's queries count: to ask under several names does not lower it. What attackers read out under it
 * and under other steps, and what honest teams lose: docs/feedback.md.
 *
 * @param queries - Of the whole lab about these labels so far, this one included: at least 1.
 */
export function stepOf(queries: number): number {
  return 2 * Math.sqrt(Math.log(queries + 1));
}

/**
 * The ladder's rule (Blum & Hardt 2015, "The Ladder", section 4, with a step that grows as queries are asked): whether
 * a candidate is better than its author's best by {@link stepOf} standard errors. What is not better tells nothing else.
 *
 * @param candidate - Seeds x examples, scores in [0, 1].
 * @param best - The author's best so far, or what it starts from. As many seeds as the candidate's are paired with
 *   them by position; of another number, means over seeds are compared.
 * @param groups - Examples with the same number were drawn together; a negative number stands alone.
 */
export function isBetter(candidate: Matrix, best: Matrix, queries: number, groups?: Int32Array): boolean {
  return isAbove(candidate, best, stepOf(queries), groups);
}

/**
 * Whether the mean paired difference is above `step` standard errors, and above step^2 / n. The latter follows from the
 * former where one seed's answers are right or wrong; it is there for scores between, and for one seed's out of many:
 * without it a gain as small as one likes could be told. (Bounds by Bernstein's inequality have both terms.)
 */
export function isAbove(candidate: Matrix, best: Matrix, step: number, groups?: Int32Array): boolean {
  const n = best[0]!.length;
  const difference = paired(candidate, best);
  const gain = mean(exampleMeans(difference));
  if (!(gain > 0 && gain >= (step * step) / n)) return false;
  const list = { kind: "examples", matrix: difference, n } as const;
  const drawn = byGroup(list, parseGroups(groups, list));
  if (drawn.kind !== "examples" || drawn.n < 2) return false;
  const { uu } = meanVariance(crossedTerms([drawn.matrix]), [1], [1], 0.95);
  // The same gain on every example has the standard error gain / sqrt(n - 1), as in `compare`.
  const variance = uu > rounding ? uu : (gain * gain) / (drawn.n - 1);
  return gain > step * Math.sqrt(variance);
}

/** Candidate less best, a row a seed; of their means over seeds where these are not as many. */
function paired(candidate: Matrix, best: Matrix): Matrix {
  if (candidate.length !== best.length) return paired([exampleMeans(candidate)], [exampleMeans(best)]);
  return candidate.map((row, s) => row.map((score, i) => score - best[s]![i]!));
}

/**
 * What a mode shows of a score that it shows. But for `exact`, accuracy is rounded to a grid of 1 / sqrt(n), PGR to the
 * same grid divided by the gap, and its interval to whole steps around that, outwards: full precision of an interval would
 * carry some fifty bits about single labels. `improved` of the mode `rounded` must be told from rounded scores.
 */
export function shownOf(mode: FeedbackMode, score: Score): Score {
  if (mode === "exact") return score;
  const pgr = { ...score.pgr, gap: gapShown(score.pgr.gap) };
  const root = Math.sqrt(pgr.n);
  const accuracy = Math.min(1, Math.round(score.accuracy * root) / root);
  if (pgr.status === "undefined") return { accuracy, pgr: { ...pgr, reason: noInterval } };
  const unit = 1 / (root * pgr.gap.estimate);
  const at = Math.round(pgr.estimate / unit);
  const reach = Math.max(at - pgr.interval[0] / unit, pgr.interval[1] / unit - at);
  // Beyond that many steps lies no accuracy.
  const steps = Math.min(Math.ceil(reach), Math.ceil(root));
  return { accuracy, pgr: { ...pgr, estimate: at * unit, interval: [(at - steps) * unit, (at + steps) * unit] } };
}

/** In hundredths, its interval outwards: it is the same for all who ask, and told once. */
function gapShown({ estimate, interval }: Score["pgr"]["gap"]): Score["pgr"]["gap"] {
  const hundredths = (value: number, round: (value: number) => number): number => round(100 * value) / 100;
  return {
    estimate: hundredths(estimate, Math.round) || Math.sign(estimate) / 100,
    ...(interval && { interval: [hundredths(interval[0], Math.floor), hundredths(interval[1], Math.ceil)] as const }),
  };
}

/** The usual reason quotes figures that depend on the predictions. */
const noInterval = "the gap between weak teacher and ceiling is too uncertain on these examples and seeds";

/**
 * How many bits the answers to a whole lab's evaluations told about the labels at most. A score that is shown is one of
 * so many on its grids (53 bits a number where exact); under the ladder {@link betterBits} come to it.
 *
 * @param told - `n` examples; `queries` evaluations, `shown` of them answered with a score.
 */
export function releasedBits(mode: FeedbackMode, told: { n: number; queries: number; shown: number }): number {
  const { n, queries, shown } = told;
  if (mode === "exact") return 4 * 53 * shown;
  const grid = Math.ceil(Math.sqrt(n)) + 2;
  const score = Math.log2(grid ** 3 + grid);
  return score * shown + (mode === "ladder" ? betterBits(queries, shown) : 0);
}

/** Bits of "better or not" alone: which of the queries were better, one of C(queries, better) ways, and how many. */
export function betterBits(queries: number, better: number): number {
  let bits = Math.log2(queries + 1);
  for (let i = 1; i <= better; i++) bits += Math.log2((queries - better + i) / i);
  return bits;
}

/** Most probable classes: a row a seed, in the same order of seeds in every query. */
export type HardPredictions = readonly ArrayLike<number>[];

/**
 * The earlier query that this one is answered as, or nothing. Near are predictions that differ on fewer than step^2
 * examples (mean over seeds): were all the changes for the better, {@link isBetter} could not tell. It looks at no truth.
 *
 * Whoever asks is answered as if they had sent that earlier query's predictions, against their own best: what the few
 * flips would have told is never computed, and one who honestly repeats a colleague's method is told what it is worth.
 * So `earlier` holds what was scored itself and not what was answered as something else, and no chain of small steps
 * leads to a wrong answer.
 *
 * @param earlier - Queries of the whole lab that were scored themselves, in order.
 * @param queries - As in {@link stepOf}.
 * @returns Index in `earlier` of the nearest, the first of equals.
 */
export function nearDuplicate(
  asked: HardPredictions,
  earlier: readonly HardPredictions[],
  queries: number,
): number | undefined {
  let limit = stepOf(queries) ** 2 * asked.length;
  let nearest: number | undefined;
  for (const [at, one] of earlier.entries()) {
    const flips = flipsBetween(asked, one, limit);
    if (flips >= limit) continue;
    limit = flips;
    nearest = at;
  }
  return nearest;
}

/** In how many places two queries differ; counting stops at `limit`. Other seeds or rows are nowhere near. */
function flipsBetween(one: HardPredictions, other: HardPredictions, limit: number): number {
  if (one.length !== other.length) return limit;
  let flips = 0;
  for (const [s, row] of one.entries()) {
    const opposite = other[s]!;
    if (row.length !== opposite.length) return limit;
    for (let i = 0; i < row.length && flips < limit; i++) if (row[i] !== opposite[i]) flips++;
  }
  return flips;
}
