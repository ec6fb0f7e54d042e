import { meanVariance } from "./crossed.js";
import { byGroup, parseGroups } from "./groups.js";
import { parseLevel, parseScores, type SeedScores } from "./scores.js";
import { listMean, listTerms, seedCount } from "./terms.js";
import { conditions } from "./words.js";

/** Mean score of one method with its interval. */
export interface MeanInterval {
  /** Mean over seeds and test examples. */
  readonly estimate: number;
  /** Interval at `level`, inside [0, 1]. */
  readonly interval: readonly [low: number, high: number];
  /** Number of test examples. */
  readonly n: number;
  /** Number of seeds. */
  readonly seeds: number;
  /** Confidence level. */
  readonly level: number;
  /** What the interval takes as given, in words: the seed, where there is one only. */
  readonly conditionalOn: readonly string[];
}

/**
 * Interval for the mean score of one method over seeds and test examples, the same crossed design as in `pgr`.
 *
 * Wilson's (1927) score interval at the effective sample size p (1 - p) / V, V being the variance of the mean: it stays
 * inside [0, 1] and does not collapse where everything is right (or wrong). Formula: docs/statistics.md.
 *
 * @param scores - Over seeds: accuracies (then with `n`), or lists of per-example scores on one test set.
 * @param options - `n`: number of test examples; `groups`: as in `pgr`; `level`: default .95.
 * @throws WeakToStrongError with code `bad_input`, as `pgr`.
 */
export function meanInterval(
  scores: SeedScores,
  options: {
    readonly n?: number | undefined;
    readonly groups?: ArrayLike<number> | undefined;
    readonly level?: number | undefined;
  } = {},
): MeanInterval {
  const level = parseLevel(options.level);
  const list = parseScores("scores", scores, options.n);
  const drawn = byGroup(list, parseGroups(options.groups, list));
  const seeds = seedCount(list);
  const p = listMean(list);
  const base = { estimate: p, n: list.n, seeds, level, conditionalOn: seeds === 1 ? conditions(["scores"], [1]) : [] };
  if (drawn.n === 1) return { ...base, interval: [0, 1] };
  const { uu: variance, reach } = meanVariance(listTerms([drawn]), [1], [1], level);
  const spread = p * (1 - p);
  // No spread at all: as many effective examples as a single seed would have.
  const inverse = spread > 0 ? variance / spread : 1 / (drawn.n - 1);
  const widening = reach * inverse;
  const centre = (p + widening / 2) / (1 + widening);
  const half = Math.sqrt(reach * variance + (widening * widening) / 4) / (1 + widening);
  return { ...base, interval: [Math.max(0, centre - half), Math.min(1, centre + half)] };
}
