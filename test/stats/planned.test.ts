import { expect, test } from "vitest";
import { comparisonsOf, plannedResolution } from "../../src/experiment/comparisons.js";
import type { Plan } from "../../src/experiment/plan.js";
import { resolvableInWords } from "../../src/report/differences.js";
import { metricOf } from "../../src/stats/metric.js";
import { brown } from "../report/records.js";
import { scored } from "./generate.js";

const plan = (change: object) =>
  ({
    methods: [{}, {}],
    metric: metricOf("accuracy"),
    seeds: [0, 1, 2],
    testbed: { splits: { test: { ids: Array.from({ length: 400 }, String) } } },
    ...change,
  }) as unknown as Plan;

test("there is a plan for accuracy, whose assumptions it makes, and for no other metric", () => {
  expect(plannedResolution(plan({}))).toMatchObject({ n: 400, seeds: 3, comparisons: 1 });
  expect(plannedResolution(plan({ metric: metricOf("brier") }))).toBeUndefined();
  expect(plannedResolution(plan({ metric: { name: "rubric", score: () => 1 } }))).toBeUndefined();
  expect(plannedResolution(plan({ methods: [{}] }))).toBeUndefined();
});

test("in words: without a plan what was measured, without a clear gap the plan, without both nothing", () => {
  const record = brown();
  const { planned, measured } = record.resolvable!;
  const said = (resolvable: typeof record.resolvable) => resolvableInWords({ ...record, resolvable });
  expect(said({ planned: null, measured })).toMatch(
    /^Smallest difference of PGR found with probability 80% after Holm's rule: by the gap and variances measured, 0\.\d\d for/,
  );
  expect(said({ planned, measured: null })).toMatch(/: 0\.\d\d as planned \(for a gap of 0\.15\)\.$/);
  const none = { ...planned!, difference: Number.POSITIVE_INFINITY };
  expect(said({ planned: none, measured: null })).toMatch(/: none as planned/);
  expect(said({ planned: null, measured: null })).toBeUndefined();
  expect(said(null)).toBeUndefined();
});

test("the p-values of the scores' differences are a family of their own, there also without a gap", () => {
  const typed = (list: number[][]) => list.map((row) => Float64Array.from(row));
  const weak = typed(scored(1, 3, 400).weak);
  const methods = [2, 3, 4].map((seed) => ({ name: `m${seed}`, scores: typed(scored(seed, 3, 400).transfer) }));
  const pairs = comparisonsOf({ weak, ceiling: weak, methods, groups: undefined });
  const ps = pairs.map(({ difference }) => difference.scoreDifference!.p);
  expect(pairs.every(({ pHolm, distinguishable }) => pHolm === null && distinguishable === null)).toBe(true);
  const least = ps.indexOf(Math.min(...ps));
  expect(pairs[least]!.scorePHolm).toBeCloseTo(Math.min(1, 3 * ps[least]!), 12);
  for (const [i, { scorePHolm }] of pairs.entries()) expect(scorePHolm).toBeGreaterThanOrEqual(ps[i]!);
});
