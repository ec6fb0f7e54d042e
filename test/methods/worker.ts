import { dataset, hashedWords, type LinearModel, linear, type MethodContext, type Trainer } from "weak-to-strong";
import { random } from "../../src/data/random.js";
import { contextOf } from "./context.js";

/** What a method is given to work on, the student being a real one. */
export interface WorkerTask {
  readonly train: readonly string[];
  readonly weakLabels: MethodContext["weakLabels"];
  readonly test: readonly string[];
  readonly student?: LinearModel;
  readonly seed?: number;
}

/** A context whose student is trained by `trainer`, on texts. */
export function workerContext(trainer: Trainer, task: WorkerTask): MethodContext {
  const { weakLabels, student = linear(hashedWords(), { weightDecay: 0 }), seed = 0 } = task;
  const train = { dataset: dataset(task.train.map((text) => ({ text }))) };
  const test = { dataset: dataset(task.test.map((text) => ({ text }))) };
  return contextOf({
    examples: task.train.map((text, i) => ({ id: `${i}`, input: { text } })),
    weakLabels,
    classes: weakLabels.columns,
    student,
    seed,
    fit: ({ targets, rows, loss = { name: "cross_entropy" }, validation }) =>
      trainer.fit({
        task: "classify",
        model: student,
        classes: targets.columns,
        train: { ...train, targets, ...(rows && { indices: Int32Array.from(rows) }) },
        loss,
        seed,
        predict: { test, train },
        ...(validation && { validation: { ...train, ...validation, indices: Int32Array.from(validation.rows) } }),
      }) as never,
  });
}

/** Texts of 20 words, one of which tells the class; the others are drawn from many, so that noise can be memorised. */
export function wordyTexts(count: number, name: string): { texts: string[]; truth: Int32Array } {
  const uniform = random("wordy texts", name);
  const truth = Int32Array.from({ length: count }, () => (uniform() < 0.5 ? 1 : 0));
  const texts = Array.from(truth, (y) => {
    const words = Array.from({ length: 20 }, () => `w${Math.floor(uniform() * 400)}`);
    words[Math.floor(uniform() * 20)] = `${y ? "good" : "bad"}${Math.floor(uniform() * 4)}`;
    return words.join(" ");
  });
  return { texts, truth };
}
