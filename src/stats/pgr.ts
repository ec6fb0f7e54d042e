import { parseLists, type RatioBase, shareOfGap } from "./ratio.js";
import { parseLevel, type SeedScores } from "./scores.js";

/**
 * Input of {@link pgr}. The three lists are of one kind: all accuracies (then with `n`) or all per-example scores,
 * these on one common test set in one order.
 *
 * Lists of equal length are paired: position s holds what belongs to one seed (teacher, student taught by it, ceiling).
 * Lists of different lengths are taken as drawn independently of one another.
 */
export interface PgrInput {
  /** Test scores of the weak teacher, over seeds. */
  readonly weak: SeedScores;
  /** Test scores of the strong student that was trained by the method under study, over seeds. */
  readonly transfer: SeedScores;
  /** Test scores of the strong student trained on ground truth, over seeds. */
  readonly ceiling: SeedScores;
  /** Number of test examples. Needed with accuracies; follows from per-example scores. */
  readonly n?: number | undefined;
  /**
   * One number a test example: examples with the same number were drawn together (sentences of a document, answers to
   * one problem), a negative number stands alone. The interval then counts groups, not examples. With per-example scores
   * only.
   */
  readonly groups?: ArrayLike<number> | undefined;
  /** Confidence level of the interval, between 0 and 1. Default .95. */
  readonly level?: number | undefined;
}

/** What both outcomes of {@link pgr} carry. */
export interface PgrBase extends RatioBase {
  /** Number of seeds of each list. */
  readonly seedsPerList: { readonly weak: number; readonly transfer: number; readonly ceiling: number };
}

/** A PGR with its interval. */
export interface PgrOk extends PgrBase {
  readonly status: "ok";
  /** (mean transfer - mean weak) / (mean ceiling - mean weak). Can be negative or above 1. */
  readonly estimate: number;
  /** Fieller interval at `level`. */
  readonly interval: readonly [low: number, high: number];
}

/** No PGR: it would be a division by a gap that may be zero. */
export interface PgrUndefined extends PgrBase {
  readonly status: "undefined";
  /** Why, with the numbers, and what to do. */
  readonly reason: string;
}

/** Outcome of {@link pgr}. */
export type Pgr = PgrOk | PgrUndefined;

/**
 * Performance gap recovered (Burns et al. 2023, section 3): how much of the gap between a weak teacher and a strong
 * ceiling a method recovers. 0 is no better than the teacher, 1 as good as ground truth.
 *
 * The estimate is the ratio of means over seeds and examples. The interval is Fieller's (1954) on seeds and examples
 * as crossed random effects; it carries the uncertainty of teacher, student and ceiling, the sampling of test examples
 * and the seeds. Formulas, simulated coverage and limits: docs/statistics.md.
 *
 * The result is `"undefined"` where the gap is not clearly positive (its interval reaches zero) or the set of PGRs that
 * the data allow is unbounded.
 *
 * @throws WeakToStrongError with code `bad_input` on empty lists, values outside [0, 1], NaN, lists of different kinds
 * or lengths of scores, and a missing or wrong `n`.
 *
 * @example
 * ```ts
 * const result = pgr({ weak: [0.71, 0.73], transfer: [0.76, 0.77], ceiling: [0.81, 0.82], n: 3000 });
 * if (result.status === "ok") result.interval;
 * ```
 */
export function pgr(input: PgrInput): Pgr {
  const level = parseLevel(input.level);
  const { weak, transfer, ceiling, n, groups } = input;
  const lists = parseLists({ weak, transfer, ceiling }, n, groups);
  const seedsPerList = { weak: lists.counts[0]!, transfer: lists.counts[1]!, ceiling: lists.counts[2]! };
  const result = shareOfGap(lists, [-1, 1, 0], level);
  if (result.status === "undefined") return { ...result, seedsPerList };
  const { p: _, ...rest } = result;
  return { ...rest, seedsPerList };
}
