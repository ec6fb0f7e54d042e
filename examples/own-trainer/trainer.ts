import { defineTrainer, type Input, type Rows, WeakToStrongError } from "weak-to-strong";

const width = 512;
const inputsOf = ({ dataset, indices }: Rows): Input[] =>
  Array.from(indices ?? dataset.inputs.keys(), (i) => dataset.inputs[i]!);
const words = (input: Input): number[] =>
  (Object.values(input).join(" ").toLowerCase().match(/\w+/g) ?? []).map((word) =>
    [...word].reduce((hash, char) => (hash * 31 + char.charCodeAt(0)) % width, 7),
  );
const softmax = (logits: number[]): number[] => {
  const powers = logits.map((logit) => Math.exp(logit - Math.max(...logits)));
  return powers.map((power) => power / powers.reduce((a, b) => a + b));
};

/** Softmax regression on hashed words by stochastic gradient descent, in plain TypeScript. */
export const mine = defineTrainer({
  name: "mine",
  fingerprint: "mine 1", // change it with the code, or caches go stale
  async fit({ train, model, loss, classes, seed, predict }, { signal, emit }) {
    if (loss.name !== "cross_entropy") throw new WeakToStrongError("unsupported", `mine has no loss "${loss.name}"`);
    const { learningRate, epochs } = model.optimizer;
    const weights = Array.from({ length: width }, (_, f) =>
      Array.from({ length: classes }, (_, k) => 0.01 * Math.sin(f * classes + k + 100 * seed)),
    );
    const predictOne = (features: number[]): number[] =>
      softmax(Array.from({ length: classes }, (_, k) => features.reduce((sum, f) => sum + weights[f]![k]!, 0)));
    const inputs = inputsOf(train).map(words);
    for (let epoch = 0; epoch < epochs; epoch++) {
      for (const [i, features] of inputs.entries()) {
        for (const [k, probability] of predictOne(features).entries()) {
          const step = learningRate * (train.weights?.[i] ?? 1) * (probability - train.targets.data[i * classes + k]!);
          for (const f of features) weights[f]![k]! -= step;
        }
      }
      emit({ type: "progress", stage: "train", step: epoch + 1, of: epochs });
      await new Promise(setImmediate); // lets an abort through
      signal.throwIfAborted();
    }
    const predictions = Object.entries(predict).map(([name, rows]) => {
      const data = Float32Array.from(inputsOf(rows).flatMap((input) => predictOne(words(input))));
      return [name, { rows: data.length / classes, columns: classes, data }];
    });
    return { predictions: Object.fromEntries(predictions) };
  },
});
