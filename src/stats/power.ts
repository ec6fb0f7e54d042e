import { bad, parseLevel } from "./scores.js";
import { resolvableSize, type Spread, type TestPlan, testPower } from "./test-power.js";
import { shown } from "./words.js";

/**
 * What is assumed of two methods before anything is measured. The defaults are rounded from the pairs of methods on the
 * built-in testbeds (docs/statistics.md, "Power"); what they predict for a single pair can be off by a factor of four.
 */
export interface PlanningAssumptions {
  /**
   * Share of test examples on which exactly one of the two methods is right, with one seed; for another metric than
   * accuracy the mean square of the difference of the two scores. Default .12.
   */
  readonly discordance?: number | undefined;
  /** Standard deviation over seeds of the difference in accuracy between the two, test sampling apart. Default .01. */
  readonly seedSd?: number | undefined;
  /** Share of the discordance that every seed draws anew; the rest is the same examples with each seed. Default .6. */
  readonly interaction?: number | undefined;
  /**
   * Where test examples come in groups (sentences of a document): how many an example's group has, averaged over the
   * examples. Default 1, no groups.
   */
  readonly groupSize?: number | undefined;
  /** How alike the examples of a group are in that difference: their intraclass correlation. Default .03. */
  readonly likeness?: number | undefined;
}

/** Input of {@link power}: leave out one of `n`, `seeds` and `difference` to have it computed, or none. */
export interface PowerInput extends PlanningAssumptions {
  /** Ceiling minus weak that is expected, in accuracy, above 0 and at most 1. */
  readonly gap: number;
  /** Test examples, at least 2. */
  readonly n?: number | undefined;
  /** At least 1; with one seed everything is conditional on it. */
  readonly seeds?: number | undefined;
  /** True difference of the two PGRs, above 0. */
  readonly difference?: number | undefined;
  /** Probability with which the difference is to be found. Default .8. Not together with all three of the above. */
  readonly power?: number | undefined;
  /** Level of the interval that is to leave out 0. Default .95. */
  readonly level?: number | undefined;
  /** How many pairs are compared: each is planned at (1 - level) / comparisons, the first step of `holm`. Default 1. */
  readonly comparisons?: number | undefined;
}

/** A plan: every figure that went in or came out. */
export interface PowerPlan {
  readonly gap: number;
  /** `Infinity` where with these seeds no number of examples suffices. */
  readonly n: number;
  /** `Infinity` where on this many examples no number of seeds suffices. */
  readonly seeds: number;
  /** Of PGR. */
  readonly difference: number;
  /** The same in accuracy (or in the metric): `difference` times `gap`. */
  readonly scoreDifference: number;
  /** Of finding `difference` with `n` and `seeds`. */
  readonly power: number;
  readonly level: number;
  readonly comparisons: number;
  readonly discordance: number;
  readonly seedSd: number;
  readonly interaction: number;
  readonly groupSize: number;
  readonly likeness: number;
}

/**
 * What a difference between two methods' PGRs takes: the test examples or seeds that it needs, the smallest difference
 * that given `n` and `seeds` resolve, or the probability of finding a given one. A planning value, no better than the
 * assumptions it is given.
 *
 * The variance of the difference in accuracy is taken as
 *
 *     V = deff discordance ((1 - interaction) / n + interaction / (n seeds)) + seedSd^2 / seeds
 *     deff = 1 + (groupSize - 1) likeness     (Kish 1965)
 *
 * and the test as `compare` makes it. The uncertainty of the gap plays no part in a test of equality. Formulas and a
 * check by simulation: docs/statistics.md.
 *
 * @throws WeakToStrongError with code `bad_input` on values out of range, and where two are left out.
 *
 * @example
 * ```ts
 * power({ gap: 0.15, n: 3000, seeds: 5 }).difference; // the smallest that these resolve
 * power({ gap: 0.15, seeds: 5, difference: 0.1 }).n; // the test examples that it takes
 * ```
 */
