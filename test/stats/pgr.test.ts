import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Pgr, type PgrOk, pgr } from "../../src/stats/pgr.js";
import { anyScored, permutation, reorder, type Scored, scored } from "./generate.js";

function ok(result: Pgr): PgrOk {
  if (result.status !== "ok") throw new Error(`expected a PGR, got: ${result.reason}`);
  return result;
}

function same(a: Pgr, b: Pgr): void {
  expect(b.status).toBe(a.status);
  if (a.status !== "ok" || b.status !== "ok") return;
  expect(b.estimate).toBeCloseTo(a.estimate, 9);
  // Wide intervals belong to gaps near the refusal, where rounding is magnified.
  const width = a.interval[1] - a.interval[0];
  for (const end of [0, 1] as const)
    expect(Math.abs(b.interval[end] - a.interval[end])).toBeLessThan(1e-6 * (1 + width));
}

const each = (data: Scored, change: (list: number[][]) => number[][]): Scored => ({
  weak: change(data.weak),
  transfer: change(data.transfer),
  ceiling: change(data.ceiling),
});

const average = (row: readonly number[]) => row.reduce((sum, x) => sum + x, 0) / row.length;

describe("laws of pgr", () => {
  test("a student like its teacher recovers 0, one like the ceiling 1, with nothing to doubt", () => {
    fc.assert(
      fc.property(anyScored, ({ weak, ceiling }) => {
        const none = pgr({ weak, transfer: weak, ceiling });
        const all = pgr({ weak, transfer: ceiling, ceiling });
        fc.pre(none.status === "ok" && all.status === "ok");
        expect([none.estimate, ...none.interval]).toEqual([0, 0, 0]);
        expect([all.estimate, ...all.interval]).toEqual([1, 1, 1]);
      }),
    );
  });

  test("the same holds for accuracies, where only the estimate is certain", () => {
    const accuracies = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(accuracies, accuracies, fc.integer({ min: 2, max: 10_000 }), (weak, ceiling, n) => {
        for (const [transfer, expected] of [
          [weak, 0],
          [ceiling, 1],
        ] as const) {
          const result = pgr({ weak, transfer, ceiling, n });
          if (result.status !== "ok") continue;
          expect(result.estimate).toBeCloseTo(expected, 12);
          expect(result.interval[0]).toBeLessThanOrEqual(expected + 1e-12);
          expect(result.interval[1]).toBeGreaterThanOrEqual(expected - 1e-12);
        }
      }),
    );
  });

  test("the order of seeds and of examples changes nothing", () => {
    fc.assert(
      fc.property(anyScored, fc.nat(), (data, key) => {
        const seeds = permutation(data.weak.length, key);
        const examples = permutation(data.weak[0]!.length, key);
        same(pgr(data), pgr(each(data, (list) => reorder(list, seeds))));
        same(pgr(data), pgr(each(data, (list) => list.map((row) => reorder(row, examples)))));
      }),
    );
  });

  test("class names swapped change nothing", () => {
    fc.assert(
      fc.property(anyScored, fc.nat(), (data, key) => {
        const truth = data.weak[0]!.map((_, i) => (Math.imul(i + 1, key | 1) >>> 7) & 1);
        const predictions = each(data, (list) =>
          list.map((row) => row.map((right, i) => (right ? truth[i]! : 1 - truth[i]!))),
        );
        const score = (predicted: Scored, real: number[]) =>
          each(predicted, (list) => list.map((row) => row.map((label, i) => (label === real[i] ? 1 : 0))));
        const swapped = each(predictions, (list) => list.map((row) => row.map((label) => 1 - label)));
        const renamed = truth.map((label) => 1 - label);
        expect(pgr(score(swapped, renamed))).toEqual(pgr(score(predictions, truth)));
      }),
    );
  });

  test("shrinking and shifting all scores changes nothing", () => {
    const law = fc.property(anyScored, fc.double({ min: 0.1, max: 0.7, noNaN: true }), (data, by) => {
      same(pgr(data), pgr(each(data, (list) => list.map((row) => row.map((score) => 0.2 + by * score)))));
    });
    fc.assert(law);
    // Here two components of the variance are equal: whether one is kept must not hang on rounding.
    fc.assert(law, { seed: 518392941, path: "68:41:41", endOnFailure: true });
  });

  test("student and ceiling exchanged give the inverse, interval and all", () => {
    const { weak, transfer, ceiling } = scored(5, 4, 800);
    const [one, other] = [
      ok(pgr({ weak, transfer, ceiling })),
      ok(pgr({ weak, transfer: ceiling, ceiling: transfer })),
    ];
    expect(other.estimate).toBeCloseTo(1 / one.estimate, 12);
    expect(other.interval[0]).toBeCloseTo(1 / one.interval[1], 10);
    expect(other.interval[1]).toBeCloseTo(1 / one.interval[0], 10);
  });

  test("the interval holds the estimate, and a higher level holds a lower one", () => {
    fc.assert(
      fc.property(anyScored, (data) => {
        const [inner, outer] = [pgr({ ...data, level: 0.8 }), pgr({ ...data, level: 0.95 })];
        fc.pre(inner.status === "ok" && outer.status === "ok");
        expect(inner.interval[0]).toBeLessThanOrEqual(inner.estimate);
        expect(inner.interval[1]).toBeGreaterThanOrEqual(inner.estimate);
        expect(outer.interval[0]).toBeLessThanOrEqual(inner.interval[0]);
        expect(outer.interval[1]).toBeGreaterThanOrEqual(inner.interval[1]);
      }),
    );
  });

  test("it is the ratio of means, not the mean of ratios", () => {
    const result = ok(pgr({ weak: [0.5, 0.6], transfer: [0.6, 0.8], ceiling: [0.7, 0.9], n: 100_000, level: 0.5 }));
    expect(result.estimate).toBeCloseTo(0.15 / 0.25, 12);
  });

  test("typed arrays answer as plain ones, and nothing passed in is changed", () => {
    const data = scored(3, 3, 200);
    const before = structuredClone(data);
    const bytes = (list: number[][]) => list.map((row) => Uint8Array.from(row));
    expect(pgr({ weak: bytes(data.weak), transfer: bytes(data.transfer), ceiling: bytes(data.ceiling) })).toEqual(
      pgr(data),
    );
    expect(data).toEqual(before);
    expect(pgr({ weak: Float64Array.of(0.5), transfer: [0.6], ceiling: Float32Array.of(0.75), n: 900 })).toEqual(
      pgr({ weak: [0.5], transfer: [0.6], ceiling: [0.75], n: 900 }),
    );
  });
});

