import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { random } from "../../src/data/random.js";
import { type Comparison, type ComparisonOk, compare } from "../../src/stats/compare.js";
import { pgr } from "../../src/stats/pgr.js";
import { pValue, squaredReach } from "../../src/stats/reach.js";
import { type Answers, permutation, reorder, scored } from "./generate.js";

interface Four {
  weak: Answers;
  a: Answers;
  b: Answers;
  ceiling: Answers;
}

/** Weak, two methods that share the examples they find hard, and ceiling. */
function four(seed: number, seeds: number, n: number, better = 0): Four {
  const { weak, transfer, ceiling } = scored(seed, seeds, n);
  const other = scored(seed, seeds, n, [0.6 + better, 0.75 + better, 0.85]);
  // The other's own draws: half of its answers are a's.
  const b = transfer.map((row, s) => row.map((x, i) => (i % 2 ? x : other.ceiling[s]![i]! * other.transfer[s]![i]!)));
  return { weak, a: transfer, b, ceiling };
}

/** Five seeds that move a and b alike and far, of which b is wrong on a few examples more. */
function seedy(): Four {
  const uniform = random("seedy");
  const rates = [0.7, 0.8, 0.74, 0.86, 0.65];
  const difficulty = Array.from({ length: 2000 }, uniform);
  const rows = (shift: (s: number) => number) =>
    rates.map((_, s) => difficulty.map((hard) => (hard + 0.1 * (uniform() - 0.5) < shift(s) ? 1 : 0)));
  const a = rows((s) => rates[s]!);
  const b = a.map((row) => row.map((x, i) => (i % 40 === 0 ? 0 : x)));
  return { weak: rows(() => 0.5), a, b, ceiling: rows(() => 0.95) };
}

const anyFour = fc
  .record({ seed: fc.nat(), seeds: fc.integer({ min: 1, max: 6 }), n: fc.integer({ min: 40, max: 200 }) })
  .map(({ seed, seeds, n }) => four(seed, seeds, n));

function ok(result: Comparison): ComparisonOk {
  if (result.status !== "ok") throw new Error(`expected a difference, got: ${result.reason}`);
  return result;
}

function same(one: Comparison, other: Comparison, sign = 1): void {
  expect(other.status).toBe(one.status);
  if (one.status !== "ok" || other.status !== "ok") return;
  expect(other.estimate).toBeCloseTo(sign * one.estimate, 9);
  expect(Math.abs(other.p - one.p)).toBeLessThan(1e-8);
  const [low, high] = sign > 0 ? other.interval : [-other.interval[1], -other.interval[0]];
  const width = 1 + one.interval[1] - one.interval[0];
  expect(Math.abs(low - one.interval[0])).toBeLessThan(1e-6 * width);
  expect(Math.abs(high - one.interval[1])).toBeLessThan(1e-6 * width);
}

const each = ({ weak, a, b, ceiling }: Four, change: (list: Answers) => Answers): Four => ({
  weak: change(weak),
  a: change(a),
  b: change(b),
  ceiling: change(ceiling),
});

const average = (row: readonly number[]) => row.reduce((sum, x) => sum + x, 0) / row.length;

