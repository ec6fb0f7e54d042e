import { expect, test } from "vitest";
import {
  bootstrapping,
  confidence,
  confidenceWindow,
  confidentLabels,
  digits,
  earlyStopping,
  experiment,
  labelSmoothing,
  linear,
  type Matrix,
  type Method,
  matrix,
  naive,
  named,
  pixels,
  probeFilter,
  probeRelabel,
  product,
  reverseKl,
  type StudentFit,
  strongOnTeacherLabels,
  strongToStrong,
  weakEnsemble,
} from "weak-to-strong";
import { pythonTrainer } from "weak-to-strong/trainers/python";
import { fitOf } from "./context.js";

const weakLabels = matrix([
  [0.9, 0.1],
  [0.4, 0.6],
  [0.2, 0.8],
  [0.5, 0.5],
]);
const teacherLabels = matrix([[1, 0]]);

const asked = (method: Method): Promise<StudentFit> =>
  fitOf(method, { weakLabels, ...(method.control && { teacherLabels }) });

test("naive trains on the weak labels as they are", async () => {
  expect(await asked(naive())).toEqual({ targets: weakLabels });
});

test("naive, hard: on their argmax; the lower class wins a tie", async () => {
  const rows = [
    [1, 0],
    [0, 1],
    [0, 1],
    [1, 0],
  ];
  expect(await asked(naive({ hard: true }))).toEqual({ targets: matrix(rows) });
});

test("confidence trains with the auxiliary loss and its parameters", async () => {
  const loss = { name: "confidence", alpha: 0.5, ramp: 0.2, harden: "auto" };
  expect(await asked(confidence())).toEqual({ targets: weakLabels, loss });
  expect(await asked(confidence({ alpha: 0.75, ramp: 0 }))).toMatchObject({ loss: { alpha: 0.75, ramp: 0 } });
});

test("confident labels keeps the rows above the threshold, and says when there is none", async () => {
  const kept = matrix([
    [0.9, 0.1],
    [0.2, 0.8],
  ]);
  expect(await asked(confidentLabels())).toEqual({ rows: Int32Array.of(0, 2), targets: kept });
  await expect(asked(confidentLabels({ threshold: 0.95 }))).rejects.toThrow(
    /No weak label .* 0\.95 .* 0\.900\); lower/,
  );
  for (const threshold of [-0.1, 1.5, Number.NaN])
    expect(() => confidentLabels({ threshold })).toThrow(
      `confidentLabels: threshold: expected a number from 0 to 1, found ${threshold}.`,
    );
});

test("the control trains on the teacher's examples", async () => {
  expect(await asked(strongOnTeacherLabels())).toEqual({ on: "teacher examples", targets: teacherLabels });
});

test("names are stable, and show what differs from the default", () => {
  expect(
    [naive(), naive({ hard: true }), confidence({ alpha: 0.5 }), confidence({ alpha: 0.75 })].map((m) => m.methodName),
  ).toEqual(["naive", "naive(hard)", "confidence", "confidence(alpha=0.75)"]);
});

test("on digits the confidence loss recovers clearly more than naive training, as was measured before", async () => {
  await using trainer = pythonTrainer();
  await using run = experiment({ testbed: await digits(), trainer, methods: [naive(), confidence()], seeds: 3 });
  const { rows } = await run.result();
  const [weak, plain, confident, ceiling] = rows;
  expect(weak!.accuracy).toBeGreaterThan(0.7);
  expect(weak!.accuracy).toBeLessThan(0.85);
  expect(ceiling!.accuracy).toBeGreaterThan(0.95);
  expect(plain!.pgr).toMatchObject({ status: "ok" });
  expect(confident!.accuracy! - plain!.accuracy!).toBeGreaterThan(0.03);
}, 120_000);

test("at its limit every method is naive training, on every test example", async () => {
  await using trainer = pythonTrainer();
  const limits = [
    confidence({ alpha: 0 }),
    confidenceWindow({ radius: 0.5 }),
    labelSmoothing({ epsilon: 0 }),
    confidentLabels({ threshold: 0 }),
    strongToStrong({ rounds: 0 }),
    bootstrapping({ through: [] }),
    weakEnsemble({ teachers: 1 }),
    probeFilter({ probe: "knn", drop: 0 }),
  ];
  const predictions = new Map<string, Matrix>();
  const watched = [naive(), ...limits, product({ beta: 0 })].map((method) =>
    named(method.methodName!, async (context) => {
      const result = await method(context);
      predictions.set(method.methodName!, result.predictions.test);
      return result;
    }),
  );
  await using run = experiment({ testbed: await digits(), trainer, methods: watched, seeds: [7] });
  expect((await run.result()).rows.map(({ error }) => error).filter(Boolean)).toEqual([]);
  const plain = predictions.get("naive")!;
  expect(plain.rows).toBeGreaterThan(700);
  for (const { methodName } of limits) expect([methodName, predictions.get(methodName!)]).toEqual([methodName, plain]);
  // The product's target is computed in logarithms, so that it equals w but for rounding.
  const product0 = predictions.get("product(beta=0)")!;
  expect(Math.max(...plain.data.map((p, at) => Math.abs(p - product0.data[at]!)))).toBeLessThan(1e-3);
}, 120_000);

/** By how much the accuracy on digits may differ from naive training's, of two seeds: as measured, give or take 0.02. */
const differences: readonly (readonly [method: Method, least: number, most: number])[] = [
  [product(), 0.015, 0.055],
  [confidence(), 0.035, 0.08],
  [reverseKl(), -0.02, 0.02],
  [confidenceWindow(), -0.027, 0.013],
  [labelSmoothing(), -0.014, 0.026],
  [strongToStrong({ rounds: 1 }), -0.02, 0.02],
  [bootstrapping({ through: [linear(pixels({ pool: 1 }), { epochs: 100 })] }), -0.012, 0.028],
  [weakEnsemble({ teachers: 2 }), -0.046, -0.006], // a teacher on a bootstrap draw has seen fewer examples
  [probeRelabel(), -0.02, 0.02],
  [probeFilter(), -0.023, 0.017],
  [earlyStopping(), -0.02, 0.02],
];

test("on digits each method differs from naive training by what was measured", async () => {
  await using trainer = pythonTrainer();
  const methods = [naive(), ...differences.map(([method]) => method)];
  await using run = experiment({ testbed: await digits(), trainer, methods, seeds: 2 });
  const [plain, ...rows] = (await run.result()).rows.slice(1, -1);
  expect(rows).toHaveLength(differences.length);
  for (const [at, { method, accuracy, error }] of rows.entries()) {
    const [, least, most] = differences[at]!;
    const difference = accuracy! - plain!.accuracy!;
    expect({ method, difference, error }).toEqual({ method, difference: expect.any(Number), error: undefined });
    expect(difference, method).toBeGreaterThan(least);
    expect(difference, method).toBeLessThan(most);
  }
}, 120_000);