describe("the interval", () => {
  test("has Fieller's equation at its ends, by a plain computation from the definition", () => {
    const { weak, transfer, ceiling } = scored(12, 4, 500);
    const result = ok(pgr({ weak, transfer, ceiling }));
    const variance = (rho: number) => {
      const u = transfer.map((row, s) => row.map((t, i) => t - weak[s]![i]! - rho * (ceiling[s]![i]! - weak[s]![i]!)));
      const [S, n] = [u.length, u[0]!.length];
      const seeds = u.map(average);
      const examples = u[0]!.map((_, i) => average(u.map((row) => row[i]!)));
      const grand = average(seeds);
      const E = examples.reduce((sum, x) => sum + (x - grand) ** 2, 0) / (n - 1);
      const Q = seeds.reduce((sum, x) => sum + (x - grand) ** 2, 0) / (S - 1);
      const R =
        u
          .flatMap((row, s) => row.map((x, i) => (x - seeds[s]! - examples[i]! + grand) ** 2))
          .reduce((a, b) => a + b, 0) /
        ((n - 1) * (S - 1));
      const value = E / n + Q / S - R / (n * S);
      return { value, share: Q / S / value, truncated: E < R / S || Q < R / n };
    };
    expect(variance(result.estimate).truncated).toBe(false);
    // scipy: t.ppf(.975, 499), t.ppf(.975, 3)
    const [base, few] = [1.9647293909876649 ** 2, 3.1824463052837078 ** 2];
    const reach = base + variance(result.estimate).share ** 2 * (few - base);
    for (const end of result.interval) {
      const mean =
        average(transfer.flat()) - average(weak.flat()) - end * (average(ceiling.flat()) - average(weak.flat()));
      expect(mean ** 2 / (reach * variance(end).value)).toBeCloseTo(1, 6);
    }
  });

  test("says that it is conditional on the seed where there is one", () => {
    const one = scored(7, 1, 500);
    expect(pgr(one).conditionalOn).toEqual(["the one seed: how results vary over seeds is not in the interval"]);
    const { weak, transfer, ceiling } = scored(7, 3, 500);
    expect(pgr({ weak, transfer, ceiling }).conditionalOn).toEqual([]);
    expect(pgr({ weak: weak.slice(0, 1), transfer, ceiling: ceiling.slice(0, 1) }).conditionalOn).toEqual([
      "the one seed of weak and ceiling: how results vary over seeds is not in the interval",
    ]);
  });

  test("lists of unequal length: seeds counted, order of seeds within a list irrelevant", () => {
    const { weak, transfer, ceiling } = scored(13, 6, 600);
    const result = ok(pgr({ weak, transfer: transfer.slice(0, 3), ceiling }));
    expect(result).toMatchObject({ seeds: 3, seedsPerList: { weak: 6, transfer: 3, ceiling: 6 }, n: 600 });
    same(result, pgr({ weak, transfer: transfer.slice(0, 3).toReversed(), ceiling }));
    // These two are of equal length, and so paired.
    same(result, pgr({ weak: weak.toReversed(), transfer: transfer.slice(0, 3), ceiling: ceiling.toReversed() }));
    const accuracies = {
      weak: weak.map(average),
      transfer: transfer.slice(0, 3).map(average),
      ceiling: ceiling.map(average),
    };
    const reversed = { ...accuracies, transfer: accuracies.transfer.toReversed() };
    same(pgr({ ...accuracies, n: 600 }), pgr({ ...reversed, n: 600 }));
  });

  test("accuracies alone give a wider interval than the scores behind them", () => {
    const data = scored(17, 5, 1000);
    const scores = ok(pgr(data));
    const accuracies = ok(
      pgr({
        weak: data.weak.map(average),
        transfer: data.transfer.map(average),
        ceiling: data.ceiling.map(average),
        n: 1000,
      }),
    );
    expect(accuracies.estimate).toBeCloseTo(scores.estimate, 12);
    expect(accuracies.interval[1] - accuracies.interval[0]).toBeGreaterThan(scores.interval[1] - scores.interval[0]);
  });
});

