import { parseLists, type RatioBase, scoreSum, shareOfGap } from "./ratio.js";
import { parseLevel, type SeedScores } from "./scores.js";

/**
 * Input of {@link compare}. The four lists are of one kind, as in `pgr`: all accuracies (then with `n`) or all
 * per-example scores on one common test set in one order. Lists of equal length are paired by seed.
 */
export interface CompareInput {
  /** Test scores of the weak teacher, over seeds. */
  readonly weak: SeedScores;
  /** Test scores of the student that the one method trained, over seeds. */
  readonly a: SeedScores;
  /** Test scores of the student that the other method trained, over seeds. */
  readonly b: SeedScores;
  /** Test scores of the strong student trained on ground truth, over seeds. */
  readonly ceiling: SeedScores;
  /** Number of test examples. Needed with accuracies; follows from per-example scores. */
  readonly n?: number | undefined;
  /** One number a test example, as in `pgr`: examples with the same number were drawn together. */
  readonly groups?: ArrayLike<number> | undefined;
  /** Confidence level of the interval, between 0 and 1. Default .95. */
  readonly level?: number | undefined;
}

/** What both outcomes of {@link compare} carry. */
export interface ComparisonBase extends RatioBase {
  /** Number of seeds of each list. */
  readonly seedsPerList: {
    readonly weak: number;
    readonly a: number;
    readonly b: number;
    readonly ceiling: number;
  };
  /**
   * Mean score of a minus that of b, paired, with its own interval at `level` and two-sided p-value: also where the gap
   * is too unclear for a difference of PGRs. Absent where there is one test example or group.
   */
  readonly scoreDifference?: {
    readonly estimate: number;
    readonly interval: readonly [low: number, high: number];
    readonly p: number;
  };
}

/** A difference of two PGRs with its interval. */
export interface ComparisonOk extends ComparisonBase {
  readonly status: "ok";
  /** PGR of a minus PGR of b: (mean a - mean b) / (mean ceiling - mean weak). */
  readonly estimate: number;
  /** Fieller interval at `level`. */
  readonly interval: readonly [low: number, high: number];
  /** Two-sided p-value of "a and b are equally good"; below `1 - level` exactly where the interval leaves out 0. */
  readonly p: number;
}

/** No difference of PGRs: it would be a division by a gap that may be zero. */
export interface ComparisonUndefined extends ComparisonBase {
  readonly status: "undefined";
  /** Why, with the numbers, and what to do. */
  readonly reason: string;
}

/** Outcome of {@link compare}. */
export type Comparison = ComparisonOk | ComparisonUndefined;

/**
 * How much more of the gap between teacher and ceiling one method recovers than another: the difference of their PGRs.
 * Both are tested on the same examples under the same seeds, so that two PGRs whose own intervals overlap can differ
 * clearly.
 *
 * The interval is Fieller's (1954) on seeds and examples as crossed random effects, as in `pgr`. The p-value is the one
 * that belongs to it: 1 minus the level at which the interval just reaches 0, found numerically. It is of one pair;
 * for several, adjust with `holm`. Formulas and simulated size, power and coverage: docs/statistics.md.
 *
 * The result is `"undefined"` where the gap is not clearly positive, as in `pgr`; `scoreDifference`, in the score itself,
 * is there all the same. Its p-value is nearly, not exactly, that of the difference of PGRs: the share of the seeds in
 * the variance is taken at another ratio. Where a and b differ by the same
 * non-zero amount on each of n examples, the standard error is taken as that amount / sqrt(n - 1).
 *
 * @throws WeakToStrongError with code `bad_input`, as `pgr`.
 *
 * @example
 * ```ts
 * const result = compare({ weak: [0.71, 0.73], a: [0.78, 0.79], b: [0.76, 0.77], ceiling: [0.81, 0.82], n: 3000 });
 * if (result.status === "ok") result.p;
 * ```
 */
export function compare(input: CompareInput): Comparison {
  const level = parseLevel(input.level);
  const { weak, a, b, ceiling, n, groups } = input;
  const lists = parseLists({ weak, a, b, ceiling }, n, groups);
  const [ofWeak, ofA, ofB, ofCeiling] = lists.counts as [number, number, number, number];
  const scoreDifference = scoreSum(lists, [0, 1, -1, 0], level);
  const seedsPerList = { weak: ofWeak, a: ofA, b: ofB, ceiling: ofCeiling };
  const result = shareOfGap(lists, [0, 1, -1, 0], level, true);
  const more = { seedsPerList, ...(scoreDifference && { scoreDifference }) };
  if (result.status === "undefined") return { ...result, ...more };
  return { ...result, p: result.p(), ...more };
}
