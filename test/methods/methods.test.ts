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
  type Method,
  matrix,
  naive,
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
  const loss = { name: "confidence", alpha: 0.5, ramp: 0.2 };
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
    strongToStrong({ rounds: 0 }),
    bootstrapping({ through: [] }),
    weakEnsemble({ teachers: 1 }),
    probeFilter({ probe: "knn", drop: 0 }),
  ];
  await using run = experiment({ testbed: await digits(), trainer, methods: [naive(), ...limits], seeds: [7] });
  const [, plain, ...rows] = (await run.result()).rows;
  for (const { method, accuracy, error } of rows.slice(0, -1))
    expect({ method, accuracy, error }).toEqual({ method, accuracy: plain!.accuracy, error: undefined });
}, 120_000);

test("on digits, what listens to the student recovers more than naive training, and each method gives a result", async () => {
  await using trainer = pythonTrainer();
  const others = [
    reverseKl(),
    confidenceWindow(),
    labelSmoothing(),
    strongToStrong({ rounds: 1 }),
    bootstrapping({ through: [linear(pixels({ pool: 1 }), { epochs: 100 })] }),
    weakEnsemble({ teachers: 2 }),
    probeRelabel(),
    probeFilter(),
    earlyStopping(),
  ];
  const methods = [naive(), product(), confidence(), ...others];
  await using run = experiment({ testbed: await digits(), trainer, methods, seeds: 2 });
  const rows = (await run.result()).rows.slice(1, -1);
  expect(rows.map(({ error }) => error).filter(Boolean)).toEqual([]);
  const [plain, multiplied, confident, ...rest] = rows.map(({ accuracy }) => accuracy!);
  expect(multiplied!).toBeGreaterThan(plain! + 0.02);
  expect(confident!).toBeGreaterThan(multiplied!);
  for (const accuracy of rest) expect(accuracy).toBeGreaterThan(0.7);
}, 120_000);