export function power(input: PowerInput): PowerPlan {
  const level = parseLevel(input.level);
  const assumed = {
    gap: number("gap", input.gap, (x) => x > 0 && x <= 1, "above 0 and at most 1"),
    discordance: number("discordance", input.discordance ?? 0.12, (x) => x > 0 && x <= 1, "above 0 and at most 1"),
    seedSd: number("seedSd", input.seedSd ?? 0.01, (x) => x >= 0 && x <= 1, "from 0 to 1"),
    interaction: number("interaction", input.interaction ?? 0.6, (x) => x >= 0 && x <= 1, "from 0 to 1"),
    groupSize: number("groupSize", input.groupSize ?? 1, (x) => x >= 1 && x < 1e9, "of at least 1"),
    likeness: number("likeness", input.likeness ?? 0.03, (x) => x >= 0 && x <= 1, "from 0 to 1"),
    comparisons: whole("comparisons", input.comparisons ?? 1, 1),
    level,
  };
  const n = input.n === undefined ? undefined : whole("n", input.n, 2);
  const seeds = input.seeds === undefined ? undefined : whole("seeds", input.seeds, 1);
  const difference =
    input.difference === undefined
      ? undefined
      : number("difference", input.difference, (x) => x > 0 && x < Number.POSITIVE_INFINITY, "above 0");
  const target = number("power", input.power ?? 0.8, (x) => x > 0 && x < 1, "strictly between 0 and 1");
  const missing = Object.entries({ n, seeds, difference }).filter(([, value]) => value === undefined);
  if (missing.length > 1) {
    const names = missing.map(([name]) => `"${name}"`).join(" and ");
    throw bad(`power: ${names} are missing; give all of "n", "seeds" and "difference" but one, or all three.`);
  }
  if (missing.length === 0 && input.power !== undefined) {
    throw bad('power: "n", "seeds", "difference" and "power" are all given; leave out the one that is to be computed.');
  }
  const alpha = (1 - level) / assumed.comparisons;
  const planOf = (n: number, seeds: number): TestPlan => ({ n: Math.max(2, n / assumed.groupSize), seeds, alpha });
  const found = (n: number, seeds: number, difference: number): number => {
    return testPower(spreadOf(assumed, n, seeds), planOf(n, seeds), difference * assumed.gap);
  };
  if (difference === undefined) {
    const size = resolvableSize(spreadOf(assumed, n!, seeds!), planOf(n!, seeds!), target) / assumed.gap;
    return planned(assumed, n!, seeds!, size, target);
  }
  const neededN = n ?? smallest(2, 1e9, (x) => found(x, seeds!, difference) >= target);
  const neededSeeds = seeds ?? smallest(2, 1e4, (x) => found(n!, x, difference) >= target);
  const reached = Number.isFinite(neededN + neededSeeds) ? found(neededN, neededSeeds, difference) : target;
  return planned(assumed, neededN, neededSeeds, difference, reached);
}

type Assumed = Required<{ [K in keyof PlanningAssumptions]: number }> & {
  readonly gap: number;
  readonly comparisons: number;
  readonly level: number;
};

function planned(assumed: Assumed, n: number, seeds: number, difference: number, power: number): PowerPlan {
  const { gap, level, comparisons, ...assumptions } = assumed;
  return { gap, n, seeds, difference, scoreDifference: difference * gap, power, level, comparisons, ...assumptions };
}

function spreadOf(assumed: Assumed, n: number, seeds: number): Spread {
  const { discordance, seedSd, interaction, groupSize, likeness } = assumed;
  const perExample = (discordance * (1 + (groupSize - 1) * likeness)) / n;
  return {
    examples: perExample * (1 - interaction),
    seeds: seeds === 1 ? 0 : seedSd ** 2 / seeds,
    interaction: (perExample * interaction) / seeds,
  };
}

/**
 * The smallest whole number that is enough, or `Infinity`. Looked for in steps of 5% from below: with few seeds more
 * examples can lower the power a little, so that being enough at the end says nothing about what comes before.
 */
function smallest(from: number, to: number, enough: (x: number) => boolean): number {
  let low = from - 1;
  for (let high = from; ; high = Math.min(to, Math.ceil(high * 1.05))) {
    if (!enough(high)) {
      if (high === to) return Number.POSITIVE_INFINITY;
      low = high;
      continue;
    }
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (enough(middle)) high = middle;
      else low = middle;
    }
    return high;
  }
}

function number(name: string, value: unknown, valid: (x: number) => boolean, range: string): number {
  if (typeof value === "number" && valid(value)) return value;
  throw bad(`power: "${name}" must be a number ${range}, found ${typeof value === "number" ? shown(value) : value}.`);
}

function whole(name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw bad(`power: "${name}" must be a whole number of at least ${least}, found ${value}.`);
}
