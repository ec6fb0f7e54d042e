import { describe, expect, test } from "vitest";
import {
  dataset,
  defineTrainer,
  type FitRequest,
  hashedWords,
  type Input,
  linear,
  matrix,
  type Rows,
  swapAugmented,
} from "weak-to-strong";
import { trainerSuite } from "weak-to-strong/testing";
import { pythonTrainer } from "weak-to-strong/trainers/python";
import { mine } from "../../examples/own-trainer/trainer.js";
import { random } from "../../src/data/random.js";
import { sampleRequest } from "../../src/testing/trainer-samples.js";
import { requestKey } from "../../src/trainers/check.js";

describe("a swap-augmented trainer, on texts", () => {
  for (const { name, run } of trainerSuite(() => swapAugmented(mine))) test(name, run);
});

type Preference = Extract<Input, { prompt: string }>;

const inputs: Preference[] = Array.from({ length: 5 }, (_, i) => ({ prompt: "?", first: `a${i}`, second: `b${i}` }));
const turned = inputs.map(({ prompt, first, second }) => ({ prompt, first: second, second: first }));
const data = dataset(inputs);
const targets = matrix([
  [0.9, 0.1],
  [0.7, 0.3],
]);
const request: FitRequest = {
  task: "classify",
  model: linear(hashedWords()),
  classes: 2,
  train: { dataset: data, indices: Int32Array.of(3, 0), targets, weights: Float32Array.of(1, 2) },
  loss: { name: "cross_entropy" },
  seed: 0,
  predict: { test: { dataset: data }, some: { dataset: data, indices: Int32Array.of(4) } },
};

const asked = ({ dataset: { inputs }, indices }: Rows): Input[] =>
  Array.from(indices ?? inputs.keys(), (i) => inputs[i]!);

/** Records what it is asked, and predicts each input by `model`. */
function recording(model: (input: Input) => number, seen: FitRequest[] = []) {
  const predict = (rows: Rows) => matrix(asked(rows).map((input) => [1 - model(input), model(input)]));
  return defineTrainer({
    name: "recording",
    async fit(given) {
      seen.push(given);
      const { train, predict: splits } = given;
      return {
        predictions: Object.fromEntries(Object.entries(splits).map(([name, rows]) => [name, predict(rows)])),
        ...(given.traces && { traces: matrix(asked(train).map((_, i) => [i, i + 0.5])) }),
        history: [{ epoch: 0, loss: 1, ...(given.validation && { validation: { loss: 2, accuracy: 0.5 } }) }],
        checkpoint: { id: "kept" },
        fingerprint: "small batches",
      };
    },
    predict: async ({ rows }) => ({ predictions: predict(rows), cost: { seconds: 0, device: "cpu", tokens: 0 } }),
    fingerprint: "recording 1",
  });
}

/** As arbitrary as can be: nothing about it is symmetric. */
const arbitrary = (input: Input): number => random(JSON.stringify(input))();

test("training rows are seen in both orders, with labels turned round and weights kept", async () => {
  const seen: FitRequest[] = [];
  const validation = { dataset: data, indices: Int32Array.of(2), targets: matrix([[0.2, 0.8]]), keep: "best" } as const;
  await swapAugmented(recording(arbitrary, seen)).fit({ ...request, validation });
  const [{ train, validation: held }] = seen as [FitRequest];
  expect(asked(train)).toEqual([inputs[3], inputs[0], turned[3], turned[0]]);
  expect(train.targets).toEqual(
    matrix([
      ...[
        [0.9, 0.1],
        [0.7, 0.3],
      ],
      ...[
        [0.1, 0.9],
        [0.3, 0.7],
      ],
    ]),
  );
  expect(train.weights).toEqual(Float32Array.of(1, 2, 1, 2));
  expect(asked(held!)).toEqual([inputs[2], turned[2]]);
  expect(held).toMatchObject({
    targets: matrix([
      [0.2, 0.8],
      [0.8, 0.2],
    ]),
    keep: "best",
  });
});

test("a prediction turns round exactly with its input, from fit and from predict", async () => {
  const trainer = swapAugmented(recording(arbitrary));
  const both = { asIs: { dataset: data }, swapped: { dataset: dataset(turned) } };
  const { predictions, checkpoint } = await trainer.fit({ ...request, predict: both });
  for (let i = 0; i < inputs.length; i++) {
    const [first, second] = predictions.asIs!.data.subarray(2 * i);
    expect(Array.from(predictions.swapped!.data.subarray(2 * i, 2 * i + 2))).toEqual([second, first]);
    expect(second).toBeCloseTo((arbitrary(inputs[i]!) + 1 - arbitrary(turned[i]!)) / 2, 6);
  }
  for (const name of ["asIs", "swapped"] as const)
    expect((await trainer.predict({ checkpoint, rows: both[name] })).predictions).toEqual(predictions[name]);
});

