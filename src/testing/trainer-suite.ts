import assert from "node:assert/strict";
import { rowInputs } from "../data/dataset.js";
import { argmax, checkProbabilities, type Matrix, oneHot, row, takeRows } from "../data/matrix.js";
import { WeakToStrongError } from "../errors.js";
import type { Pretrained } from "../models/pretrained.js";
import type { FitRequest, Trainer } from "../trainer.js";
import { Skip, type SuiteCase, suiteCase } from "./suite.js";
import { sampleRequest, sampleTask, variants } from "./trainer-samples.js";

/** What the suite should know of the trainer that it tests. */
export interface TrainerSuiteOptions {
  /** A pretrained model that `embed` can be tried with; without one that case is skipped. */
  readonly pretrained?: Pretrained;
  /** Why neither seeds nor optimisers change anything, for a trainer that solves its problem in closed form. */
  readonly closedForm?: string;
}

/**
 * The cases that every {@link Trainer} must pass, for any test runner:
 *
 * ```ts
 * for (const { name, run } of trainerSuite(() => mine)) test(name, run);
 * ```
 *
 * `factory` gives the trainer to test. One that makes a new trainer each time has each of them disposed of, and is also
 * tested for what happens then and for equal answers of two instances; one that gives the same each time is left alone.
 */
