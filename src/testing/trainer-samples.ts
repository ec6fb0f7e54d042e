import { dataset } from "../data/dataset.js";
import { oneHot } from "../data/matrix.js";
import { random } from "../data/random.js";
import { hashedWords } from "../models/features.js";
import { type LinearOptimizer, linear } from "../models/linear.js";
import type { FitRequest, Validation } from "../trainer.js";

/* A small task that any classifier of texts can learn: which of two vocabularies is a text written in? */

const vocabularies = [
  ["river", "stone", "moss", "otter", "reed", "heron"],
  ["ledger", "invoice", "tariff", "broker", "audit", "margin"],
] as const;
const common = ["the", "a", "near", "under", "some", "old", "new", "this"];

function texts(count: number, seed: string): { texts: string[]; labels: Int32Array } {
  const uniform = random("trainer suite", seed);
  const pick = (words: readonly string[]): string => words[Math.floor(uniform() * words.length)]!;
  const labels = Int32Array.from({ length: count }, () => (uniform() < 0.5 ? 0 : 1));
  const written = Array.from(labels, (label) =>
    Array.from({ length: 8 }, (_, k) => pick(k % 2 === 0 ? common : vocabularies[label]!)).join(" "),
  );
  return { texts: written, labels };
}

const train = texts(80, "train");
const test = texts(40, "test");

/** The task's parts. */
export const sampleTask = {
  model: linear(hashedWords({ buckets: 256 }), { epochs: 30, batchSize: 16, learningRate: 0.05, weightDecay: 0.01 }),
  classes: 2,
  train: { dataset: dataset(train.texts.map((text) => ({ text }))), labels: train.labels },
  test: { dataset: dataset(test.texts.map((text) => ({ text }))), labels: test.labels },
  get predict(): FitRequest["predict"] {
    return {
      test: { dataset: this.test.dataset },
      some: { dataset: this.train.dataset, indices: Int32Array.of(5, 2, 7) },
    };
  },
};

/** The request that most cases begin with. */
export function sampleRequest(): FitRequest {
  return {
    task: "classify",
    model: sampleTask.model,
    classes: sampleTask.classes,
    train: { dataset: sampleTask.train.dataset, targets: oneHot(sampleTask.train.labels, sampleTask.classes) },
    loss: { name: "cross_entropy" },
    seed: 0,
    predict: sampleTask.predict,
  };
}

/** Requests that differ from {@link sampleRequest} in one thing each, and must not get its answer. */
export function variants(losses: readonly string[], optimised: boolean): [string, FitRequest][] {
  const request = sampleRequest();
  const { train } = request;
  const changed = [...train.dataset.inputs];
  changed[0] = { text: "an entirely different text about the margin of the river" };
  const flipped = oneHot(
    sampleTask.train.labels.map((label, i) => (i === 0 ? 1 - label : label)),
    sampleTask.classes,
  );
  const half = new Float32Array(train.targets.rows).map((_, i) => (i < 40 ? 1 : 0.2));
  return [
    ["one training text differs", { ...request, train: { ...train, dataset: dataset(changed) } }],
    ["one label differs", { ...request, train: { ...train, targets: flipped } }],
    ["weights are given", { ...request, train: { ...train, weights: half } }],
    [
      "fewer rows are trained on",
      {
        ...request,
        train: {
          dataset: train.dataset,
          indices: Int32Array.from({ length: 20 }, (_, i) => i),
          targets: oneHot(sampleTask.train.labels.slice(0, 20), sampleTask.classes),
        },
      },
    ],
    ...(optimised ? optimiserVariants(request) : []),
    ...(losses.includes("confidence")
      ? ([["the loss differs", { ...request, loss: { name: "confidence", alpha: 0.5, ramp: 0.2 } }]] satisfies [
          string,
          FitRequest,
        ][])
      : []),
  ];
}

function optimiserVariants(request: FitRequest): [string, FitRequest][] {
  const { model } = sampleTask;
  const changed = (change: Partial<LinearOptimizer>): FitRequest => ({
    ...request,
    model: { ...model, optimizer: { ...model.optimizer, ...change } },
  });
  return [
    ["the learning rate differs", changed({ learningRate: 0.01 })],
    ["the number of epochs differs", changed({ epochs: 5 })],
  ];
}

/**
 * A request whose later epochs learn noise by heart: a third of the labels is wrong, and each text has words of its own
 * to tell it by. The validation rows are the same texts with their right labels.
 */
export function noisyRequest(keep: "last" | "best"): FitRequest & { readonly validation: Validation } {
  const { labels } = train;
  const own = (i: number): string => ["a", "b", "c"].map((end) => `own${i}${end}`).join(" ");
  const marked = dataset(train.texts.map((text, i) => ({ text: `${text} ${own(i)}` })));
  const noisy = labels.map((label, i) => (i % 3 === 0 ? 1 - label : label));
  const { model, classes } = sampleTask;
  return {
    ...sampleRequest(),
    model: { ...model, optimizer: { ...model.optimizer, epochs: 60 } },
    train: { dataset: marked, targets: oneHot(noisy, classes) },
    validation: { dataset: marked, targets: oneHot(labels, classes), keep },
    predict: { validation: { dataset: marked } },
  };
}
