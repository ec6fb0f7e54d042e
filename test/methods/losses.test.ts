import { afterAll, expect, test } from "vitest";
import {
  confidence,
  confidenceAsReleased,
  confidenceWindow,
  hashedWords,
  linear,
  type Matrix,
  type Method,
  matrix,
  naive,
  product,
  reverseKl,
} from "weak-to-strong";
import { pythonTrainer } from "weak-to-strong/trainers/python";
import { fitOf } from "./context.js";
import { type WorkerTask, wordyTexts, workerContext } from "./worker.js";

const trainer = pythonTrainer();
afterAll(() => trainer[Symbol.asyncDispose]());

const { texts, truth } = wordyTexts(300, "losses");
const soft = matrix(Array.from(truth, (y, i) => ((y === 1) === i % 5 > 0 ? [0.25, 0.75] : [0.75, 0.25])));
const turned = matrix(Array.from(truth, (_, i) => [soft.data[2 * i + 1]!, soft.data[2 * i]!]));
/** Trained for so long that it is at its loss's minimum. */
const patient = linear(hashedWords(), { weightDecay: 0, epochs: 400, learningRate: 0.05 });
const task: WorkerTask = { train: texts, weakLabels: soft, test: texts };

async function predicted(method: Method, given: Partial<WorkerTask> = {}): Promise<Matrix> {
  return (await method(workerContext(trainer, { ...task, ...given }))).predictions.test;
}

const farthest = (a: Matrix, b: Matrix): number =>
  a.data.reduce((most, value, at) => Math.max(most, Math.abs(value - b.data[at]!)), 0);
const sureness = ({ data, rows }: Matrix): number =>
  Array.from({ length: rows }, (_, i) => Math.max(data[2 * i]!, data[2 * i + 1]!)).reduce((a, b) => a + b) / rows;

test("methods ask for their losses by name, with all parameters", async () => {
  const lossOf = async (method: Method) => (await fitOf(method)).loss;
  expect(await lossOf(product({ beta: 0.5 }))).toEqual({ name: "product", alpha: 1, beta: 0.5, ramp: 0 });
  expect(await lossOf(product({ ramp: 0.3 }))).toMatchObject({ ramp: 0.3 });
  expect(await lossOf(confidenceWindow())).toEqual({ name: "confidence_window", radius: 0.15 });
  expect(await lossOf(reverseKl())).toEqual({ name: "reverse_kl", entropy: 1 });
  expect(await lossOf(confidence({ harden: "argmax" }))).toMatchObject({ harden: "argmax" });
  expect(await lossOf(confidenceAsReleased())).toEqual({ name: "confidence_openai" });
});

test("the product loss with beta 0 is cross-entropy, and with alpha 0 learns nothing from labels", async () => {
  expect(farthest(await predicted(product({ beta: 0 })), await predicted(naive()))).toBeLessThan(1e-3);
  const deaf = await predicted(product({ alpha: 0 }));
  expect(await predicted(product({ alpha: 0 }), { weakLabels: turned })).toEqual(deaf);
  // Its target is f itself, so nothing moves it from where it begins, near 1/2.
  for (const p of deaf.data) expect(Math.abs(p - 0.5)).toBeLessThan(0.1);
});

test("reverse KL commits to the surer side of contradictory labels, where cross-entropy averages", async () => {
  // The same text a hundred times: 60 labels of .95, 40 of .35.
  const labels = Array.from({ length: 100 }, (_, i) => (i % 5 < 3 ? [0.05, 0.95] : [0.65, 0.35]));
  const same = {
    train: labels.map(() => "one text"),
    test: ["one text"],
    weakLabels: matrix(labels),
    student: patient,
  };
  const average = (await predicted(naive(), same)).data[1]!;
  const committed = (await predicted(reverseKl(), same)).data[1]!;
  expect(average).toBeCloseTo(0.6 * 0.95 + 0.4 * 0.35, 2); // the arithmetic mean
  const odds = 0.6 * Math.log(0.95 / 0.05) + 0.4 * Math.log(0.35 / 0.65);
  expect(committed).toBeCloseTo(1 / (1 + Math.exp(-odds)), 2); // the geometric one, .82
});

