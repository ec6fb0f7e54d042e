import { meanVariance } from "./crossed.js";
import { byGroup, parseGroups } from "./groups.js";
import { pValue } from "./reach.js";
import { bad, type Parsed, parseScores, type SeedScores } from "./scores.js";
import { listMean, listTerms, seedCount } from "./terms.js";
import { conditions, percent, seedsInWords, shown } from "./words.js";

/** A variance below this is rounding. */
const rounding = 1e-20;

/** What both outcomes of a share of the gap carry. */
export interface RatioBase {
  /** Number of test examples. */
  readonly n: number;
  /** Number of groups that they were drawn in, where `groups` was given. */
  readonly groups?: number;
  /** Number of seeds; of the shortest list where the lengths differ. */
  readonly seeds: number;
  /** Ceiling minus weak, in accuracy, with its own interval (not clipped; absent where n = 1). */
  readonly gap: { readonly estimate: number; readonly interval?: readonly [low: number, high: number] };
  /** Confidence level. */
  readonly level: number;
  /** What the interval takes as given, in words. Empty where it carries teacher, student, ceiling, seeds and test sampling. */
  readonly conditionalOn: readonly string[];
}

/** A weighted sum of mean scores with its own interval and test, whatever the gap is. */
export interface ScoreDifference {
  readonly estimate: number;
  /** Not clipped. */
  readonly interval: readonly [low: number, high: number];
  /** Two-sided, of the sum being 0. */
  readonly p: number;
}

/**
 * A weighted sum of mean scores by the same variance and reach as {@link shareOfGap}. Undefined where one example or
 * group was drawn. A sum that is the same on every example and not 0 has the standard error sum / sqrt(n - 1).
 */
export function scoreSum(lists: Lists, weights: readonly number[], level: number): ScoreDifference | undefined {
  const drawn = lists.parsed.map((list) => byGroup(list, lists.groups));
  const n = drawn[0]!.n;
  if (n === 1) return undefined;
  const estimate = weights.reduce((total, weight, k) => total + weight * listMean(lists.parsed[k]!), 0);
  const { uu, reach, parts } = meanVariance(listTerms(drawn), weights, weights, level);
  const variance = uu <= rounding && estimate ** 2 > rounding ? estimate ** 2 / (n - 1) : uu;
  const half = Math.sqrt(reach * variance);
  return { estimate, interval: [estimate - half, estimate + half], p: pValue(parts, estimate ** 2 / variance) };
}

/** A difference of mean scores as a share of the gap, or why there is none. */
type Ratio = RatioBase &
  (
    | {
        readonly status: "ok";
        readonly estimate: number;
        readonly interval: readonly [low: number, high: number];
        /** Of the share being 0: the level at which the interval just reaches 0, from 1. */
        p(): number;
      }
    | { readonly status: "undefined"; readonly reason: string }
  );

/** Scores by name, the weak teacher first and the ceiling last, checked and of one kind. */
export interface Lists {
  readonly names: readonly string[];
  readonly parsed: readonly Parsed[];
  readonly counts: readonly number[];
  readonly groups: Int32Array | undefined;
}

/** Checks lists of scores that belong to one experiment. */
export function parseLists(
  scores: Readonly<Record<string, SeedScores>>,
  n: number | undefined,
  groups: ArrayLike<number> | undefined,
): Lists {
  const names = Object.keys(scores);
  const parsed = names.map((name) => parseScores(name, scores[name], n));
  for (const [k, list] of parsed.entries()) sameKind(names, parsed[0] as Parsed, k, list);
  return { names, parsed, counts: parsed.map(seedCount), groups: parseGroups(groups, parsed[0] as Parsed) };
}

/**
 * A weighted sum of mean scores as a share of the gap between the last list and the first: the ratio of means with
 * Fieller's (1954) interval on seeds and examples as crossed random effects.
 *
 * With `doubtful`, a sum that is the same on every example and not 0 has the standard error sum / sqrt(n - 1), as the
 * gap has (n counts groups where there are any): a few examples that agree prove little.
 */
