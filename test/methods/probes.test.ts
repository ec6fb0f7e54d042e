import { expect, test } from "vitest";
import { huggingFace, type Method, matrix, probeFilter, probeRelabel, type StudentFit } from "weak-to-strong";
import { crossFitted, holdOut } from "../../src/methods/folds.js";
import { nearestMeans } from "../../src/methods/nearest.js";
import { accuracyOf, contextOf, type Planted, planted, studentOn } from "./context.js";

/** The last thing that the method trains, where probes are fitted by the plain student. */
async function lastFit(method: Method, { examples, weakLabels, features }: Planted): Promise<StudentFit> {
  const student = studentOn(features);
  let last: StudentFit | undefined;
  await method(
    contextOf({
      examples,
      weakLabels,
      features: async () => features,
      fit: (options) => {
        last = options;
        return student(options);
      },
    }),
  );
  return last!;
}

for (const probe of ["knn", "logistic"] as const) {
  test(`relabelling by the ${probe} probe mends labels that features contradict`, async () => {
    const problem = planted(500, 0.25);
    const { targets } = await lastFit(probeRelabel({ probe }), problem);
    expect(accuracyOf(problem.weakLabels, problem.truth)).toBeLessThan(0.8);
    expect(accuracyOf(targets, problem.truth)).toBeGreaterThan(0.9);
  });

  test(`the ${probe} filter drops the share asked for, and wrong labels far more often than right ones`, async () => {
    const problem = planted(500, 0.25);
    const { rows, targets } = await lastFit(probeFilter({ probe, drop: 0.2 }), problem);
    const kept = Array.from(rows!);
    expect(kept).toEqual([...kept].sort((a, b) => a - b));
    expect(kept).toHaveLength(400);
    expect(targets.data.slice(0, 2)).toEqual(problem.weakLabels.data.slice(2 * kept[0]!, 2 * kept[0]! + 2));
    const dropped = problem.wrong.filter((_, i) => !kept.includes(i));
    // Blind dropping would find the base rate, .25.
    expect(dropped.filter(Boolean).length / dropped.length).toBeGreaterThan(0.7);
  });
}

test("a filter that drops nothing trains on all weak labels", async () => {
  const problem = planted(60, 0.25);
  const { rows, targets } = await lastFit(probeFilter({ probe: "knn", k: 5, drop: 0 }), problem);
  expect(Array.from(rows!)).toEqual([...problem.truth.keys()]);
  expect(targets).toEqual(problem.weakLabels);
});

test("the nearest of all is the class balance, and the nearest one the closest other row", async () => {
  const features = matrix([[0], [1], [10], [11.5], [30], [32]]);
  const labels = matrix([0.1, 0.2, 0.6, 0.7, 0.9, 0.5].map((p) => [1 - p, p]));
  const { signal } = new AbortController();
  const nearest = await nearestMeans(features, labels, 1, signal);
  expect(Array.from(nearest.data.filter((_, at) => at % 2 === 1))).toEqual(
    [0.2, 0.1, 0.7, 0.6, 0.5, 0.9].map(Math.fround),
  );
  for (const k of [5, 6, 1000]) {
    const balance = await nearestMeans(features, labels, k, signal);
    for (const [i, own] of [0.1, 0.2, 0.6, 0.7, 0.9, 0.5].entries())
      expect(balance.data[2 * i + 1]).toBeCloseTo((3 - own) / 5, 5);
  }
});

test("neighbours are the same by brute force, also where rows are fewer than are worked on at a time", async () => {
  for (const count of [2, 3, 5, 47]) {
    const { features, weakLabels } = planted(count, 0.2, count);
    const found = await nearestMeans(features, weakLabels, 3, new AbortController().signal);
    const z = zScores(features.data, count, 6);
    for (let i = 0; i < count; i++) {
      const others = [...Array(count).keys()].filter((j) => j !== i);
      const distance = (j: number) => z[i]!.reduce((sum, x, c) => sum + (x - z[j]![c]!) ** 2, 0);
      const nearest = others.sort((a, b) => distance(a) - distance(b)).slice(0, 3);
      const mean = nearest.reduce((sum, j) => sum + weakLabels.data[2 * j + 1]!, 0) / nearest.length;
      expect(found.data[2 * i + 1]).toBeCloseTo(mean, 5);
    }
  }
});