describe("laws of compare", () => {
  test("exchanged, the two differ by as much the other way", () => {
    fc.assert(
      fc.property(anyFour, ({ weak, a, b, ceiling }) => {
        same(compare({ weak, a, b, ceiling }), compare({ weak, a: b, b: a, ceiling }), -1);
      }),
    );
  });

  test("the order of seeds and of examples changes nothing", () => {
    fc.assert(
      fc.property(anyFour, fc.nat(), (data, key) => {
        const seeds = permutation(data.weak.length, key);
        const examples = permutation(data.weak[0]!.length, key);
        same(compare(data), compare(each(data, (list) => reorder(list, seeds))));
        same(compare(data), compare(each(data, (list) => list.map((row) => reorder(row, examples)))));
      }),
    );
  });

  test("shrinking and shifting all scores changes nothing", () => {
    fc.assert(
      fc.property(anyFour, fc.double({ min: 0.1, max: 0.7, noNaN: true }), (data, by) => {
        same(compare(data), compare(each(data, (list) => list.map((row) => row.map((score) => 0.2 + by * score)))));
      }),
    );
  });

  test("it is the difference of the two PGRs", () => {
    fc.assert(
      fc.property(anyFour, ({ weak, a, b, ceiling }) => {
        const result = compare({ weak, a, b, ceiling });
        const [ofA, ofB] = [pgr({ weak, transfer: a, ceiling }), pgr({ weak, transfer: b, ceiling })];
        fc.pre(result.status === "ok" && ofA.status === "ok" && ofB.status === "ok");
        expect(result.estimate).toBeCloseTo(ofA.estimate - ofB.estimate, 10);
      }),
    );
  });

  test("against the weak teacher it is the method's PGR, interval and all", () => {
    fc.assert(
      fc.property(anyFour, ({ weak, a, ceiling }) => {
        const result = compare({ weak, a, b: weak, ceiling });
        const alone = pgr({ weak, transfer: a, ceiling });
        expect(result.status).toBe(alone.status);
        fc.pre(result.status === "ok" && alone.status === "ok");
        expect(result.estimate).toBeCloseTo(alone.estimate, 12);
        const width = 1 + alone.interval[1] - alone.interval[0];
        for (const end of [0, 1] as const)
          expect(Math.abs(result.interval[end] - alone.interval[end])).toBeLessThan(1e-7 * width);
      }),
    );
  });

  test("a method against itself: no difference and nothing to doubt", () => {
    fc.assert(
      fc.property(anyFour, ({ weak, a, ceiling }) => {
        const result = compare({ weak, a, b: a, ceiling });
        fc.pre(result.status === "ok");
        expect([result.estimate, ...result.interval, result.p].map(Math.abs)).toEqual([0, 0, 0, 1]);
      }),
    );
  });

  test("p is below 1 - level exactly where the interval leaves out 0, at any level", () => {
    let [apart, together] = [0, 0];
    fc.assert(
      fc.property(anyFour, fc.double({ min: 0.3, max: 0.995, noNaN: true }), (data, level) => {
        const result = compare({ ...data, level });
        fc.pre(result.status === "ok" && Math.abs(result.p - (1 - level)) > 1e-9);
        const out = result.interval[0] > 0 || result.interval[1] < 0;
        expect(result.p < 1 - level).toBe(out);
        if (out) apart++;
        else together++;
      }),
      { numRuns: 400 },
    );
    expect(Math.min(apart, together)).toBeGreaterThan(20);
  });

  test("the interval at level 1 - p ends at 0", () => {
    const data = four(3, 4, 400);
    const { p } = ok(compare(data));
    const { interval } = ok(compare({ ...data, level: 1 - p }));
    expect(Math.min(...interval.map(Math.abs))).toBeLessThan(1e-9);
  });
});

