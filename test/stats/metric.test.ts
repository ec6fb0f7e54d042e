import { describe, expect, test } from "vitest";
import {
  createTestbed,
  type ExperimentEvent,
  type ExperimentOptions,
  experiment,
  hashedWords,
  linear,
  type Method,
  type MethodContext,
  type Metric,
  matrix,
  naive,
  named,
} from "weak-to-strong";
import { mine } from "../../examples/own-trainer/trainer.js";
import { measuresOf } from "../../src/experiment/measures.js";
import { metricOf, scoresOf } from "../../src/stats/metric.js";
import { openTruth } from "../../src/testbed/truth.js";
import { texts } from "../fixtures/texts.js";

const testbed = await createTestbed({
  name: "tiny",
  train_label: texts(80, "a"),
  train_unlabel: texts(300, "b"),
  test: texts(400, "c"),
});
const model = linear(hashedWords(), { epochs: 3, learningRate: 0.05 });
const base = { testbed, trainer: mine, teacher: model, teacherExamples: 8, student: model, seeds: 3 } as const;
const labels = openTruth(testbed).labels.test;

async function results(options: Partial<ExperimentOptions> = {}) {
  await using run = experiment({ ...base, methods: [naive(), naive({ hard: true })], ...options });
  return await run.result();
}

const same: Method = async ({ fit, weakLabels }) => fit({ targets: weakLabels });
const unit = { method: "naive", seed: 4 };