describe("undefined", () => {
  const reason = (result: Pgr) => (result.status === "undefined" ? result.reason : "ok");

  test("where the gap is not clearly positive, with the numbers", () => {
    expect(reason(pgr({ weak: [0.507], transfer: [0.51], ceiling: [0.512], n: 3000 }))).toBe(
      "the ceiling (0.512) is not clearly above the weak teacher (0.507): gap 0.005, 95% interval [-0.020, 0.030] " +
        "from n = 3000 and one seed; take a weaker teacher or a better ceiling, more test examples or seeds",
    );
    expect(reason(pgr({ weak: [0.6, 0.6], transfer: [0.6, 0.6], ceiling: [0.5, 0.5], n: 900 }))).toContain(
      "the ceiling (0.500) is not above the weak teacher (0.600)",
    );
    expect(reason(pgr({ weak: [[0, 1]], transfer: [[0, 1]], ceiling: [[0, 1]] }))).toContain("not above");
  });

  test("exactly where the gap's own interval or Fieller's set says so", () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 2, max: 60 }), (seed, seeds, n) => {
        const result = pgr(scored(seed, seeds, n, [0.6, 0.65, 0.7]));
        const low = result.gap.interval![0];
        if (result.status === "ok") {
          expect(low).toBeGreaterThan(0);
          for (const end of result.interval) expect(Number.isFinite(end)).toBe(true);
        } else if (low > 0) expect(result.reason).toContain("too uncertain for a bounded interval");
        else expect(result.reason).toMatch(/is not (clearly )?above the weak teacher/);
      }),
    );
  });

  test("from one test example, and from a few that all agree", () => {
    expect(reason(pgr({ weak: [[0]], transfer: [[1]], ceiling: [[1]] }))).toContain("one test example");
    expect(reason(pgr({ weak: [0, 0], transfer: [1, 1], ceiling: [1, 1], n: 1 }))).toContain("one test example");
    const flat = (n: number) => ({
      weak: [new Uint8Array(n)],
      transfer: [new Uint8Array(n).fill(1)],
      ceiling: [new Uint8Array(n).fill(1)],
    });
    expect(reason(pgr(flat(2)))).toContain("not clearly above");
    expect(pgr(flat(20))).toMatchObject({ status: "ok", estimate: 1, interval: [1, 1] });
  });
});
