import { dataset } from "../data/dataset.js";
import { argmax, matrix } from "../data/matrix.js";
import { hashedWords } from "../models/features.js";
import { linear } from "../models/linear.js";

const phrases = ["a good day", "a good book", "good, very good", "a bad day", "a bad book", "bad, very bad"];

/** Really fits a head on hashed words to six phrases, through a worker of its own; the share that it gets right. */
export async function tryFit(signal: AbortSignal | undefined): Promise<number> {
  const { pythonTrainer } = await import("../trainers/python/index.js");
  await using trainer = pythonTrainer({ devices: ["cpu"] });
  const rows = { dataset: dataset(phrases.map((text) => ({ text }))) };
  const answers = phrases.map((text) => (text.includes("good") ? 0 : 1));
  const result = await trainer.fit(
    {
      task: "classify",
      model: linear(hashedWords({ buckets: 256 })),
      classes: 2,
      train: { ...rows, targets: matrix(answers.map((answer) => (answer === 0 ? [1, 0] : [0, 1]))) },
      loss: { name: "cross_entropy" },
      seed: 0,
      predict: { again: rows },
    },
    signal ? { signal } : {},
  );
  const predictions = result.predictions.again;
  if (!predictions) return 0;
  const classes = argmax(predictions);
  return answers.filter((answer, i) => classes[i] === answer).length / answers.length;
}
