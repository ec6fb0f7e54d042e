import { compare } from "../stats/compare.js";
import { holm } from "../stats/holm.js";
import { type PowerPlan, power } from "../stats/power.js";
import { type MeasuredResolution, measuredResolution } from "../stats/resolution.js";
import type { Plan } from "./plan.js";
import type { MethodComparison } from "./record.js";

/** Per-example scores over seeds, by method. */
type Scores = readonly Float64Array[];

/** What comparisons need of a finished experiment. */
export interface Measured {
  readonly weak: Scores;
  readonly ceiling: Scores;
  /** Methods that failed with no seed, in the order of the record. */
  readonly methods: readonly { readonly name: string; readonly scores: Scores }[];
  readonly groups: Int32Array | undefined;
}

/** All pairs of methods. A pair without a p-value counts in the family as one that found nothing. */
export function comparisonsOf({ weak, ceiling, methods, groups }: Measured): readonly MethodComparison[] {
  const pairs = pairsOf(methods).map(([a, b]) => {
    const difference = compare({ weak, a: a.scores, b: b.scores, ceiling, groups });
    return { a: a.name, b: b.name, difference };
  });
  const adjusted = holm(pairs.map(({ difference }) => (difference.status === "ok" ? difference.p : 1)));
  const ofScores = holm(pairs.map(({ difference }) => difference.scoreDifference?.p ?? 1));
  return pairs.map((pair, i) => {
    const scorePHolm = pair.difference.scoreDifference ? ofScores[i]! : null;
    if (pair.difference.status === "undefined") return { ...pair, pHolm: null, distinguishable: null, scorePHolm };
    const pHolm = adjusted[i]!;
    return { ...pair, pHolm, distinguishable: pHolm < 1 - pair.difference.level, scorePHolm };
  });
}

/** The minimum detectable difference by the variances measured; absent without a pair or a clear gap. */
export function resolutionOf({ weak, ceiling, methods, groups }: Measured): MeasuredResolution | undefined {
  const pairs = pairsOf(methods).map(([a, b]) => ({ a: a.scores, b: b.scores }));
  return measuredResolution({ weak, ceiling, pairs, groups });
}

/** The gap that is assumed before anything is measured: about the median of those in docs/results.md (.13, .19, .23). */
const assumedGap = 0.15;

/**
 * The minimum detectable difference of an experiment, before it runs. Absent with one method, and for other metrics than
 * accuracy, of which the assumptions are.
 */
export function plannedResolution({
  methods,
  metric,
  seeds,
  testbed,
}: Pick<Plan, "methods" | "metric" | "seeds" | "testbed">): PowerPlan | undefined {
  const comparisons = (methods.length * (methods.length - 1)) / 2;
  const { ids, groups } = testbed.splits.test;
  const n = ids.length;
  if (comparisons === 0 || n < 2 || metric.name !== "accuracy") return undefined;
  return power({ gap: assumedGap, n, seeds: seeds.length, comparisons, groupSize: groupSizeOf(n, groups) });
}

/** How many examples an example's group has, averaged over the examples; a negative number is a group of its own. */
function groupSizeOf(n: number, groups: Int32Array | undefined): number {
  if (!groups) return 1;
  const sizes = new Map<number, number>();
  for (const group of groups) if (group >= 0) sizes.set(group, (sizes.get(group) ?? 0) + 1);
  return groups.reduce((sum, group) => sum + (sizes.get(group) ?? 1), 0) / n;
}

function pairsOf<T>(list: readonly T[]): [T, T][] {
  return list.flatMap((a, i) => list.slice(i + 1).map((b): [T, T] => [a, b]));
}
