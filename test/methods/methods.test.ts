import { expect, test } from "vitest";
import {
  confidence,
  confidentLabels,
  digits,
  experiment,
  hashedWords,
  linear,
  type Method,
  type MethodContext,
  matrix,
  naive,
  type StudentFit,
  strongOnTeacherLabels,
} from "weak-to-strong";
import { pythonTrainer } from "weak-to-strong/trainers/python";

const weakLabels = matrix([
  [0.9, 0.1],
  [0.4, 0.6],
  [0.2, 0.8],
  [0.5, 0.5],
]);
const teacherLabels = matrix([[1, 0]]);

const unexpected = async (): Promise<never> => {
  throw new Error("this method was not expected to ask for that");
};

/** What the method asks the student to be trained on. */
async function asked(method: Method): Promise<StudentFit> {
  const fits: StudentFit[] = [];
  const context: MethodContext = {
    examples: [],
    weakLabels,
    classes: 2,
    kind: "classification",
    student: linear(hashedWords()),
    seed: 0,
    signal: new AbortController().signal,
    emit: () => undefined,
    features: unexpected,
    embed: unexpected,
    score: unexpected,
    teachers: unexpected,
    fit: async (options) => {
      fits.push(options);
      return { predictions: { test: weakLabels } } as never;
    },
    ...(method.control && { teacherLabels }),
  };
  await method(context);
  expect(fits).toHaveLength(1);
  return fits[0]!;
}

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

test("the confidence loss with alpha 0 is cross-entropy", async () => {
  await using trainer = pythonTrainer();
  await using run = experiment({
    testbed: await digits(),
    trainer,
    methods: [naive(), confidence({ alpha: 0 })],
    seeds: [7],
  });
  const [, plain, confident] = (await run.result()).rows;
  expect(confident!.accuracy).toBe(plain!.accuracy);
}, 120_000);