test("reverse KL is least where the student agrees with a consistent teacher; without entropy at the argmax", async () => {
  const one = { train: ["one text"], test: ["one text"], weakLabels: matrix([[0.3, 0.7]]), student: patient };
  expect((await predicted(reverseKl(), one)).data[1]!).toBeCloseTo(0.7, 2);
  expect((await predicted(reverseKl({ entropy: 0 }), one)).data[1]!).toBeGreaterThan(0.95);
});

test("hardening each row by itself lets the classes' balance go, which the quantile holds", async () => {
  // Nine of ten labels lean to class 1, with less confidence than the tenth has in class 0.
  const leaning = matrix(Array.from(truth, (y, i) => (i % 10 === 0 ? [0.9, 0.1] : y ? [0.3, 0.7] : [0.45, 0.55])));
  const ones = async (harden: "auto" | "balance" | "argmax") => {
    const { data, rows } = await predicted(confidence({ alpha: 1, ramp: 0, harden }), { weakLabels: leaning });
    return data.filter((p, at) => at % 2 === 1 && p > 0.5).length / rows;
  };
  const balance = leaning.data.filter((_, at) => at % 2 === 1).reduce((a, b) => a + b) / truth.length;
  expect(Math.abs((await ones("balance")) - balance)).toBeLessThan(0.1);
  expect(await ones("auto")).toBe(await ones("balance"));
  expect(Math.abs((await ones("argmax")) - balance)).toBeGreaterThan(0.1);
});

test("a product whose ramp is all of training is nearer to naive than one without", async () => {
  const plain = await predicted(naive());
  expect(farthest(await predicted(product({ ramp: 1 })), plain)).toBeLessThan(
    farthest(await predicted(product()), plain),
  );
});

test("parameters that cannot be are refused before anything is trained, by name", () => {
  const refused = [
    [() => confidence({ alpha: 5 }), "confidence: alpha: expected a number from 0 to 1, found 5."],
    [() => confidence({ alpha: Number.NaN }), "confidence: alpha: expected a number from 0 to 1, found NaN."],
    [() => confidence({ ramp: -1 }), "confidence: ramp: expected a number from 0 to 1, found -1."],
    [() => confidence({ harden: "soft" as never }), 'confidence: harden: expected "auto", "balance" or "argmax"'],
    [() => product({ ramp: 2 }), "product: ramp: expected a number from 0 to 1, found 2."],
    [() => reverseKl({ entropy: -0.5 }), "reverseKl: entropy: expected a number from 0 to 1, found -0.5."],
  ] as const;
  for (const [make, message] of refused) expect(make).toThrow(message);
});

test("a window as wide as can be is naive training, and one of no width learns nothing", async () => {
  expect(await predicted(confidenceWindow({ radius: 0.5 }))).toEqual(await predicted(naive()));
  const shut = await predicted(confidenceWindow({ radius: 0 }));
  expect(await predicted(confidenceWindow({ radius: 0 }), { weakLabels: turned })).toEqual(shut);
});

test("with a window of .15 no example is driven much beyond .65", async () => {
  const hard = matrix(Array.from(truth, (y) => (y ? [0, 1] : [1, 0])));
  const naively = sureness(await predicted(naive(), { weakLabels: hard, student: patient }));
  const windowed = sureness(await predicted(confidenceWindow(), { weakLabels: hard, student: patient }));
  expect(naively).toBeGreaterThan(0.95);
  expect(windowed).toBeLessThan(0.8);
});

test("both confidence losses make the student surer than its teacher, by different ways", async () => {
  const [plain, paper, released] = [
    await predicted(naive()),
    await predicted(confidence()),
    await predicted(confidenceAsReleased()),
  ];
  expect(sureness(paper)).toBeGreaterThan(sureness(plain) + 0.05);
  expect(sureness(released)).toBeGreaterThan(sureness(plain) + 0.05);
  expect(released).not.toEqual(paper);
});

test("the released confidence loss says that it is for two classes", async () => {
  const three = { ...task, weakLabels: matrix(texts.map(() => [0.2, 0.3, 0.5])) };
  await expect(predicted(confidenceAsReleased(), three)).rejects.toThrow(/two classes, found 3/);
});
