import { expect, test } from "vitest";
import {
  createTestbed,
  earlyStopping,
  experiment,
  type FineTuneOptimizer,
  type Fitted,
  type HuggingFaceModel,
  hashedWords,
  huggingFace,
  linear,
  lpFt,
  type Matrix,
  type Method,
  matrix,
  naive,
  named,
  patches,
  type StudentFit,
} from "weak-to-strong";
import { pythonTrainer } from "weak-to-strong/trainers/python";
import { random } from "../../src/data/random.js";
import { tinyModel } from "../fixtures/tiny-model.js";
import { accuracyOf, contextOf, fitOf, fitsOf, gaussian, planted } from "./context.js";
import { wordyTexts, workerContext } from "./worker.js";

test("early stopping keeps the epoch that is best on held-out weak labels, and trains on the others", async () => {
  const { examples, weakLabels } = planted(100, 0.2);
  const { rows, targets, validation } = await fitOf(earlyStopping(), { examples, weakLabels });
  expect(validation).toMatchObject({ keep: "best" });
  const held = Array.from(validation!.rows);
  expect(held).toHaveLength(10);
  expect([...held, ...Array.from(rows!)].sort((a, b) => a - b)).toEqual([...examples.keys()]);
  for (const [at, i] of held.entries())
    expect(validation!.targets.data.slice(2 * at, 2 * at + 2)).toEqual(weakLabels.data.slice(2 * i, 2 * i + 2));
  for (const [at, i] of Array.from(rows!).entries())
    expect(targets.data.slice(2 * at, 2 * at + 2)).toEqual(weakLabels.data.slice(2 * i, 2 * i + 2));
});

test("LP-FT trains the head alone, then what the student trains from that checkpoint", async () => {
  const weakLabels = matrix([[0.9, 0.1]]);
  const student = huggingFace({ id: "some/model", tune: "full" });
  const fits = await fitsOf(lpFt({ headEpochs: 3 }), { student, weakLabels });
  expect(fits).toEqual([
    { targets: weakLabels, tune: { type: "head" }, optimizer: { learningRate: 1e-3, epochs: 3 } },
    { targets: weakLabels, from: { id: "fit 1" } },
  ]);
  expect(fits[1]!.targets).toEqual((await fitOf(naive(), { weakLabels })).targets);
});

test("LP-FT says why it makes no sense for a head on frozen features", async () => {
  for (const student of [linear(patches()), huggingFace({ id: "some/model", tune: "head" })])
    await expect(fitsOf(lpFt(), { student })).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringMatching(/a head on frozen features is all that it trains, so there is no second phase/),
    });
});

test("LP-FT keeps features that full tuning from a random head bends, and is nearer to the truth elsewhere", async () => {
  // Kumar et al. 2022, section 3: f = sigmoid(v . B x), B well pretrained, training inputs in a subspace.
  const { student, weakLabels, fit, moved, error } = twoLayers();
  const run = async (method: Method) => {
    const { test, train } = (await method(contextOf({ weakLabels, student, fit })))
      .predictions as Fitted["predictions"];
    return { moved: moved(), error: error(test), learned: distance(train!, weakLabels) };
  };
  const tuned = await run(naive());
  const phased = await run(lpFt({ headEpochs: 200, headLearningRate: 1 }));
  for (const { learned } of [tuned, phased]) expect(learned).toBeLessThan(0.01); // both learn the labels
  expect(tuned.moved).toBeGreaterThan(0.1);
  expect(phased.moved).toBeLessThan(tuned.moved / 5);
  expect(phased.error).toBeLessThan(tuned.error / 5);
});

/** A two-layer linear student in plain TypeScript, and labels that its pretrained features explain exactly. */
function twoLayers() {
  const [width, hidden, seen, count] = [12, 3, 6, 60];
  const uniform = random("two layers");
  const gaussians = (n: number, scale = 1) => Array.from({ length: n }, () => scale * gaussian(uniform));
  const pretrained = Array.from({ length: hidden }, () => gaussians(width, 1 / Math.sqrt(width)));
  const truth = [1.5, -1, 1];
  const train = Array.from({ length: count }, () => [...gaussians(seen), ...new Array<number>(width - seen).fill(0)]);
  const test = Array.from({ length: 200 }, () => gaussians(width));
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, k) => sum + x * b[k]!, 0);
  const predict = (v: readonly number[], B: readonly (readonly number[])[], inputs: readonly number[][]) =>
    inputs.map(
      (x) =>
        1 /
        (1 +
          Math.exp(
            -dot(
              v,
              B.map((line) => dot(line, x)),
            ),
          )),
    );
  const asLabels = (ones: readonly number[]) => matrix(ones.map((p) => [1 - p, p]));
  const weakLabels = asLabels(predict(truth, pretrained, train));
  const expected = predict(truth, pretrained, test);

  const trained = new Map<string, { v: number[]; B: number[][] }>();
  const fit = async ({ targets, tune, from, optimizer }: StudentFit) => {
    const start = from && trained.get(from.id)!;
    const v = start ? [...start.v] : gaussians(hidden);
    const B = (start?.B ?? pretrained).map((line) => [...line]);
    const { epochs = 2000, learningRate = 1 } = optimizer ?? {};
    for (let epoch = 0; epoch < epochs; epoch++) {
      const errors = predict(v, B, train).map((p, i) => (p - targets.data[2 * i + 1]!) / count);
      const mean = Array.from({ length: width }, (_, c) => errors.reduce((sum, e, i) => sum + e * train[i]![c]!, 0));
      const ofHead = B.map((line) => dot(line, mean));
      if (tune?.type !== "head")
        for (const [k, line] of B.entries()) for (const [c, x] of mean.entries()) line[c]! -= learningRate * v[k]! * x;
      for (const [k, slope] of ofHead.entries()) v[k]! -= learningRate * slope;
    }
    const id = `${trained.size}`;
    trained.set(id, { v, B });
    return {
      checkpoint: { id },
      predictions: { test: asLabels(predict(v, B, test)), train: asLabels(predict(v, B, train)) },
    } as never;
  };
  /** How far the last student's features are from the pretrained ones. */
  const moved = () => {
    const { B } = trained.get(`${trained.size - 1}`)!;
    return Math.hypot(...B.flatMap((line, k) => line.map((x, c) => x - pretrained[k]![c]!)));
  };
  /** Mean distance from the truth on inputs of the whole space. */
  const error = (predicted: Matrix) => distance(predicted, asLabels(expected));
  const student = huggingFace({ id: "two/layers", tune: "full" });
  return { student, weakLabels, fit, moved, error };
}

