// A language model as the student: what SmolLM2 says before any training, and what LoRA makes of weak labels.
//
//   npm start examples/llm-student.ts
import assert from "node:assert/strict";
import { argmax, brown, hashedWords, huggingFace, linear, oneHot, smollm2 } from "weak-to-strong";
import { pythonTrainer } from "weak-to-strong/trainers/python";

const { splits } = await brown({ sizes: { train_label: 400, train_unlabel: 64, test: 32 } });
const student = huggingFace({
  ...smollm2(),
  tune: "lora", // the default; "head" and "full" are the others
  prompt: "{text}\nIs this from a novel or from the news? It is from the",
  labels: [" news", " novel"],
  maxTokens: 96,
  optimizer: { epochs: 1, batchSize: 16, learningRate: 5e-4 },
});
await using trainer = pythonTrainer();

// The model as it is: log-probabilities of the two continuations.
const asked = { model: student.model, prompt: student.prompt!, continuations: student.labels!, maxTokens: 96 };
const { logProbabilities } = await trainer.score({ ...asked, rows: { dataset: splits.test.dataset } });
console.log(
  "before training it says `novel` of",
  argmax(logProbabilities).filter((label) => label === 1).length,
  "of 32",
);

// A teacher that can hardly read. Its labels here stand for truth that only an experiment may see; see first-pgr.ts for one.
const weak = await trainer.fit({
  task: "classify",
  model: linear(hashedWords()),
  classes: 2,
  train: {
    dataset: splits.train_label.dataset,
    targets: oneHot(
      Int32Array.from(splits.train_label.dataset.inputs, (input) =>
        "text" in input && /[",!?]|``/.test(input.text) ? 1 : 0,
      ),
      2,
    ),
  },
  loss: { name: "cross_entropy" },
  seed: 0,
  predict: { unlabelled: { dataset: splits.train_unlabel.dataset } },
});

const fitted = await trainer.fit(
  {
    task: "classify",
    model: student,
    classes: 2,
    train: { dataset: splits.train_unlabel.dataset, targets: weak.predictions.unlabelled! },
    loss: { name: "confidence", alpha: 0.5, ramp: 0.2 },
    seed: 0,
    predict: { test: { dataset: splits.test.dataset } },
    curve: true,
  },
  { emit: (event) => event.type === "warning" && console.log(event.message) },
);
const { seconds, tokens } = fitted.cost;
console.log(
  `LoRA: ${fitted.curve!.length} steps, loss ${fitted.curve!.at(0)!.toFixed(3)} to ${fitted.curve!.at(-1)!.toFixed(3)}`,
);
console.log(`${tokens} tokens in ${seconds.toFixed(1)} s`);
console.log("the adapters, for peft:", fitted.checkpoint.path);
assert.equal(fitted.curve!.length, 4);
assert.ok(fitted.curve!.every(Number.isFinite));
