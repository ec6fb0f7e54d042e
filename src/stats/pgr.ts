import { meanVariance } from "./crossed.js";
import { byGroup, parseGroups } from "./groups.js";
import { bad, type Parsed, parseLevel, parseScores, type SeedScores } from "./scores.js";
import { listMean, listTerms, seedCount } from "./terms.js";
import { conditions, percent, seedsInWords, shown } from "./words.js";

const gapWeights = [-1, 0, 1];
/** A variance below this is rounding. */
const rounding = 1e-20;

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
export interface PgrBase {
  /** Number of test examples. */
  readonly n: number;
  /** Number of groups that they were drawn in, where `groups` was given. */
  readonly groups?: number;
  /** Number of seeds; of the shortest list where the lengths differ. */
  readonly seeds: number;
  /** Number of seeds of each list. */
  readonly seedsPerList: { readonly weak: number; readonly transfer: number; readonly ceiling: number };
  /** Ceiling minus weak, in accuracy, with its own interval (not clipped; absent where n = 1). */
  readonly gap: { readonly estimate: number; readonly interval?: readonly [low: number, high: number] };
  /** Confidence level. */
  readonly level: number;
  /** What the interval takes as given, in words. Empty where it carries teacher, student, ceiling, seeds and test sampling. */
  readonly conditionalOn: readonly string[];
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
  const weak = parseScores("weak", input.weak, input.n);
  const transfer = sameKind(weak, "transfer", parseScores("transfer", input.transfer, input.n));
  const ceiling = sameKind(weak, "ceiling", parseScores("ceiling", input.ceiling, input.n));
  const lists = [weak, transfer, ceiling] as const;
  const [weakMean, transferMean, ceilingMean] = lists.map(listMean) as [number, number, number];
  const counts = lists.map(seedCount) as [number, number, number];
  const gap = ceilingMean - weakMean;
  const groups = parseGroups(input.groups, weak);
  const drawn = lists.map((list) => byGroup(list, groups));
  const base = {
    n: weak.n,
    ...(groups && { groups: drawn[0]!.n }),
    seeds: Math.min(...counts),
    seedsPerList: { weak: counts[0], transfer: counts[1], ceiling: counts[2] },
    level,
    conditionalOn: conditions(counts),
  };
  const undefinedFor = (reason: string, interval?: readonly [number, number]): PgrUndefined => ({
    status: "undefined",
    reason,
    ...base,
    gap: interval === undefined ? { estimate: gap } : { estimate: gap, interval },
  });
  if (drawn[0]!.n === 1) {
    return undefinedFor(
      `one ${groups ? "group of test examples" : "test example"} says nothing about others; test on more`,
    );
  }

  const terms = listTerms(drawn);
  const count = groups ? `n = ${weak.n} in ${drawn[0]!.n} groups` : `n = ${weak.n}`;
  const gapVariance = meanVariance(terms, gapWeights, gapWeights, level);
  // Where no two examples differ in the gap, its standard error is taken as gap / sqrt(n - 1): two examples prove nothing.
  const gapReach = Math.sqrt(
    gapVariance.reach * (gapVariance.uu > rounding ? gapVariance.uu : (gap * gap) / (weak.n - 1)),
  );
  const gapInterval = [gap - gapReach, gap + gapReach] as const;
  if (!(gapInterval[0] > 0)) {
    return undefinedFor(
      `the ceiling (${shown(ceilingMean)}) is not ${gap > 0 ? "clearly " : ""}above the weak teacher ` +
        `(${shown(weakMean)}): gap ${shown(gap)}, ${percent(level)} interval [${gapInterval.map(shown).join(", ")}] ` +
        `from ${count} and ${seedsInWords(counts)}; take a weaker teacher or a better ceiling, ` +
        "more test examples or seeds",
      gapInterval,
    );
  }
  const estimate = (transferMean - weakMean) / gap;
  const variance = meanVariance(terms, [estimate - 1, 1, -estimate], gapWeights, level);
  // Fieller's set {rho: (N - rho D)^2 <= t^2 V(N - rho D)}, written in the distance of rho from the estimate.
  const square = gap * gap - variance.reach * variance.dd;
  if (!(square > 0)) {
    const reach = Math.sqrt(variance.reach * variance.dd);
    return undefinedFor(
      `the gap between the ceiling (${shown(ceilingMean)}) and the weak teacher (${shown(weakMean)}) is too uncertain ` +
        `for a bounded interval: gap ${shown(gap)}, uncertain by ${shown(reach)} at the ${percent(level)} level ` +
        `from ${count} and ${seedsInWords(counts)}; take more test examples or seeds`,
      gapInterval,
    );
  }
  const shift = -variance.reach * variance.ud;
  const spread = Math.sqrt(Math.max(0, shift * shift + square * variance.reach * variance.uu));
  return {
    status: "ok",
    estimate,
    interval: [estimate + (shift - spread) / square, estimate + (shift + spread) / square],
    ...base,
    gap: { estimate: gap, interval: gapInterval },
  };
}

function sameKind(weak: Parsed, field: string, list: Parsed): Parsed {
  const words = { accuracies: "accuracies", examples: "lists of per-example scores" };
  if (list.kind !== weak.kind) {
    throw bad(`"weak" holds ${words[weak.kind]} but "${field}" holds ${words[list.kind]}: pass all three in one form.`);
  }
  if (list.n !== weak.n) {
    throw bad(
      `"weak" has ${weak.n} scores a seed but "${field}" has ${list.n}: ` +
        "all three must be scored on the same test examples in the same order.",
    );
  }
  return list;
}