export function shareOfGap(lists: Lists, numerator: readonly number[], level: number, doubtful = false): Ratio {
  const { names, parsed, counts, groups } = lists;
  const means = parsed.map(listMean);
  const [weakMean, ceilingMean] = [means[0] as number, means.at(-1) as number];
  const gap = ceilingMean - weakMean;
  const gapWeights = names.map((_, k) => (k === 0 ? -1 : k === names.length - 1 ? 1 : 0));
  const drawn = parsed.map((list) => byGroup(list, groups));
  const [n, independent] = [parsed[0]?.n as number, drawn[0]?.n as number];
  const base = {
    n,
    ...(groups && { groups: independent }),
    seeds: Math.min(...counts),
    level,
    conditionalOn: conditions(names, counts),
  };
  const undefinedFor = (reason: string, interval?: readonly [number, number]): Ratio => ({
    status: "undefined",
    reason,
    ...base,
    gap: interval === undefined ? { estimate: gap } : { estimate: gap, interval },
  });
  if (independent === 1) {
    return undefinedFor(
      `one ${groups ? "group of test examples" : "test example"} says nothing about others; test on more`,
    );
  }

  const terms = listTerms(drawn);
  const count = groups ? `n = ${n} in ${independent} groups` : `n = ${n}`;
  const gapVariance = meanVariance(terms, gapWeights, gapWeights, level);
  // Where no two examples differ in the gap, its standard error is taken as gap / sqrt(n - 1), n being what was drawn
  // independently, examples or groups: two of them prove nothing.
  const gapUu = gapVariance.uu > rounding ? gapVariance.uu : (gap * gap) / (independent - 1);
  const gapReach = Math.sqrt(gapVariance.reach * gapUu);
  const gapInterval = [gap - gapReach, gap + gapReach] as const;
  if (!(gapInterval[0] > 0)) {
    return undefinedFor(
      `the ceiling (${shown(ceilingMean)}) is not ${gap > 0 ? "clearly " : ""}above the weak teacher ` +
        `(${shown(weakMean)}): gap ${shown(gap)}, ${percent(level)} interval [${gapInterval.map(shown).join(", ")}] ` +
        `from ${count} and ${seedsInWords(names, counts)}; take a weaker teacher or a better ceiling, ` +
        "more test examples or seeds",
      gapInterval,
    );
  }
  const sum = numerator.reduce((total, weight, k) => total + weight * (means[k] as number), 0);
  const estimate = sum / gap;
  const residual = numerator.map((weight, k) => weight - estimate * (gapWeights[k] as number));
  const { reach, parts, ud, dd, ...variance } = meanVariance(terms, residual, gapWeights, level);
  const same = doubtful && meanVariance(terms, numerator, numerator, level).uu <= rounding && sum * sum > rounding;
  const uu = variance.uu + (same ? (sum * sum) / (independent - 1) : 0);
  // Fieller's set {rho: (N - rho D)^2 <= t^2 V(N - rho D)}, written in the distance of rho from the estimate.
  const square = gap * gap - reach * dd;
  if (!(square > 0)) {
    return undefinedFor(
      `the gap between the ceiling (${shown(ceilingMean)}) and the weak teacher (${shown(weakMean)}) is too uncertain ` +
        `for a bounded interval: gap ${shown(gap)}, uncertain by ${shown(Math.sqrt(reach * dd))} at the ` +
        `${percent(level)} level from ${count} and ${seedsInWords(names, counts)}; take more test examples or seeds`,
      gapInterval,
    );
  }
  const shift = -reach * ud;
  const spread = Math.sqrt(Math.max(0, shift * shift + square * reach * uu));
  return {
    status: "ok",
    estimate,
    interval: [estimate + (shift - spread) / square, estimate + (shift + spread) / square],
    ...base,
    gap: { estimate: gap, interval: gapInterval },
    // At rho = 0 the set's inequality reads N^2 <= t^2 V(N).
    p: () => pValue(parts, (sum * sum) / Math.max(0, uu + 2 * estimate * ud + estimate * estimate * dd)),
  };
}

function sameKind(names: readonly string[], first: Parsed, k: number, list: Parsed): void {
  const words = { accuracies: "accuracies", examples: "lists of per-example scores" };
  const all = ["", "", "both", "all three", "all four"][names.length] ?? "all";
  if (list.kind !== first.kind) {
    throw bad(
      `"${names[0]}" holds ${words[first.kind]} but "${names[k]}" holds ${words[list.kind]}: pass ${all} in one form.`,
    );
  }
  if (list.n !== first.n) {
    throw bad(
      `"${names[0]}" has ${first.n} scores a seed but "${names[k]}" has ${list.n}: ` +
        `${all} must be scored on the same test examples in the same order.`,
    );
  }
}