export function trainerSuite(
  factory: () => Trainer | Promise<Trainer>,
  options: TrainerSuiteOptions = {},
): SuiteCase[] {
  // A factory that gives the same trainer each time keeps it: it is not this suite's to dispose of.
  let shared: Promise<boolean> | undefined;
  const isShared = async (): Promise<boolean> => {
    const [one, other] = [await factory(), await factory()];
    if (one !== other) await Promise.all([one[Symbol.asyncDispose](), other[Symbol.asyncDispose]()]);
    return one === other;
  };
  const test = (name: string, body: (trainer: Trainer) => Promise<void>): SuiteCase =>
    suiteCase(name, async () => {
      shared ??= isShared();
      const dispose = !(await shared);
      const trainer = await factory();
      try {
        await body(trainer);
      } finally {
        if (dispose) await trainer[Symbol.asyncDispose]();
      }
    });
  const another = async (trainer: Trainer): Promise<Trainer> => {
    const other = await factory();
    if (other === trainer) throw new Skip("the factory gives the same trainer each time");
    return other;
  };

  return [
    test("says what it can do", async (trainer) => {
      const { tasks, losses, devices, parallel } = await trainer.capabilities();
      assert.ok(tasks.includes("classify"), "capabilities.tasks has `classify`");
      assert.ok(losses.includes("cross_entropy"), "capabilities.losses has `cross_entropy`");
      assert.ok(devices.length > 0, "capabilities.devices names at least one");
      assert.ok(Number.isInteger(parallel) && parallel > 0, "capabilities.parallel is a positive integer");
      assert.notEqual(await trainer.fingerprint(sampleTask.model), "", "fingerprint is not empty");
    }),
    test("answers with one row of probabilities for each row asked for", async (trainer) => {
      const { predictions } = await trainer.fit(sampleRequest());
      for (const [name, rows] of Object.entries(sampleTask.predict)) {
        const found = predictions[name];
        assert.ok(found, `predictions.${name} is there`);
        checkProbabilities(found, rowInputs(rows).length, sampleTask.classes, `predictions.${name}`);
      }
    }),
    test("keeps rows in the order asked for", async (trainer) => {
      const { dataset } = sampleTask.test;
      const backwards = Int32Array.from(dataset.inputs.keys()).reverse();
      const { predictions } = await trainer.fit({
        ...sampleRequest(),
        predict: { forwards: { dataset }, backwards: { dataset, indices: backwards } },
      });
      near(
        takeRows(predictions.forwards!, backwards),
        predictions.backwards!,
        "row i of `backwards` belongs to its i-th index",
      );
    }),
    test("learns what can be learned", async (trainer) => {
      const { predictions } = await trainer.fit(sampleRequest());
      const found = accuracy(predictions.test!, sampleTask.test.labels);
      assert.ok(found >= 0.9, `test accuracy on separable texts is at least 0.9, found ${found}`);
    }),
    test("trains towards soft labels, not towards their argmax", async (trainer) => {
      const request = sampleRequest();
      const { rows, columns } = request.train.targets;
      const targets = {
        rows,
        columns,
        data: new Float32Array(rows * columns).map((_, i) => (i % columns === 0 ? 0.7 : 0.3)),
      };
      const { predictions } = await trainer.fit({ ...request, train: { ...request.train, targets } });
      const mean =
        predictions.test!.data.filter((_, i) => i % columns === 0).reduce((a, b) => a + b, 0) / predictions.test!.rows;
      assert.ok(Math.abs(mean - 0.7) < 0.1, `labels of 0.7 everywhere are predicted as about 0.7, found ${mean}`);
    }),
    test("leaves out rows of weight 0", async (trainer) => {
      const request = sampleRequest();
      const kept = (i: number): boolean => i % 4 < 2;
      const wrong = oneHot(
        argmax(request.train.targets).map((label, i) => (kept(i) ? label : 1 - label)),
        sampleTask.classes,
      );
      const weights = new Float32Array(wrong.rows).map((_, i) => (kept(i) ? 1 : 0));
      const { predictions } = await trainer.fit({ ...request, train: { ...request.train, targets: wrong, weights } });
      const found = accuracy(predictions.test!, sampleTask.test.labels);
      assert.ok(found >= 0.9, `test accuracy with wrong labels at weight 0 is at least 0.9, found ${found}`);
    }),
    test("gives the same answer to the same request", async (trainer) => {
      const first = await trainer.fit(sampleRequest());
      const second = await trainer.fit(sampleRequest());
      assert.deepEqual(second.predictions, first.predictions, "predictions are equal bit for bit");
    }),
    test("gives the same answer in another instance with the same fingerprint", async (trainer) => {
      await using other = await another(trainer);
      const { model } = sampleTask;
      if ((await trainer.fingerprint(model)) !== (await other.fingerprint(model)))
        throw new Skip("the fingerprints differ");
      const [first, second] = [await trainer.fit(sampleRequest()), await other.fit(sampleRequest())];
      assert.deepEqual(second.predictions, first.predictions, "predictions are equal bit for bit");
    }),
    test("follows the seed", async (trainer) => {
      if (options.closedForm) throw new Skip(options.closedForm);
      const first = await trainer.fit(sampleRequest());
      const second = await trainer.fit({ ...sampleRequest(), seed: 1 });
      assert.notDeepEqual(
        second.predictions,
        first.predictions,
        "expected another seed to give other predictions, but they were equal",
      );
    }),
    test("answers each request, not one like it", async (trainer) => {
      const { losses } = await trainer.capabilities();
      const first = await trainer.fit(sampleRequest());
      for (const [what, request] of variants(losses, options.closedForm === undefined)) {
        const { predictions } = await trainer.fit(request);
        assert.notDeepEqual(
          predictions.test,
          first.predictions.test,
          `expected other predictions when ${what}, but they were equal`,
        );
      }
    }),
    test("keeps requests apart that run at the same time", async (trainer) => {
      const requests = [0, 1, 2].map((seed) => ({ ...sampleRequest(), seed }));
      const together = await Promise.all(requests.map((request) => trainer.fit(request)));
      for (const [i, request] of requests.entries()) {
        const { predictions } = await trainer.fit(request);
        assert.deepEqual(together[i]!.predictions, predictions, `request ${i} gets its own answer`);
      }
    }),
    test("predicts with a checkpoint as the fit did", async (trainer) => {
      if (!(await trainer.capabilities()).predict) throw new Skip("capabilities.predict is false");
      const { checkpoint, predictions } = await trainer.fit(sampleRequest());
      const again = await trainer.predict({ checkpoint, rows: { dataset: sampleTask.test.dataset } });
      near(again.predictions, predictions.test!, "predict() gives what fit() gave");
      const indices = Int32Array.of(3, 0, 3);
      const some = await trainer.predict({ checkpoint, rows: { dataset: sampleTask.test.dataset, indices } });
      near(some.predictions, takeRows(predictions.test!, indices), "predict() with indices gives these rows");
    }),
    test("says when a checkpoint is not there", async (trainer) => {
      if (!(await trainer.capabilities()).predict) throw new Skip("capabilities.predict is false");
      const request = { checkpoint: { id: "0".repeat(64) }, rows: { dataset: sampleTask.test.dataset } };
      await refuses(trainer.predict(request), ["not_found"]);
    }),
    test("embeds with the layers asked for", async (trainer) => {
      if (!(await trainer.capabilities()).embed) throw new Skip("capabilities.embed is false");
      if (!options.pretrained) throw new Skip("no pretrained model was named for this trainer");
      const { dataset } = sampleTask.test;
      const request = { model: options.pretrained, pooling: "mean", maxTokens: 64 } as const;
      const both = await trainer.embed({ ...request, layers: [1, 0], rows: { dataset } });
      assert.equal(both.layers.length, 2, "one matrix a layer");
      const [one, zero] = both.layers as [Matrix, Matrix];
      assert.deepEqual(
        [one.rows, zero.rows, zero.columns],
        [dataset.inputs.length, dataset.inputs.length, one.columns],
        "rows x width",
      );
      const indices = Int32Array.of(2, 1);
      const some = await trainer.embed({ ...request, layers: [0], rows: { dataset, indices } });
      near(some.layers[0]!, takeRows(zero, indices), "layer 0 of some rows");
      assert.notDeepEqual(one, zero, "layers differ");
    }),
    test("does not begin when it is aborted beforehand", async (trainer) => {
      const reason = new Error("changed my mind");
      await assert.rejects(trainer.fit(sampleRequest(), { signal: AbortSignal.abort(reason) }), is(reason));
    }),
    test("stops within a second of an abort, with its reason, and goes on with the next request", async (trainer) => {
      const controller = new AbortController();
      const reason = new Error("changed my mind");
      let aborted = Number.POSITIVE_INFINITY;
      const abort = (): void => {
        aborted = Math.min(aborted, performance.now());
        controller.abort(reason);
      };
      const latest = setTimeout(abort, 500);
      const long = { ...sampleTask.model, optimizer: { ...sampleTask.model.optimizer, epochs: 100_000, batchSize: 1 } };
      let ended = false;
      try {
        const fit = trainer.fit(
          { ...sampleRequest(), model: long },
          { signal: controller.signal, emit: (e) => e.type === "progress" && abort() },
        );
        await assert.rejects(
          fit.then(() => {
            ended = !controller.signal.aborted;
          }),
          is(reason),
        );
        assert.ok(performance.now() - aborted < 1000, "it rejected within a second");
      } catch (error) {
        if (ended) throw new Skip("the fit ended before it could be aborted");
        throw error;
      } finally {
        clearTimeout(latest);
      }
      const fresh = await trainer.fit(sampleRequest());
      assert.ok(accuracy(fresh.predictions.test!, sampleTask.test.labels) >= 0.9, "the next fit works");
    }),
    test("refuses an unknown loss and names it", async (trainer) => {
      const error = await refuses(trainer.fit({ ...sampleRequest(), loss: { name: "no-such-loss" } }), [
        "unsupported",
        "bad_input",
      ]);
      assert.match(error.message, /no-such-loss/);
    }),
    test("refuses targets that are no probabilities", async (trainer) => {
      for (const wrong of [Number.NaN, 0.5, -1]) {
        const request = sampleRequest();
        const targets = { ...request.train.targets, data: request.train.targets.data.slice() };
        targets.data[0] = wrong;
        targets.data[1] = wrong === -1 ? 2 : 1;
        const error = await refuses(trainer.fit({ ...request, train: { ...request.train, targets } }), ["bad_input"]);
        assert.match(error.message, /targets/, "the message names the field");
      }
    }),
    test("refuses rows outside of the dataset", async (trainer) => {
      const predict: FitRequest["predict"] = {
        test: { dataset: sampleTask.test.dataset, indices: Int32Array.of(0, 10_000) },
      };
      const error = await refuses(trainer.fit({ ...sampleRequest(), predict }), ["bad_input"]);
      assert.match(error.message, /10000|10,000/, "the message shows the index");
    }),
    test("refuses calls after it was disposed of", async (trainer) => {
      await using other = await another(trainer);
      await other.fit(sampleRequest());
      await other[Symbol.asyncDispose]();
      await refuses(other.fit(sampleRequest()), ["disposed"]);
    }),
  ];
}

function accuracy(predictions: Matrix, labels: Int32Array): number {
  return argmax(predictions).filter((label, i) => label === labels[i]).length / labels.length;
}

function near(found: Matrix, expected: Matrix, what: string): void {
  assert.deepEqual([found.rows, found.columns], [expected.rows, expected.columns], `${what}: the same shape`);
  for (let i = 0; i < found.rows; i++) {
    const worst = row(found, i).reduce((max, value, j) => Math.max(max, Math.abs(value - row(expected, i)[j]!)), 0);
    assert.ok(worst < 1e-5, `${what}: row ${i} is off by ${worst}`);
  }
}

function is(reason: Error): (error: unknown) => true {
  return (error) => {
    assert.equal(error, reason, "it rejects with signal.reason itself");
    return true;
  };
}

async function refuses(promise: Promise<unknown>, codes: readonly string[]): Promise<WeakToStrongError> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(WeakToStrongError.isInstance(outcome), `it rejects with a WeakToStrongError, found ${outcome}`);
  assert.ok(
    codes.includes(outcome.code),
    `its code is ${codes.join(" or ")}, found ${outcome.code}: ${outcome.message}`,
  );
  return outcome;
}
