import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pgr } from "../../src/stats/pgr.js";
import { type PowerInput, power } from "../../src/stats/power.js";
import { measuredResolution } from "../../src/stats/resolution.js";
import { resolvableSize, testPower } from "../../src/stats/test-power.js";
import { scored } from "./generate.js";

const plans = fc.record({
  gap: fc.double({ min: 0.05, max: 0.4, noNaN: true }),
  n: fc.integer({ min: 100, max: 20_000 }),
  seeds: fc.integer({ min: 2, max: 20 }),
  difference: fc.double({ min: 0.02, max: 0.8, noNaN: true }),
  discordance: fc.double({ min: 0.02, max: 0.5, noNaN: true }),
  seedSd: fc.double({ min: 0, max: 0.05, noNaN: true }),
  interaction: fc.double({ min: 0, max: 1, noNaN: true }),
  comparisons: fc.integer({ min: 1, max: 30 }),
});

describe("laws of power", () => {
  test("it grows with seeds, difference and gap, and falls with seed SD and pairs; with one pair it grows with n too, but for a trifle", () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const at = (change: Partial<PowerInput>) => power({ ...plan, ...change }).power;
        const here = at({});
        // Far below, power is nearly the size of the test, which depends on the parts of the variance in its own way.
        fc.pre(here > 0.3);
        for (const more of [{ seeds: plan.seeds + 1 }, { difference: plan.difference * 1.3 }, { gap: plan.gap * 1.3 }])
          expect(at(more)).toBeGreaterThanOrEqual(here - 1e-6);
        for (const less of [{ seedSd: plan.seedSd * 1.5 }, { comparisons: plan.comparisons + 5 }])
          expect(at(less)).toBeLessThanOrEqual(here + 1e-6);
        // With a small share of the seeds, more examples make their few degrees of freedom count for more.
        const pair = at({ comparisons: 1 });
        for (const change of [{ n: plan.n * 2 }, { discordance: plan.discordance / 1.5 }])
          expect(at({ ...change, comparisons: 1 })).toBeGreaterThanOrEqual(pair - (plan.seeds < 5 ? 0.05 : 1e-3));
      }),
    );
  });

  test("the smallest difference has the power that was asked for", () => {
    fc.assert(
      fc.property(plans, fc.double({ min: 0.3, max: 0.98, noNaN: true }), ({ difference: _, ...plan }, target) => {
        const found = power({ ...plan, power: target });
        expect(Number.isFinite(found.difference)).toBe(found.accepted > target);
        fc.pre(found.difference < 1e6);
        expect(found.scoreDifference).toBeCloseTo(found.difference * plan.gap, 12);
        expect(power({ ...plan, difference: found.difference }).power).toBeCloseTo(target, 5);
      }),
    );
  });

  test("the examples and seeds that are needed are enough, and one fewer is not", () => {
    fc.assert(
      fc.property(plans, ({ n, seeds, ...plan }) => {
        const examples = power({ ...plan, seeds }).n;
        if (Number.isFinite(examples)) {
          expect(power({ ...plan, seeds, n: examples }).power).toBeGreaterThanOrEqual(0.8);
          if (examples > 2) expect(power({ ...plan, seeds, n: examples - 1 }).power).toBeLessThan(0.8);
        } else expect(power({ ...plan, seeds, n: 1e9 }).power).toBeLessThan(0.8);
        const runs = power({ ...plan, n }).seeds;
        if (Number.isFinite(runs)) {
          expect(power({ ...plan, n, seeds: runs }).power).toBeGreaterThanOrEqual(0.8);
          if (runs > 2) expect(power({ ...plan, n, seeds: runs - 1 }).power).toBeLessThan(0.8);
        } else expect(power({ ...plan, n, seeds: 10_000 }).power).toBeLessThan(0.8);
      }),
      { numRuns: 30 },
    );
  });

  test("no difference is found as often as the level allows, or less", () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const found = power({ ...plan, comparisons: 1, difference: 1e-12 }).power;
        // Two seeds with a large seed effect are somewhat short (docs/statistics.md, "How far to reach").
        expect(found).toBeLessThan(plan.seeds === 2 ? 0.075 : 0.062);
      }),
    );
  });
});

