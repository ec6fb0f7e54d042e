import { expect, test } from "vitest";
import {
  createTestbed,
  type ExperimentOptions,
  experiment,
  type FitRequest,
  hashedWords,
  linear,
  type Matrix,
  named,
  type Trainer,
} from "weak-to-strong";
import { pythonTrainer } from "weak-to-strong/trainers/python";
import { texts } from "../fixtures/texts.js";
import { complete } from "../trainers/complete.js";

/* What methods may ask of their context, and what they may not. */

const testbed = await createTestbed({
  name: "tiny",
  train_label: texts(80, "a"),
  train_unlabel: texts(120, "b"),
  test: texts(200, "c"),
});
const model = linear(hashedWords(), { epochs: 3, learningRate: 0.05 });
const base = { testbed, teacher: model, teacherExamples: 40, student: model, seeds: [3] } as const;

async function record(options: Partial<ExperimentOptions> & Pick<ExperimentOptions, "methods" | "trainer">) {
  await using run = experiment({ ...base, ...options });
  return (await run.result()).record;
}

const errorOf = async (trainer: Trainer, name: string, method: Parameters<typeof named>[1]) =>
  (await record({ trainer, methods: [named(name, method)] })).rows.find((row) => row.method === name)!.error;

test("a method cannot go on from a checkpoint that is not its own: the ceiling's was trained on the truth", async () => {
  await using trainer = pythonTrainer();
  const before = await record({ trainer, methods: [named("plain", (c) => c.fit({ targets: c.weakLabels }))] });
  const ceiling = before.runs.find(({ method }) => method === "ceiling")!.checkpoint!;
  const still = { learningRate: 1e-9, epochs: 1 };
  expect(
    await errorOf(trainer, "thief", (context) =>
      context.fit({ targets: context.weakLabels, from: { id: ceiling.id }, optimizer: still }),
    ),
  ).toMatch(/from: expected a checkpoint that a fit of this method with this seed returned/);
  expect(
    await errorOf(trainer, "honest", async (context) => {
      const { checkpoint } = await context.fit({ targets: context.weakLabels });
      return context.fit({ targets: context.weakLabels, from: checkpoint, optimizer: still });
    }),
  ).toBeUndefined();
});

test("validation rows are not trained on", async () => {
  const halves = ({ weakLabels }: { weakLabels: Matrix }) => ({
    targets: { ...weakLabels, rows: 60, data: weakLabels.data.slice(0, 120) },
    rows: Array.from({ length: 60 }, (_, i) => i),
  });
  const validation = (from: number, weakLabels: Matrix) => ({
    rows: Array.from({ length: 60 }, (_, i) => from + i),
    targets: { ...weakLabels, rows: 60, data: weakLabels.data.slice(2 * from, 2 * from + 120) },
    keep: "best" as const,
  });
  expect(
    await errorOf(complete, "overlapping", (context) =>
      context.fit({ ...halves(context), validation: validation(59, context.weakLabels) }),
    ),
  ).toMatch(/validation\.rows: expected rows that are not trained on, but row 59 is/);
  expect(
    await errorOf(complete, "all", (context) =>
      context.fit({ targets: context.weakLabels, validation: validation(60, context.weakLabels) }),
    ),
  ).toMatch(/row 60 is; leave it out of `rows`/);
  expect(
    await errorOf(complete, "apart", (context) =>
      context.fit({ ...halves(context), validation: validation(60, context.weakLabels) }),
    ),
  ).toBeUndefined();
});

test("further teachers are bootstraps of the teacher's own examples, drawn by the seed and paid by the method", async () => {
  const fits: FitRequest[] = [];
  const watched: Trainer = {
    ...complete,
    fit: (request, options) => {
      fits.push(request);
      return complete.fit(request, options);
    },
  };
  const labels: (readonly Matrix[])[] = [];
  const method = named("asks", async (context) => {
    labels.push(await context.teachers(3));
    return context.fit({ targets: labels.at(-1)![0]! });
  });
  const first = await record({ trainer: watched, methods: [method] });
  const drawn = fits.filter(({ train }) => train.weights);
  expect(drawn).toHaveLength(3);
  const own = fits.find(({ train }) => !train.weights && train.indices?.length === 40)!;
  for (const { train } of drawn) {
    expect(train.indices).toEqual(own.train.indices);
    expect(train.targets).toEqual(own.train.targets);
    expect(train.weights!.reduce((sum, weight) => sum + weight, 0)).toBe(40);
    expect(
      train.weights!.some((weight) => weight === 0),
      "a draw with replacement leaves some out",
    ).toBe(true);
  }
  expect(new Set(drawn.map(({ train }) => train.weights!.join())).size, "each draw is its own").toBe(3);
  expect(labels[0]![0]!.data).not.toEqual(labels[0]![1]!.data);
  expect(first.cost.fits, "teacher, ceiling, three more teachers, the student").toBe(6);
  await record({ trainer: watched, methods: [method] });
  expect(labels[1], "the same seed, the same draws").toEqual(labels[0]);
});