test("looking for neighbours ends when it is aborted", async () => {
  const { features, weakLabels } = planted(400, 0.2);
  const reason = new Error("changed my mind");
  await expect(nearestMeans(features, weakLabels, 3, AbortSignal.abort(reason))).rejects.toBe(reason);
});

test("the logistic probe of a fine-tuned student is a head on its middle layer", async () => {
  const { examples, weakLabels, features } = planted(50, 0.2);
  const student = huggingFace({ id: "some/model", maxTokens: 99 });
  const fits: StudentFit[] = [];
  const states = Array.from({ length: 13 }, () => matrix([[0]]));
  const fit = studentOn(features);
  await probeRelabel()(
    contextOf({
      student,
      examples,
      weakLabels,
      embed: async ({ layers, inputs }) => {
        expect([layers, inputs]).toEqual(["all", [examples[0]!.input]]);
        return states;
      },
      fit: (options) => {
        fits.push(options);
        return fit(options);
      },
    }),
  );
  expect(fits).toHaveLength(6);
  for (const { model } of fits.slice(0, 5))
    expect(model).toMatchObject({
      type: "linear",
      features: { type: "hidden-states", model: { id: "some/model" }, layer: 6, maxTokens: 99 },
    });
  expect(fits[5]!.model).toBeUndefined();
});

const grouped = Array.from({ length: 90 }, (_, i) => ({
  id: `${i}`,
  input: { text: `${i}` },
  group: Math.floor(i / 9),
}));

test("cross-fitting predicts every example by a model that has seen neither it nor its group", async () => {
  const targets = matrix(grouped.map(() => [0.5, 0.5]));
  const seen: number[][] = [];
  const out = await crossFitted(
    {
      examples: grouped,
      seed: 0,
      fit: async ({ rows }) => {
        const fold = seen.push(Array.from(rows!)) - 1;
        const train = matrix(grouped.map(() => [fold, -fold]));
        return { predictions: { test: train, train } } as never;
      },
    },
    targets,
    { folds: 3 },
  );
  for (const [i, { group }] of grouped.entries()) {
    const trained = seen[out.data[2 * i]!]!;
    expect(trained.some((j) => grouped[j]!.group === group)).toBe(false);
  }
  expect(seen.map((rows) => rows.length).sort()).toEqual([54, 63, 63]);
});

test("what is held out is about the share asked for, whole groups, and another draw for another seed", () => {
  const { held, others } = holdOut(grouped, 0.2, 0);
  expect(held.length).toBe(18);
  expect([...held, ...others].sort((a, b) => a - b)).toEqual([...grouped.keys()]);
  const groups = (rows: Int32Array) => new Set(Array.from(rows, (i) => grouped[i]!.group));
  expect([...groups(held)].filter((group) => groups(others).has(group))).toEqual([]);
  const alone = grouped.map(({ id, input }) => ({ id, input }));
  expect(holdOut(alone, 0.1, 0).held).toHaveLength(9);
  expect(holdOut(alone, 0.1, 0)).toEqual(holdOut(alone, 0.1, 0));
  expect(holdOut(alone, 0.1, 1)).not.toEqual(holdOut(alone, 0.1, 0));
  const one = grouped.map((example) => ({ ...example, group: 7 }));
  expect(() => holdOut(one, 0.1, 0)).toThrow(/too few training examples .* 90 in 1 groups/);
});

test("a probe that there is not is refused", () => {
  expect(() => probeRelabel({ probe: "svm" as never })).toThrow('expected "logistic" or "knn", found "svm"');
  expect(() => probeFilter({ k: 0 })).toThrow("probeFilter: k: expected a whole number of at least 1, found 0");
  expect(probeFilter({ probe: "knn", drop: 0.2 }).methodName).toBe("probe-filter(probe=knn, drop=0.2)");
});

function zScores(data: Float32Array, rows: number, columns: number): number[][] {
  const out = Array.from({ length: rows }, (_, i) => Array.from(data.subarray(i * columns, (i + 1) * columns)));
  for (let c = 0; c < columns; c++) {
    const values = out.map((line) => line[c]!);
    const mean = values.reduce((a, b) => a + b) / rows;
    const std = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rows);
    for (const line of out) line[c] = (line[c]! - mean) / std;
  }
  return out;
}
