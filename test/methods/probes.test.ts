import { expect, test } from "vitest";
import {
  huggingFace,
  type Matrix,
  type Method,
  matrix,
  probeFilter,
  probeRelabel,
  row,
  type StudentFit,
} from "weak-to-strong";
import { random } from "../../src/data/random.js";
import { crossFitted, holdOut, wholeGroups } from "../../src/methods/folds.js";
import { nearestMeans } from "../../src/methods/nearest.js";
import { accuracyOf, contextOf, gaussian, type Planted, planted, studentOn } from "./context.js";

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
  const groups = [0, 1, 2, 3, 4, 5].map((i) => [i]);
  const nearest = await nearestMeans(features, labels, { k: 1, groups, signal });
  expect(Array.from(nearest.data.filter((_, at) => at % 2 === 1))).toEqual(
    [0.2, 0.1, 0.7, 0.6, 0.5, 0.9].map(Math.fround),
  );
  for (const k of [5, 6, 1000]) {
    const balance = await nearestMeans(features, labels, { k, groups, signal });
    for (const [i, own] of [0.1, 0.2, 0.6, 0.7, 0.9, 0.5].entries())
      expect(balance.data[2 * i + 1]).toBeCloseTo((3 - own) / 5, 5);
  }
});

test("neighbours are the same by brute force, also where rows are fewer than are worked on at a time", async () => {
  for (const count of [2, 3, 5, 47]) {
    const { features, weakLabels } = planted(count, 0.2, count);
    const groups = Array.from({ length: count }, (_, i) => [i]);
    const { signal } = new AbortController();
    const found = await nearestMeans(features, weakLabels, { k: 3, groups, signal });
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
  const { examples, features, weakLabels } = planted(400, 0.2);
  const reason = new Error("changed my mind");
  const asked = { k: 3, groups: wholeGroups(examples), signal: AbortSignal.abort(reason) };
  await expect(nearestMeans(features, weakLabels, asked)).rejects.toBe(reason);
});

test("no row of the own group is a neighbour, however near; a group of which no other is left has their mean", async () => {
  const features = matrix([[0], [0.1], [0.2], [5], [5.1], [9]]);
  const labels = matrix([0.1, 0.2, 0.3, 0.6, 0.7, 0.9].map((p) => [1 - p, p]));
  const { signal } = new AbortController();
  const groups = [[0, 1, 2], [3, 4], [5]];
  const ones = async (k: number) =>
    (await nearestMeans(features, labels, { k, groups, signal })).data.filter((_, at) => at % 2 === 1);
  expect(Array.from(await ones(1))).toEqual([0.6, 0.6, 0.6, 0.9, 0.9, 0.7].map(Math.fround));
  for (const [i, mean] of [2.2 / 3, 2.2 / 3, 2.2 / 3, 1.5 / 4, 1.5 / 4, 1.9 / 5].entries())
    expect((await ones(50))[i]).toBeCloseTo(mean, 5);
});

for (const probe of ["knn", "logistic"] as const) {
  test(`the ${probe} probe judges a document of near-duplicates without the document's own labels`, async () => {
    const of = planted(80, 0.25, 3);
    const documents = Array.from({ length: 800 }, (_, i) => Math.floor(i / 10));
    const uniform = random("copies");
    const features = matrix(documents.map((i) => Array.from(row(of.features, i), (x) => x + 0.01 * gaussian(uniform))));
    const problem = {
      ...of,
      features,
      examples: documents.map((group, i) => ({ id: `${i}`, input: { text: `${i}` }, group })),
    };
    const judged = async (turned: number): Promise<Matrix> => {
      const labels = documents.map((i) => (i === turned ? row(of.weakLabels, i).toReversed() : row(of.weakLabels, i)));
      const method = probeRelabel(probe === "knn" ? { probe, k: 150 } : {});
      return (await lastFit(method, { ...problem, weakLabels: matrix(labels) })).targets;
    };
    const [asIs, turned] = [await judged(-1), await judged(7)];
    expect(turned.data.slice(2 * 70, 2 * 80)).toEqual(asIs.data.slice(2 * 70, 2 * 80));
    expect(turned).not.toEqual(asIs); // others hear them
    const truth = documents.map((i) => of.truth[i]!);
    expect(accuracyOf(matrix(documents.map((i) => row(of.weakLabels, i))), truth)).toBeLessThan(0.8);
    expect(accuracyOf(asIs, truth)).toBeGreaterThan(0.85);
  });
}

test("neighbours need a second group", async () => {
  const problem = planted(20, 0.2);
  const examples = problem.examples.map((example) => ({ ...example, group: 1 }));
  await expect(lastFit(probeRelabel({ probe: "knn" }), { ...problem, examples })).rejects.toThrow(
    /too few training examples to have neighbours: found 20 in 1 groups/,
  );
});

test.each([
  [12, 6],
  [7, 4], // of two middle layers the upper one, as the trainer suite has it for `layers: "middle"`
])(
  "the logistic probe of a fine-tuned student of %i blocks is a head on its middle layer, %i",
  async (depth, layer) => {
    const { examples, weakLabels, features } = planted(50, 0.2);
    const student = huggingFace({ id: "some/model", maxTokens: 99 });
    const fits: StudentFit[] = [];
    const states = Array.from({ length: depth + 1 }, () => matrix([[0]]));
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
        features: { type: "hidden-states", model: { id: "some/model" }, layer, maxTokens: 99 },
      });
    expect(fits[5]!.model).toBeUndefined();
  },
);

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
  expect(() => probeFilter({ probe: "knn", k: 0 })).toThrow("probeFilter: k: expected a whole number of at least 1");
  for (const method of [probeRelabel, probeFilter]) {
    expect(() => method({ k: 10 })).toThrow(/^probe.*: k: the logistic probe has no neighbours, found 10/);
    expect(() => method({ probe: "logistic", k: 50 })).toThrow(/no neighbours/);
  }
  expect(probeRelabel({ probe: "knn", k: 10 }).methodName).toBe("probe-relabel(probe=knn, k=10)");
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