describe("power", () => {
  test("with examples alone it is that of the normal test, from the textbook", () => {
    // One seed: (z_.975 + z_.8) sqrt(discordance / n) / gap, and Student's t is the normal quantile here.
    const { difference } = power({ gap: 0.2, n: 1e6, seeds: 1, discordance: 0.1 });
    expect(difference).toBeCloseTo((2.8015852 * Math.sqrt(0.1 / 1e6)) / 0.2, 5);
  });

  test("with seeds alone it is that of Student's t test, by scipy", () => {
    const plan = { n: 1e9, alpha: 0.05 };
    const seedsOnly = (seeds: number, effect: number) =>
      testPower({ examples: 0, seeds: 1 / seeds, interaction: 0 }, { ...plan, seeds }, effect);
    for (const [seeds, effect, expected] of SCIPY) expect(seedsOnly(seeds, effect)).toBeCloseTo(expected, 4);
  });

  test("nothing varies: everything is found", () => {
    expect(resolvableSize({ examples: 0, seeds: 0, interaction: 0 }, { n: 10, seeds: 3, alpha: 0.05 }, 0.8)).toBe(0);
  });

  test("says everything that went in, defaults among it", () => {
    expect(power({ gap: 0.15, n: 3000, seeds: 5 })).toEqual({
      gap: 0.15,
      n: 3000,
      seeds: 5,
      difference: expect.closeTo(0.137, 3),
      scoreDifference: expect.closeTo(0.0205, 4),
      power: 0.8,
      accepted: expect.closeTo(1, 9),
      level: 0.95,
      comparisons: 1,
      discordance: 0.12,
      seedSd: 0.01,
      interaction: 0.6,
      groupSize: 1,
      icc: 0.03,
      gapDiscordance: 0.3,
      gapSeedSd: expect.closeTo(0.01 * Math.SQRT2, 12),
    });
  });

  test("a gap that is seldom accepted is seldom found anything of", () => {
    const plan = { gap: 0.02, n: 300, seeds: 3 };
    const { accepted, power: found } = power({ ...plan, difference: 5 });
    expect(accepted).toBeLessThan(0.2);
    expect(found).toBeLessThanOrEqual(accepted);
    expect(power(plan).difference).toBe(Number.POSITIVE_INFINITY);
    expect(power({ ...plan, n: undefined, difference: 5 }).n).toBeGreaterThan(1000);
  });

  test("what is accepted is what the simulation accepted, for its parts of the variance", () => {
    // docs/statistics.md: gap, n, seeds, seed SD of the gap, share of runs undefined; discordance .30, interaction .73.
    for (const [gap, n, seeds, gapSeedSd, refused] of [
      [0.2, 300, 3, 0.021, 0.008],
      [0.2, 1000, 5, 0.021, 0],
      [0.05, 1000, 3, 0, 0.195],
      [0.05, 1000, 3, 0.021, 0.574],
      [0.05, 1000, 5, 0.021, 0.168],
    ] as const) {
      const { accepted } = power({ gap, n, seeds, difference: 1, interaction: 0.73, gapDiscordance: 0.3, gapSeedSd });
      expect(Math.abs(1 - accepted - refused), `gap ${gap}, ${n} examples, ${seeds} seeds`).toBeLessThan(0.07);
    }
  });

  test("Infinity where the other is what lacks", () => {
    expect(power({ gap: 0.15, seeds: 3, difference: 0.05 }).n).toBe(Number.POSITIVE_INFINITY);
    expect(power({ gap: 0.15, n: 200, difference: 0.05 }).seeds).toBe(Number.POSITIVE_INFINITY);
  });

  test.each<[string, object, RegExp]>([
    ["two left out", { n: undefined, seeds: undefined, difference: 0.1 }, /"n" and "seeds" are missing; give all of/],
    ["none left out, and a power", { difference: 0.1, power: 0.8 }, /are all given; leave out the one/],
    ["no gap", { gap: 0 }, /"gap" must be a number above 0 and at most 1, found 0/],
    ["half an example", { n: 10.5 }, /"n" must be a whole number of at least 2, found 10\.5/],
    ["no seeds", { seeds: 0 }, /"seeds" must be a whole number of at least 1, found 0/],
    ["a discordance below the gap", { gapDiscordance: 0.1 }, /"gapDiscordance" must be a number of at least the gap/],
    ["power in percent", { power: 80 }, /"power" must be a number strictly between 0 and 1/],
    ["a share above 1", { interaction: 2 }, /"interaction" must be a number from 0 to 1/],
  ])("%s is refused", (_, change, words) => {
    expect(() => power({ gap: 0.15, n: 1000, seeds: 5, ...change })).toThrow(words);
  });
});

