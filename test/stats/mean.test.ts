import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crossedTerms, meanVariance } from "../../src/stats/crossed.js";
import { meanInterval } from "../../src/stats/mean.js";
import { scored } from "./generate.js";

const answers = fc
  .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 60 }))
  .chain(([seeds, n]) =>
    fc.array(fc.array(fc.constantFrom(0, 1), { minLength: n, maxLength: n }), { minLength: seeds, maxLength: seeds }),
  );

describe("meanInterval", () => {
  test("is Wilson's interval with a t quantile for one seed", () => {
    // By hand for 70 of 100 right with t = 1.9842169515864174 (scipy: t.ppf(.975, 99)) and 99 for the sample size.
    const { estimate, interval, n, seeds } = meanInterval([Array.from({ length: 100 }, (_, i) => (i < 70 ? 1 : 0))]);
    const square = 1.9842169515864174 ** 2;
    const centre = (0.7 + square / 198) / (1 + square / 99);
    const half = Math.sqrt((square * 0.21) / 99 + (square / 198) ** 2) / (1 + square / 99);
    expect(estimate).toBe(0.7);
    expect(interval[0]).toBeCloseTo(centre - half, 12);
    expect(interval[1]).toBeCloseTo(centre + half, 12);
    expect([n, seeds]).toEqual([100, 1]);
    expect(meanInterval([0.7], { n: 100 }).interval[0]).toBeCloseTo(interval[0], 12);
  });

  test("stays inside [0, 1], holds the estimate, and mirrors when right and wrong are exchanged", () => {
    fc.assert(
      fc.property(answers, (scores) => {
        const { estimate, interval } = meanInterval(scores);
        expect(interval[0]).toBeGreaterThanOrEqual(0);
        expect(interval[1]).toBeLessThanOrEqual(1);
        expect(interval[0]).toBeLessThanOrEqual(estimate + 1e-12);
        expect(interval[1]).toBeGreaterThanOrEqual(estimate - 1e-12);
        const mirrored = meanInterval(scores.map((row) => row.map((score) => 1 - score))).interval;
        expect(mirrored[0]).toBeCloseTo(1 - interval[1], 9);
        expect(mirrored[1]).toBeCloseTo(1 - interval[0], 9);
      }),
    );
  });

  test("does not collapse where everything is right, and knows nothing from one example", () => {
    const all = meanInterval([new Uint8Array(50).fill(1), new Uint8Array(50).fill(1)]);
    expect(all.interval[0]).toBeGreaterThan(0.9);
    expect(all.interval[0]).toBeLessThan(0.95);
    expect(all.interval[1]).toBe(1);
    expect(meanInterval([[1], [1]]).interval).toEqual([0, 1]);
  });

  test("one seed is said to be one seed", () => {
    expect(meanInterval([0.7], { n: 100 }).conditionalOn).toHaveLength(1);
    expect(meanInterval([0.7, 0.8], { n: 100 }).conditionalOn).toEqual([]);
  });
});

describe("the variance of a crossed design", () => {
  const rows = (lists: number[][]) => lists.map((row) => Float64Array.from(row));

  test("takes the quantile of the only component there is", () => {
    // Examples do not differ, seeds do: t with S - 1 = 2 degrees of freedom; and the other way round with n - 1 = 2.
    const seeds = meanVariance(
      crossedTerms([
        rows([
          [0.1, 0.1, 0.1],
          [0.5, 0.5, 0.5],
          [0.6, 0.6, 0.6],
        ]),
      ]),
      [1],
      [1],
      0.95,
    );
    const examples = meanVariance(
      crossedTerms([
        rows([
          [0.1, 0.5, 0.6],
          [0.1, 0.5, 0.6],
        ]),
      ]),
      [1],
      [1],
      0.95,
    );
    expect(Math.sqrt(seeds.reach)).toBeCloseTo(4.302652729749462, 9);
    expect(Math.sqrt(examples.reach)).toBeCloseTo(4.302652729749462, 9);
    expect(seeds.uu).toBeCloseTo(0.07 / 3, 12);
    expect(examples.uu).toBeCloseTo(0.07 / 3, 12);
  });

  test("is unbiased: over 4,000 seeded designs it averages to the variance of their means", () => {
    const means: number[] = [];
    let expected = 0;
    for (let k = 0; k < 4000; k += 1) {
      const matrix = rows(scored(k * 7919, 3, 12).transfer);
      const { examples, seedTerms } = crossedTerms([matrix]);
      const { seeds, interaction } = seedTerms[0]!;
      expected += (examples[0]![0]! + seeds[0]![0]! - interaction[0]![0]!) / 4000;
      means.push(matrix.flatMap((row) => [...row]).reduce((a, b) => a + b, 0) / 36);
    }
    const grand = means.reduce((a, b) => a + b, 0) / 4000;
    const observed = means.reduce((sum, x) => sum + (x - grand) ** 2, 0) / 3999;
    expect(observed / expected).toBeGreaterThan(0.93);
    expect(observed / expected).toBeLessThan(1.07);
  });
});