describe("metrics", () => {
  test("accuracy is of the most probable class, Brier's is turned and halved", () => {
    const predictions = matrix([
      [0.5, 0.25, 0.25],
      [0.5, 0.25, 0.25],
      [0, 0, 1],
      [0, 0, 1],
    ]);
    const truth = Int32Array.of(0, 1, 2, 0);
    expect([...scoresOf(metricOf("accuracy"), predictions, truth, unit)]).toEqual([1, 0, 1, 0]);
    // 1 - (.25 + .0625 + .0625) / 2, 1 - (.25 + .5625 + .0625) / 2
    expect([...scoresOf(metricOf("brier"), predictions, truth, unit)]).toEqual([0.8125, 0.5625, 1, 0]);
    expect(metricOf(undefined).name).toBe("accuracy");
  });

  test("a metric of one's own gets a copy of each row, its label and its position", () => {
    const predictions = matrix([
      [0.5, 0.5],
      [0.25, 0.75],
    ]);
    const seen: unknown[] = [];
    const metric: Metric = {
      name: "own",
      score(row, label, index) {
        seen.push([[...row], label, index]);
        row.fill(0);
        return 0.5;
      },
    };
    expect([...scoresOf(metric, predictions, Int32Array.of(1, 0), unit)]).toEqual([0.5, 0.5]);
    expect(seen).toEqual([
      [[0.5, 0.5], 1, 0],
      [[0.25, 0.75], 0, 1],
    ]);
    expect([...predictions.data]).toEqual([0.5, 0.5, 0.25, 0.75]);
  });

  test.each<[string, () => unknown, RegExp]>([
    ["above 1", () => 1.5, /found 1\.5\.$/],
    ["below 0", () => -0.1, /found -0\.1\.$/],
    ["NaN", () => Number.NaN, /found NaN\.$/],
    ["nothing", () => undefined, /found undefined\.$/],
    ["a promise", async () => 1, /found a promise \(score must answer at once\)\.$/],
  ])("%s is an error that names metric, example, method and seed", (_, score, words) => {
    const metric = { name: "rubric", score: (row: Float32Array, _: number, i: number) => (i === 1 ? score() : row[0]) };
    const given = () => scoresOf(metric as Metric, matrix([[1], [1]]), Int32Array.of(0, 0), unit);
    expect(given).toThrow(
      /^Expected a score from 0 to 1 from the metric "rubric" on test example 1 of the method "naive" with seed 4, /,
    );
    expect(given).toThrow(words);
  });

  test("what it throws is passed on with the same names", () => {
    const metric: Metric = {
      name: "rubric",
      score() {
        throw new Error("no grade");
      },
    };
    expect(() => scoresOf(metric, matrix([[1]]), Int32Array.of(0), unit)).toThrow(
      /^Error in the metric "rubric" on test example 0 of the method "naive" with seed 4: no grade$/,
    );
  });

  test.each<[string, unknown, RegExp]>([
    ["an unknown name", "f1", /metric: expected "accuracy", "brier" or \{ name, score\(.*found "f1"/],
    ["a name that every object has", "constructor", /metric: expected .*found "constructor"/],
    ["a function", () => 1, /metric: expected .*found function/],
    ["no name", { score: () => 1 }, /metric: it has no name/],
    ["a name that is taken", { name: "brier", score: () => 1 }, /the name "brier" is that of a built-in metric/],
  ])("%s is refused", async (_, metric, words) => {
    await expect(results({ metric: metric as Metric })).rejects.toMatchObject({
      code: "bad_input",
      message: expect.stringMatching(words),
    });
  });
});

describe("measures", () => {
  const rows = (n: number) => Int32Array.from({ length: n }, (_, i) => i);

  test("AUROC of two classes is the share of pairs in the right order, ties half", () => {
    const probabilities = [0.1, 0.4, 0.4, 0.35, 0.8, 0.4];
    const truth = Int32Array.of(0, 0, 1, 1, 1, 0);
    const predictions = matrix(probabilities.map((p) => [1 - p, p]));
    let pairs = 0;
    for (const [i, p] of probabilities.entries())
      for (const [j, q] of probabilities.entries())
        if (truth[i] === 1 && truth[j] === 0) pairs += p > q ? 1 : p === q ? 0.5 : 0;
    expect(measuresOf(predictions, truth, rows(6)).auroc).toBeCloseTo(pairs / 9, 12);
  });

  test("of more classes it is the mean of each against the rest; without a second class there is none", () => {
    const predictions = matrix([
      [0.6, 0.3, 0.1],
      [0.5, 0.2, 0.3],
      [0.3, 0.6, 0.1],
      [0.4, 0.1, 0.5],
    ]);
    // Class 0: .6 .5 against .3 .4: 1. Class 1: .6 against .3 .2 .1: 1. Class 2: .5 against .1 .3 .1: 1.
    expect(measuresOf(predictions, Int32Array.of(0, 0, 1, 2), rows(4)).auroc).toBe(1);
    // Class 0: .6 .3 against .5 .4: 2 of 4 pairs. Class 1: .2 against .3 .6 .1: 1 of 3. Class 2: as before.
    expect(measuresOf(predictions, Int32Array.of(0, 1, 0, 2), rows(4)).auroc).toBeCloseTo((1 / 2 + 1 / 3 + 1) / 3, 12);
    expect(measuresOf(predictions, Int32Array.of(1, 1, 1, 1), rows(4))).toEqual({
      accuracy: 0.25,
      balancedAccuracy: 0.25,
      auroc: null,
    });
  });

  test("balanced accuracy weighs classes alike, on the rows asked for", () => {
    const predictions = matrix([
      [1, 0],
      [1, 0],
      [1, 0],
      [1, 0],
      [0, 1],
    ]);
    const truth = Int32Array.of(0, 0, 0, 1, 1);
    expect(measuresOf(predictions, truth, rows(5))).toMatchObject({ accuracy: 0.8, balancedAccuracy: 0.75 });
    expect(measuresOf(predictions, truth, Int32Array.of(3, 4))).toMatchObject({ accuracy: 0.5, balancedAccuracy: 0.5 });
  });
});

describe("an experiment", () => {
  test("by Brier's score: rows, PGR, runs, events and table are of it, and accuracy stands beside", async () => {
    const events: ExperimentEvent[] = [];
    await using run = experiment({ ...base, methods: [naive()], metric: "brier" });
    for await (const event of run) events.push(event);
    const { record, rows, runs } = await run.result();
    expect(record.metric).toBe("brier");
    const mean = (method: string) =>
      runs.filter((one) => one.method === method).reduce((sum, { score }) => sum + score! / 3, 0);
    const expected = (mean("naive") - mean("weak")) / (mean("ceiling") - mean("weak"));
    expect(rows[1]?.pgr).toMatchObject({ status: "ok", estimate: expect.closeTo(expected, 8) });
    expect(rows[1]?.score).toBeCloseTo(mean("naive"), 10);
    expect(rows[1]!.scoreInterval![0]).toBeLessThan(rows[1]!.score!);
    const byAccuracy = await results({ methods: [naive()] });
    expect(byAccuracy.record.metric).toBe("accuracy");
    for (const [i, row] of rows.entries()) {
      const { accuracy, balancedAccuracy, auroc } = byAccuracy.rows[i]!;
      expect(row).toMatchObject({ accuracy, balancedAccuracy, auroc });
      expect(row.score).not.toBeCloseTo(accuracy!, 6);
      expect(byAccuracy.rows[i]!.score).toBe(accuracy);
    }
    const unitEvent = events.find((event) => event.type === "unit" && event.method === "naive" && event.seed === 0);
    expect(unitEvent).toMatchObject({
      score: runs.find((one) => one.method === "naive" && one.seed === 0)!.score,
      accuracy: runs.find((one) => one.method === "naive" && one.seed === 0)!.accuracy,
    });
    expect((await run.result()).toString()).toMatch(/^ +brier +PGR/m);
  });

  test("by a table of one's own, looked up by position; the method is never near it", async () => {
    const contexts: MethodContext[] = [];
    const spy: Method = async (context) => {
      contexts.push(context);
      return same(context);
    };
    const weights = Float64Array.from(labels, (_, i) => (i % 4) / 4);
    const rubric: Metric = { name: "rubric", score: (row, label, i) => (row[label]! > 0.5 ? 1 : weights[i]!) };
    const { record } = await results({ metric: rubric, methods: [named("spy", spy)], seeds: 1 });
    expect(record.metric).toBe("rubric");
    expect(record.rows[1]!.score).toBeGreaterThan(record.rows[1]!.accuracy!);
    expect(Object.keys(contexts[0]!)).not.toContain("metric");
    expect(JSON.stringify(record)).not.toContain("score(");
  });

  test("a metric that fails on a method's predictions fails that method; on the teacher's, the experiment", async () => {
    let calls = 0;
    const late: Metric = { name: "late", score: () => (calls++ < 800 ? 0.5 : Number.NaN) };
    const { rows } = await results({
      metric: { name: "odd", score: (row, label) => (row[0] === 0.125 ? 2 : row[label]!) },
      methods: [
        named("eighth", async () => ({
          predictions: { test: matrix(Array.from(labels, () => [0.125, 0.875])) },
        })),
        naive(),
      ],
    });
    expect(rows[1]).toMatchObject({ score: null, accuracy: null, balancedAccuracy: null, auroc: null, pgr: null });
    expect(rows[1]?.error).toContain(
      'from the metric "odd" on test example 0 of the method "eighth" with seed 0, found 2.',
    );
    expect(rows[2]?.error).toBeUndefined();
    await expect(results({ metric: late })).rejects.toThrow(/the metric "late" on test example \d+ of the method/);
  });

  test("every two methods are compared, those that fail are not, and the p-values are a family", async () => {
    const broken: Method = async () => {
      throw new Error("it broke");
    };
    const constant: Method = async () => ({ predictions: { test: matrix(Array.from(labels, () => [0.6, 0.4])) } });
    const { record } = await results({
      methods: [naive(), named("broken", broken), named("again", naive()), named("constant", constant)],
    });
    expect(record.comparisons.map(({ a, b }) => [a, b])).toEqual([
      ["naive", "again"],
      ["naive", "constant"],
      ["again", "constant"],
    ]);
    const [alike, apart] = record.comparisons;
    expect(alike).toMatchObject({ difference: { status: "ok", estimate: 0, p: 1 }, pHolm: 1, distinguishable: false });
    if (apart?.difference.status !== "ok") throw new Error("expected a difference");
    const pgrs = record.rows.flatMap(({ method, pgr }) =>
      pgr?.status === "ok" ? [[method, pgr.estimate] as const] : [],
    );
    const of = new Map(pgrs);
    expect(apart.difference.estimate).toBeCloseTo(of.get("naive")! - of.get("constant")!, 10);
    expect(apart.pHolm).toBeCloseTo(Math.min(1, 3 * apart.difference.p), 12);
    expect(apart.distinguishable).toBe(apart.pHolm! < 0.05);
    expect(record.resolvable?.measured).toMatchObject({ comparisons: 3, gap: expect.any(Number) });
  });

  test("says beforehand what difference it can find, counting groups; with one method nothing", async () => {
    const started = async (options: Partial<ExperimentOptions>) => {
      await using run = experiment({ ...base, methods: [naive(), naive({ hard: true })], ...options });
      for await (const event of run) if (event.type === "started") return event.resolvable;
      return undefined;
    };
    const plan = await started({});
    expect(plan).toMatchObject({ gap: 0.15, n: 400, seeds: 3, power: 0.8, level: 0.95, comparisons: 1, groupSize: 1 });
    expect(plan!.difference).toBeGreaterThan(0.1);
    expect((await started({ seeds: 10 }))!.difference).toBeLessThan(plan!.difference);
    expect(await started({ methods: [naive()] })).toBeUndefined();
    const grouped = await createTestbed({
      name: "grouped",
      train_label: texts(80, "a"),
      train_unlabel: texts(300, "b"),
      test: texts(400, "c").map((row, i) => ({ ...row, group: i % 20 })),
    });
    const inGroups = await started({ testbed: grouped });
    expect(inGroups).toMatchObject({ n: 400, groupSize: 20 });
    expect(inGroups!.difference).toBeGreaterThan(plan!.difference);
    const { record } = await results({ methods: [naive()] });
    expect(record).toMatchObject({ resolvable: null, comparisons: [] });
  });
});