test("a model that always says the first answer is at a half", async () => {
  const { predictions } = await swapAugmented(recording(() => 0)).fit(request);
  expect(predictions.test).toEqual(matrix(inputs.map(() => [0.5, 0.5])));
  expect(predictions.some).toEqual(matrix([[0.5, 0.5]]));
});

test("traces are those of the rows as they were given", async () => {
  const { traces, history } = await swapAugmented(recording(arbitrary)).fit({ ...request, traces: true });
  expect(traces).toEqual(
    matrix([
      [0, 0.5],
      [1, 1.5],
    ]),
  );
  expect(history).toHaveLength(1);
});

test("its answers cannot be taken for the inner trainer's", async () => {
  const inner = recording(arbitrary);
  const outer = swapAugmented(inner);
  expect(await outer.fingerprint(request.model)).toBe("swap-augmented recording 1");
  expect((await outer.fit(request)).fingerprint).toBe("swap-augmented small batches");
  expect(await outer.capabilities()).toEqual(await inner.capabilities());
});

test("equal requests stay equal inside, and other rows are another request", async () => {
  const seen: FitRequest[] = [];
  const trainer = swapAugmented(recording(arbitrary, seen));
  await trainer.fit(request);
  await trainer.fit({ ...request, train: { ...request.train, dataset: dataset(inputs) } });
  await trainer.fit({ ...request, train: { ...request.train, indices: Int32Array.of(3, 1) } });
  const keys = seen.map(requestKey);
  expect(keys[1]).toBe(keys[0]);
  expect(keys[2]).not.toBe(keys[0]);
  expect(keys[0]).not.toBe(requestKey(request));
});

test("inputs of other kinds pass through untouched", async () => {
  const seen: FitRequest[] = [];
  await swapAugmented(recording(arbitrary, seen)).fit(sampleRequest());
  expect(seen).toEqual([sampleRequest()]);
});

test("preferences with more than two classes are refused", async () => {
  const three = {
    ...request.train,
    targets: matrix([
      [1, 0, 0],
      [0, 1, 0],
    ]),
  };
  await expect(swapAugmented(mine).fit({ ...request, classes: 3, train: three })).rejects.toThrow(
    "swapAugmented: classes: expected 2 for preferences (the first is better, the second is better), found 3.",
  );
});

test("disposing it leaves the inner trainer to its maker", async () => {
  const inner = recording(arbitrary);
  const outer = swapAugmented(inner);
  await outer[Symbol.asyncDispose]();
  await expect(outer.fit(request)).rejects.toMatchObject({ code: "disposed" });
  await inner.fit(request);
});

test("with the Python worker too, predictions turn round to the bit, and a label for the position teaches nothing", async () => {
  await using worker = pythonTrainer();
  const pairs = Array.from({ length: 60 }, (_, i) => ({
    prompt: `p${i}`,
    first: `good w${i % 7}`,
    second: `bad v${i % 5}`,
  }));
  const swap = ({ prompt, first, second }: Preference): Preference => ({ prompt, first: second, second: first });
  const shown = pairs.map((pair, i) => (i % 3 === 0 ? swap(pair) : pair));
  const fitted = async (labels: number[][]) => {
    const { predictions } = await swapAugmented(worker).fit({
      ...request,
      model: linear(hashedWords({ ngrams: 3 }), { epochs: 60, learningRate: 0.05 }),
      train: { dataset: dataset(shown), targets: matrix(labels) },
      predict: { asIs: { dataset: dataset(shown) }, swapped: { dataset: dataset(shown.map(swap)) } },
    });
    const [asIs, swapped] = [predictions.asIs!.data, predictions.swapped!.data];
    for (let at = 0; at < asIs.length; at++) expect(swapped[at ^ 1]).toBe(asIs[at]);
    return asIs;
  };
  const better = await fitted(shown.map((_, i) => (i % 3 === 0 ? [0.1, 0.9] : [0.9, 0.1])));
  const right = shown.filter((_, i) => better[2 * i + 1]! > 0.5 === (i % 3 === 0));
  expect(right.length).toBe(60);
  const position = await fitted(shown.map((_, i) => (i % 2 ? [0.9, 0.1] : [0.8, 0.2]))); // always the first, whatever it is
  const mean = position.reduce((sum, p, at) => sum + (at % 2 ? 0 : p), 0) / 60;
  // Two thirds of the firsts are good, so that is what can be learned of it; the position's own share of .85 cannot.
  expect(mean).toBeLessThan(0.7);
}, 60_000);
