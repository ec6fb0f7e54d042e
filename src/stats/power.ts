import { bad, parseLevel } from "./scores.js";
import { positivePower, resolvableSize, type Spread, type TestPlan, testPower } from "./test-power.js";
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
  /** Intraclass correlation: how alike the examples of a group are in that difference. Default .03. */
  readonly icc?: number | undefined;
  /**
   * The discordance of teacher and ceiling, at least `gap`. Default .3 (or the gap, where that is more), as in the
   * simulations of docs/statistics.md; it was not measured on the built-in testbeds.
   */
  readonly gapDiscordance?: number | undefined;
  /** Standard deviation of the gap over seeds. Default `seedSd` times the root of 2, that of two independent models. */
  readonly gapSeedSd?: number | undefined;
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
  /**
   * Probability with which the gap is to be accepted and the difference found. Default .8. Not together with all three
   * of the above.
   */
  readonly power?: number | undefined;
  /** Level of the interval that is to leave out 0. Default .95. */
  readonly level?: number | undefined;
  /** How many pairs are compared: each is planned at (1 - level) / comparisons, the first step of `holm`. Default 1. */
  readonly comparisons?: number | undefined;
}

/** A plan: every figure that went in or came out. */
export interface PowerPlan {
  readonly gap: number;
  /** `Infinity` (null in JSON) where with these seeds no number of examples suffices. */
  readonly n: number;
  /** At least 2 where it was computed; `Infinity` where on this many examples no number of seeds suffices. */
  readonly seeds: number;
  /**
   * Of PGR; where it was computed, the minimum detectable difference. `Infinity` where the gap is accepted with a
   * probability below `power`, so that no difference is found as often.
   */
  readonly difference: number;
  /** The same in accuracy (or in the metric): `difference` times `gap`. */
  readonly scoreDifference: number;
  /**
   * Of accepting the gap and finding `difference` with `n` and `seeds`: the product of the two probabilities, as if they
   * were independent. Where a plan is asked for that does not exist, the power asked for.
   */
  readonly power: number;
  /** Probability that the gap is accepted as clearly positive, without which `compare` answers "undefined". */
  readonly accepted: number;
  readonly level: number;
  readonly comparisons: number;
  readonly discordance: number;
  readonly seedSd: number;
  readonly interaction: number;
  readonly groupSize: number;
  readonly icc: number;
  readonly gapDiscordance: number;
  readonly gapSeedSd: number;
}

/**
 * What a difference between two methods' PGRs takes: the test examples or seeds that it needs, the minimum detectable
 * difference with given `n` and `seeds`, or the probability of finding a given one. A planning value, no better than
 * the assumptions it is given.
 *
 * The variance of the difference in accuracy is taken as
 *
 *     V = deff discordance ((1 - interaction) / n + interaction / (n seeds)) + seedSd^2 / seeds
 *     deff = 1 + (groupSize - 1) icc     (Kish 1965)
 *
 * and the test as `compare` makes it. `compare` refuses where the gap is not clearly positive, so the gap's variance is
 * taken likewise (with `gapDiscordance` less gap^2, and `gapSeedSd`), and power is the probability that the gap is
 * accepted times that of finding the difference. Formulas and a check by simulation: docs/statistics.md.
 *
 * @throws WeakToStrongError with code `bad_input` on values out of range, and where two are left out.
 *
 * @example
 * ```ts
 * power({ gap: 0.15, n: 3000, seeds: 5 }).difference; // the minimum detectable difference
 * power({ gap: 0.15, seeds: 5, difference: 0.1 }).n; // the test examples that it takes
 * ```
 */
export function power(input: PowerInput): PowerPlan {
  const level = parseLevel(input.level);
  const gap = number("gap", input.gap, (x) => x > 0 && x <= 1, "above 0 and at most 1");
  const seedSd = number("seedSd", input.seedSd ?? 0.01, (x) => x >= 0 && x <= 1, "from 0 to 1");
  const assumed = {
    gap,
    discordance: number("discordance", input.discordance ?? 0.12, (x) => x > 0 && x <= 1, "above 0 and at most 1"),
    seedSd,
    interaction: number("interaction", input.interaction ?? 0.6, (x) => x >= 0 && x <= 1, "from 0 to 1"),
    groupSize: number("groupSize", input.groupSize ?? 1, (x) => x >= 1 && x < 1e9, "of at least 1"),
    icc: number("icc", input.icc ?? 0.03, (x) => x >= 0 && x <= 1, "from 0 to 1"),
    gapDiscordance: number(
      "gapDiscordance",
      input.gapDiscordance ?? Math.max(0.3, gap),
      (x) => x >= gap && x <= 1,
      "of at least the gap and at most 1",
    ),
    gapSeedSd: number("gapSeedSd", input.gapSeedSd ?? seedSd * Math.SQRT2, (x) => x >= 0 && x <= 2, "from 0 to 2"),
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
  const planOf = (n: number, seeds: number, tests: number): TestPlan => ({
    n: Math.max(2, n / assumed.groupSize),
    seeds,
    alpha: (1 - level) / tests,
  });
  const accepted = (n: number, seeds: number) => {
    return positivePower(gapSpreadOf(assumed, n, seeds), planOf(n, seeds, 1), gap);
  };
  const found = (n: number, seeds: number, size: number) => {
    return testPower(spreadOf(assumed, n, seeds), planOf(n, seeds, assumed.comparisons), size * gap);
  };
  const both = (n: number, seeds: number, size: number) => found(n, seeds, size) * accepted(n, seeds);
  if (difference === undefined) {
    const [clear, plan] = [accepted(n!, seeds!), planOf(n!, seeds!, assumed.comparisons)];
    const size =
      clear > target
        ? resolvableSize(spreadOf(assumed, n!, seeds!), plan, target / clear) / gap
        : Number.POSITIVE_INFINITY;
    return planned(assumed, { n: n!, seeds: seeds!, difference: size, power: target, accepted: clear });
  }
  const needed = {
    n: n ?? smallest(2, 1e9, (x) => both(x, seeds!, difference) >= target),
    seeds: seeds ?? smallest(2, 1e4, (x) => both(n!, x, difference) >= target),
    difference,
  };
  const [large, many] = [Math.min(needed.n, 1e9), Math.min(needed.seeds, 1e4)];
  const reached = Number.isFinite(needed.n + needed.seeds) ? both(large, many, difference) : target;
  return planned(assumed, { ...needed, power: reached, accepted: accepted(large, many) });
}

type Assumed = Required<{ [K in keyof PlanningAssumptions]: number }> & {
  readonly gap: number;
  readonly comparisons: number;
  readonly level: number;
};

function planned(
  { gap, level, comparisons, ...assumptions }: Assumed,
  plan: Pick<PowerPlan, "n" | "seeds" | "difference" | "power" | "accepted">,
): PowerPlan {
  return { gap, ...plan, scoreDifference: plan.difference * gap, level, comparisons, ...assumptions };
}

function spreadOf(assumed: Assumed, n: number, seeds: number): Spread {
  return parts(assumed, assumed.discordance, assumed.seedSd, n, seeds);
}

/** That of the gap, whose square is no small part of its mean square. */
function gapSpreadOf(assumed: Assumed, n: number, seeds: number): Spread {
  return parts(assumed, assumed.gapDiscordance - assumed.gap ** 2, assumed.gapSeedSd, n, seeds);
}

function parts(
  { interaction, groupSize, icc }: Assumed,
  variance: number,
  seedSd: number,
  n: number,
  seeds: number,
): Spread {
  const perExample = (variance * (1 + (groupSize - 1) * icc)) / n;
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