describe("compare", () => {
  test("one seed: Student's t of the paired differences, by a plain computation", () => {
    const { weak, a, b, ceiling } = four(11, 1, 300);
    const result = ok(compare({ weak, a, b, ceiling }));
    const d = a[0]!.map((x, i) => x - b[0]![i]!);
    const mean = average(d);
    const gap = average(ceiling[0]!) - average(weak[0]!);
    expect(result.estimate).toBeCloseTo(mean / gap, 12);
    // The variance is that of U = N - rho D with rho = 0, at which the set's inequality reads N^2 <= t^2 V(N).
    const variance = d.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (299 * 300);
    expect(result.p).toBeCloseTo(pValue([{ df: 299, weight: 1 }], mean ** 2 / variance), 9);
    expect(result.conditionalOn).toHaveLength(1);
  });

  test("a difference that two overlapping PGRs hide", () => {
    const { weak, transfer, ceiling } = scored(5, 5, 1000);
    // b is a but for fifty examples that it never gets right.
    const b = transfer.map((row) => row.map((x, i) => (i % 20 === 0 ? 0 : x)));
    const [one, other] = [transfer, b].map((list) => pgr({ weak, transfer: list, ceiling }));
    if (one?.status !== "ok" || other?.status !== "ok") throw new Error("expected PGRs");
    expect(one.interval[0]).toBeLessThan(other.interval[1]);
    expect(ok(compare({ weak, a: transfer, b, ceiling })).p).toBeLessThan(0.001);
  });

  test.each([
    ["ceiling", { ceiling: 4 }],
    ["weak", { weak: 4 }],
    ["weak and ceiling", { weak: 3, ceiling: 4 }],
  ])("a and b stay paired where %s has fewer seeds", (_, fewer: { weak?: number; ceiling?: number }) => {
    const data = seedy();
    const all = ok(compare(data));
    const weak = data.weak.slice(0, fewer.weak);
    const ceiling = data.ceiling.slice(0, fewer.ceiling);
    const result = ok(compare({ ...data, weak, ceiling }));
    expect(all.p).toBeLessThan(0.01);
    expect(result.p).toBeLessThan(0.02);
    const rates = (list: Answers) => list.map(average);
    const { a, b } = data;
    const bare = { weak: rates(weak), a: rates(a), b: rates(b), ceiling: rates(ceiling), n: 2000 };
    const [low, high] = ok(compare(bare)).interval;
    const alone = ok(compare({ ...bare, b: rates(b.slice(0, 4)) })).interval;
    expect(high - low).toBeLessThan(0.8 * (alone[1] - alone[0]));
  });

  test("the difference of scores is there also where the gap is not clear", () => {
    const { weak, a, b } = four(11, 1, 300);
    const d = a[0]!.map((x, i) => x - b[0]![i]!);
    const mean = average(d);
    const variance = d.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (299 * 300);
    const result = compare({ weak, a, b, ceiling: weak });
    expect(result.status).toBe("undefined");
    expect(result.scoreDifference!.estimate).toBeCloseTo(mean, 12);
    expect(result.scoreDifference!.p).toBeCloseTo(pValue([{ df: 299, weight: 1 }], mean ** 2 / variance), 12);
    const half = Math.sqrt(squaredReach([{ df: 299, weight: 1 }], 0.05) * variance);
    expect(result.scoreDifference!.interval).toEqual([
      expect.closeTo(mean - half, 12),
      expect.closeTo(mean + half, 12),
    ]);
  });

  test("p of the scores' difference is below 1 - level exactly where its interval leaves out 0", () => {
    fc.assert(
      fc.property(anyFour, fc.double({ min: 0.3, max: 0.99, noNaN: true }), (data, level) => {
        const { estimate, interval, p } = compare({ ...data, level }).scoreDifference!;
        fc.pre(Math.abs(p - (1 - level)) > 1e-9);
        expect(estimate).toBeCloseTo(average(data.a.map(average)) - average(data.b.map(average)), 12);
        expect(p < 1 - level).toBe(interval[0] > 0 || interval[1] < 0);
      }),
    );
  });

  test("is undefined where the gap is not clear, with the reason of pgr", () => {
    const lists = { weak: [0.507], a: [0.51], b: [0.505], ceiling: [0.512], n: 3000 };
    const result = compare(lists);
    const alone = pgr({ weak: lists.weak, transfer: lists.a, ceiling: lists.ceiling, n: 3000 });
    expect(result).toMatchObject({ status: "undefined", seedsPerList: { weak: 1, a: 1, b: 1, ceiling: 1 } });
    expect("reason" in result && result.reason).toBe("reason" in alone && alone.reason);
    expect(result).not.toHaveProperty("p");
  });

  test("methods that differ by the same on every one of a few examples are not told apart for certain", () => {
    const fill = (x: number) => [new Array<number>(8).fill(x)];
    const few = ok(compare({ weak: fill(0), a: fill(0.9), b: fill(0.8), ceiling: fill(1) }));
    expect(few.estimate).toBeCloseTo(0.1, 12);
    expect(few.p).toBeCloseTo(pValue([{ df: 7, weight: 1 }], 7), 12);
    expect(few.interval[1]).toBeGreaterThan(few.interval[0]);
  });

  test("groups count where examples were drawn together", () => {
    const { weak, a, b, ceiling } = four(8, 3, 200);
    const twice = (list: Answers) => list.map((row) => [...row, ...row]);
    const groups = Array.from({ length: 400 }, (_, i) => i % 200);
    const once = ok(compare({ weak, a, b, ceiling }));
    const doubled = ok(compare({ weak: twice(weak), a: twice(a), b: twice(b), ceiling: twice(ceiling), groups }));
    expect(doubled).toMatchObject({ n: 400, groups: 200 });
    expect(doubled.p).toBeCloseTo(once.p, 9);
  });

  test.each<[string, object, RegExp]>([
    [
      "two forms",
      { b: [0.5], n: 2 },
      /"weak" holds lists of per-example scores but "b" holds accuracies: pass all four in one/,
    ],
    ["other examples", { b: [[1]] }, /"weak" has 2 scores a seed but "b" has 1: all four must be scored on the same/],
    ["no list", { a: undefined }, /"a" must be a list over seeds/],
    ["a wrong level", { level: 95 }, /"level" must be a number strictly between 0 and 1/],
  ])("%s are refused", (_, change, words) => {
    const right = { weak: [[0, 1]], a: [[1, 1]], b: [[1, 0]], ceiling: [[1, 1]] };
    expect(() => compare({ ...right, ...change } as never)).toThrow(words);
  });
});

describe("p-values of mixed degrees of freedom", () => {
  test("give back the reach, from the largest to the smallest", () => {
    const mixture = fc
      .tuple(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 10, max: 5000 }),
      )
      .map(([weight, few, many]) => [
        { df: many, weight: 1 - weight },
        { df: few, weight },
      ]);
    fc.assert(
      fc.property(mixture, fc.double({ min: -4, max: 3, noNaN: true }), (reach, log) => {
        const square = 10 ** log;
        const p = pValue(reach, square);
        fc.pre(p < 1 - 1e-9);
        expect(squaredReach(reach, p) / square).toBeCloseTo(1, 6);
        expect(pValue(reach, square * 1.1)).toBeLessThan(p);
      }),
    );
  });

  test("end at 1 and 1e-300", () => {
    expect(pValue([{ df: 3, weight: 1 }], 0)).toBe(1);
    expect(pValue([{ df: 3, weight: 1 }], Number.NaN)).toBe(1);
    expect(pValue([{ df: 3, weight: 1 }], Number.POSITIVE_INFINITY)).toBe(1e-300);
    // scipy 1.17.1: 2 * t.sf(2.5, 4)
    expect(pValue([{ df: 4, weight: 1 }], 6.25)).toBeCloseTo(0.06676654, 7);
  });
});