describe("what the variances measured would let a test find", () => {
  const answers = scored(21, 4, 600, [0.6, 0.8, 0.85]);
  const other = scored(22, 4, 600, [0.6, 0.78, 0.85]).transfer;
  const typed = (list: number[][]) => list.map((row) => Float64Array.from(row));
  const [weak, a, b, ceiling] = [answers.weak, answers.transfer, other, answers.ceiling].map(typed) as [
    Float64Array[],
    Float64Array[],
    Float64Array[],
    Float64Array[],
  ];

  test("does not depend on how far apart the methods are", () => {
    const groups = undefined;
    const here = measuredResolution({ weak, ceiling, pairs: [{ a, b }], groups })!;
    const lower = b.map((row) => row.map((x) => x * 0.999 + 0.0005));
    const there = measuredResolution({ weak, ceiling, pairs: [{ a, b: lower }], groups })!;
    expect(there.difference / here.difference).toBeCloseTo(1, 2);
    expect(here).toMatchObject({ comparisons: 1, power: 0.8, level: 0.95 });
    expect(here.least).toBe(here.difference);
    expect(here.most).toBe(here.difference);
  });

  test("grows with the number of pairs, and is the median over them", () => {
    const pairs = [
      { a, b },
      { a, b: a },
      { a: weak, b },
    ];
    const found = measuredResolution({ weak, ceiling, pairs, groups: undefined })!;
    // The two that are the same have no variance, and so nothing that could be missed.
    expect(found.least).toBeGreaterThan(0);
    expect(found.comparisons).toBe(3);
    expect(found.difference).toBeCloseTo((found.least + found.most) / 2, 12);
    expect(measuredResolution({ weak, ceiling, pairs: [{ a, b: a }], groups: undefined })).toBeUndefined();
    const one = measuredResolution({ weak, ceiling, pairs: [{ a, b }], groups: undefined })!;
    expect(found.most).toBeGreaterThan(one.difference);
  });

  test("is absent without a pair, a gap or a second group", () => {
    const pairs = [{ a, b }];
    expect(measuredResolution({ weak, ceiling, pairs: [], groups: undefined })).toBeUndefined();
    expect(measuredResolution({ weak: ceiling, ceiling: weak, pairs, groups: undefined })).toBeUndefined();
    // Above, but not clearly: PGR is undefined there.
    const barely = weak.map((row) => row.map((x, i) => (i < 2 ? 1 : x)));
    expect(pgr({ weak, transfer: a, ceiling: barely })).toMatchObject({ status: "undefined" });
    expect(measuredResolution({ weak, ceiling: barely, pairs, groups: undefined })).toBeUndefined();
    expect(measuredResolution({ weak, ceiling, pairs, groups: new Int32Array(600) })).toBeUndefined();
  });
});

/** scipy 1.17.1, noncentral t, two-sided at .05: seeds, effect in standard deviations, power. */
const SCIPY: [number, number, number][] = [
  [3, 2, 0.47074943],
  [5, 1, 0.40138992],
  [5, 1.68, 0.79912487],
  [10, 0.9, 0.71718122],
  [16, 0.7, 0.74454861],
];
