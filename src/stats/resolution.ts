import type { Matrix } from "./crossed.js";
import { byGroup, parseGroups } from "./groups.js";
import { shareOfGap } from "./ratio.js";
import type { Parsed } from "./scores.js";
import { listTerms } from "./terms.js";
import { resolvableSize } from "./test-power.js";

/** The minimum detectable difference of PGR by the variances that were measured. */
export interface MeasuredResolution {
  /**
   * Of PGR, found with probability `power` where the gap is accepted: of the median pair of methods, and of the pairs where
   * it is least and most. Pairs without any variance are left out.
   */
  readonly difference: number;
  readonly least: number;
  readonly most: number;
  readonly power: number;
  readonly level: number;
  /** Pairs, each planned at (1 - level) / comparisons. */
  readonly comparisons: number;
  /** The measured gap that it is a share of, in the metric. */
  readonly gap: number;
}

/** What {@link measuredResolution} needs: per-example scores over seeds. */
interface Input {
  readonly weak: Matrix;
  readonly ceiling: Matrix;
  readonly pairs: readonly { readonly a: Matrix; readonly b: Matrix }[];
  readonly groups: Int32Array | undefined;
}

/**
 * The smallest difference of PGR that another experiment of the same size would find, each pair having the parts of the
 * variance that this one measured, from the same computation as `power`. It depends on the variances only, not on the
 * differences that were found, so that it is no second reading of the p-values.
 *
 * @returns Nothing where there is no pair with variance, one group, or no clearly positive gap (where PGR is undefined).
 */
export function measuredResolution({ weak, ceiling, pairs, groups }: Input): MeasuredResolution | undefined {
  const [power, level] = [0.8, 0.95];
  const ends = [parsed(weak), parsed(ceiling)];
  const numbers = parseGroups(groups, ends[0]!);
  const names = ["weak", "ceiling"];
  const counts = [weak.length, ceiling.length];
  const ofGap = shareOfGap({ names, parsed: ends, counts, groups: numbers }, [0, 0], level);
  if (ofGap.status === "undefined") return undefined;
  const gap = ofGap.gap.estimate;
  const independent = ofGap.groups ?? ofGap.n;
  const sizes = pairs.map(({ a, b }) => {
    const { examples, seedTerms } = listTerms([a, b].map((list) => byGroup(parsed(list), numbers)));
    const of = (part: readonly (readonly number[])[]) => part[0]![0]! + part[1]![1]! - 2 * part[0]![1]!;
    const [e, term] = [of(examples), seedTerms[0]];
    const plan = { n: independent, seeds: a.length, alpha: (1 - level) / pairs.length };
    if (term === undefined) return resolvableSize({ examples: e, seeds: 0, interaction: 0 }, plan, power);
    const r = of(term.interaction);
    const spread = { examples: Math.max(0, e - r), seeds: Math.max(0, of(term.seeds) - r), interaction: r };
    return resolvableSize(spread, plan, power);
  });
  const sorted = sizes
    .filter((size) => size > 0)
    .map((size) => size / gap)
    .sort((one, other) => one - other);
  if (sorted.length === 0) return undefined;
  const [least, most] = [sorted[0]!, sorted.at(-1)!];
  const middle = sorted.length >> 1;
  const difference = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { difference, least, most, power, level, comparisons: pairs.length, gap };
}

function parsed(matrix: Matrix): Parsed {
  return { kind: "examples", matrix, n: matrix[0]!.length };
}