function distance(a: Matrix, b: Matrix): number {
  return a.data.reduce((sum, p, at) => sum + Math.abs(p - b.data[at]!), 0) / a.data.length;
}

test("early stopping on noisy weak labels is nearer to the truth than the last epoch", async () => {
  await using trainer = pythonTrainer();
  const { texts, truth } = wordyTexts(500, "train");
  const test = wordyTexts(1000, "test");
  const student = linear(hashedWords({ buckets: 4096 }), { weightDecay: 0, epochs: 60, batchSize: 50 });
  let [best, last] = [0, 0];
  for (const seed of [0, 1, 2]) {
    const uniform = random("noise", seed);
    const weakLabels = matrix(Array.from(truth, (y) => (uniform() < 0.7 === (y === 1) ? [0.1, 0.9] : [0.9, 0.1])));
    const context = workerContext(trainer, { train: texts, weakLabels, test: test.texts, student, seed });
    const asked = await fitOf(earlyStopping({ share: 0.2 }), context);
    const stopped = (await earlyStopping({ share: 0.2 })(context)) as Fitted;
    const onward = await context.fit({ ...asked, validation: { ...asked.validation!, keep: "last" } });
    const losses = onward.history.map(({ validation }) => validation!.loss);
    expect(stopped.history).toEqual(onward.history); // the same training, another epoch of it
    expect(Math.min(...losses)).toBeLessThan(losses.at(-1)!);
    best += accuracyOf(stopped.predictions.test, test.truth) / 3;
    last += accuracyOf(onward.predictions.test, test.truth) / 3;
  }
  expect(best).toBeGreaterThan(last + 0.02);
}, 60_000);

test("LP-FT hands the trained head over to a second phase, which without a step predicts the same", async () => {
  const tiny = tinyModel();
  const { texts, truth } = wordyTexts(24, "tiny");
  const rows = texts.map((text, i) => ({ text: text.slice(0, 40), label: truth[i]! }));
  const student = (optimizer: Partial<FineTuneOptimizer>, tune: "head" | "full") =>
    huggingFace({ ...tiny, prompt: "{text}\nLabel:", labels: [" a", " b"], tune, optimizer });
  const head = { learningRate: 0.01, epochs: 2, batchSize: 8 };
  await using trainer = pythonTrainer();
  const testbed = await createTestbed({
    name: "tiny",
    duplicates: "keep",
    train_label: rows,
    train_unlabel: rows,
    test: rows,
  });
  const predicted = async (model: HuggingFaceModel, method: Method): Promise<Matrix> => {
    let found: Matrix | undefined;
    const watched = named("watched", async (context) => {
      const result = await method(context);
      found = result.predictions.test;
      return result;
    });
    const options = { testbed, trainer, teacher: linear(hashedWords()), seeds: 1, student: model, methods: [watched] };
    await using run = experiment(options);
    expect((await run.result()).rows[1]!.error).toBeUndefined();
    return found!;
  };
  const probe = await predicted(student(head, "head"), naive());
  const still = await predicted(
    student({ learningRate: 1e-9, epochs: 1, batchSize: 8 }, "full"),
    lpFt({ headEpochs: 2, headLearningRate: 0.01 }),
  );
  const moved = await predicted(
    student({ learningRate: 1e-2, epochs: 1, batchSize: 8 }, "full"),
    lpFt({ headEpochs: 2, headLearningRate: 0.01 }),
  );
  const farthest = (a: Matrix, b: Matrix) => Math.max(...a.data.map((p, at) => Math.abs(p - b.data[at]!)));
  expect(farthest(still, probe)).toBeLessThan(1e-4);
  expect(farthest(moved, probe)).toBeGreaterThan(0.01);
}, 120_000);
