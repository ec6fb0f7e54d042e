import { expect, test } from "vitest";
import { random } from "../../src/data/random.js";
import { meanInterval } from "../../src/stats/mean.js";
import { pgr } from "../../src/stats/pgr.js";

const uniform = random("groups");
const draw = (n: number, p: number): number[] => Array.from({ length: n }, () => (uniform() < p ? 1 : 0));
const lists = {
  weak: [draw(300, 0.6), draw(300, 0.6)],
  transfer: [draw(300, 0.75), draw(300, 0.75)],
  ceiling: [draw(300, 0.9), draw(300, 0.9)],
};

test("examples that are groups of their own change nothing", () => {
  const alone = new Int32Array(300).fill(-1);
  const { groups, ...grouped } = pgr({ ...lists, groups: alone });
  expect(groups).toBe(300);
  const plain = pgr(lists) as { interval: readonly number[]; estimate: number };
  expect(grouped).toMatchObject({ estimate: plain.estimate });
  (grouped as unknown as typeof plain).interval.forEach((end, i) => {
    expect(end).toBeCloseTo(plain.interval[i]!, 10);
  });
});

test("every example twice, as groups of two, gives the interval of the examples once", () => {
  const twice = (scores: readonly number[][]): number[][] => scores.map((row) => [...row, ...row]);
  const groups = Array.from({ length: 600 }, (_, i) => i % 300);
  const doubled = pgr({
    weak: twice(lists.weak),
    transfer: twice(lists.transfer),
    ceiling: twice(lists.ceiling),
    groups,
  });
  const once = pgr(lists) as { interval: readonly number[]; estimate: number };
  expect(doubled).toMatchObject({ n: 600, groups: 300, estimate: expect.closeTo(once.estimate, 10) });
  (doubled as unknown as typeof once).interval.forEach((end, i) => {
    expect(end).toBeCloseTo(once.interval[i]!, 10);
  });
  const [low, high] = meanInterval(twice(lists.weak), { groups }).interval;
  const [lowOnce, highOnce] = meanInterval(lists.weak).interval;
  expect([low, high]).toEqual([expect.closeTo(lowOnce, 10), expect.closeTo(highOnce, 10)]);
});

test("with examples that go together the interval covers, and without knowing it does not", () => {
  const runs = 400;
  let covered = 0;
  let naive = 0;
  for (let run = 0; run < runs; run++) {
    const next = random("simulated groups", run);
    const groups: number[] = [];
    const scores: number[][] = [[], [], [], [], []];
    // 60 groups of 2 to 18 examples; the group moves the probability of its examples.
    for (let group = 0; group < 60; group++) {
      const p = 0.7 + 0.58 * (next() - 0.5);
      for (let i = 2 + Math.floor(next() * 17); i > 0; i--) {
        groups.push(group);
        for (const row of scores) row.push(next() < p ? 1 : 0);
      }
    }
    const inside = ([low, high]: readonly [number, number]): number => (low <= 0.7 && 0.7 <= high ? 1 : 0);
    covered += inside(meanInterval(scores, { groups }).interval);
    naive += inside(meanInterval(scores).interval);
  }
  expect(covered / runs).toBeGreaterThan(0.92);
  expect(naive / runs).toBeLessThan(0.85);
});

test.each<[string, Parameters<typeof pgr>[0], RegExp]>([
  ["too few groups", { ...lists, groups: [1] }, /"groups" has 1 entries but there are 300/],
  [
    "groups of accuracies",
    { weak: [0.5], transfer: [0.6], ceiling: [0.9], n: 10, groups: [1] },
    /"groups" needs per-example scores/,
  ],
  ["half a group", { ...lists, groups: new Array(300).fill(0.5) }, /"groups\[0\]" must be a whole number, found 0\.5/],
])("%s are refused", (_, input, words) => {
  expect(() => pgr(input)).toThrow(words);
});

test("a gap that is the same everywhere is doubted by the number of groups, not of examples", () => {
  const fill = (value: number) => [new Array<number>(1000).fill(value)];
  const constant = { weak: fill(0), transfer: fill(0.5), ceiling: fill(1) };
  const inGroups = (count: number) => pgr({ ...constant, groups: Array.from({ length: 1000 }, (_, i) => i % count) });
  expect(inGroups(2)).toMatchObject({ status: "undefined", n: 1000, groups: 2 });
  // t(.975, 9) / sqrt(10 - 1), by scipy 1.17.1
  expect(inGroups(10).gap.interval![0]).toBeCloseTo(1 - 2.2621571628 / 3, 8);
  expect(pgr(constant).status).toBe("ok");
});

test("one group is undefined, with the reason", () => {
  expect(pgr({ ...lists, groups: new Int32Array(300) })).toMatchObject({
    status: "undefined",
    reason: expect.stringMatching(/one group/),
  });
});
