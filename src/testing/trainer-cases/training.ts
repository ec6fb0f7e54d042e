import assert from "node:assert/strict";
import { argmax, type Matrix, row } from "../../data/matrix.js";
import type { FitRequest } from "../../trainer.js";
import { Skip, type SuiteCase } from "../suite.js";
import { noisyRequest, sampleRequest, sampleTask } from "../trainer-samples.js";
import { accuracy, ifSupported, near, refuses } from "./assertions.js";
import type { Bench } from "./bench.js";

/** What can be asked of a fit besides predictions: losses, validation, curves, traces, a warm start. */
export function trainingCases({ test, options }: Bench): SuiteCase[] {
  return [
    test("trains with every loss that it names", async (trainer) => {
      for (const name of (await trainer.capabilities()).losses) {
        const { predictions } = await trainer.fit({ ...sampleRequest(), loss: { name } });
        const found = accuracy(predictions.test!, sampleTask.test.labels);
        assert.ok(found >= 0.8, `test accuracy with the loss ${name} is at least 0.8, found ${found}`);
      }
    }),
    test("measures validation rows after each epoch", async (trainer) => {
      const request = noisyRequest("last");
      const { history, predictions } = await ifSupported(trainer.fit(request));
      if (!options.closedForm) {
        const epochs = Array.from({ length: optimizer(request).epochs }, (_, i) => i + 1);
        assert.deepEqual(
          Array.from(history, ({ epoch }) => epoch),
          epochs,
          "history has one entry an epoch, from 1",
        );
      }
      for (const { epoch, validation } of history)
        assert.ok(validation, `history has \`validation\` for epoch ${epoch}`);
      isMeasuredAs(predictions.validation!, request, history.at(-1)!.validation!, "the last epoch's");
      const { validation: _, ...without } = request;
      const plain = await trainer.fit(without);
      assert.deepEqual(predictions, plain.predictions, "measuring changes no prediction");
    }),
    test("keeps the epoch of least validation loss where the best is asked for", async (trainer) => {
      if (options.closedForm) throw new Skip(options.closedForm);
      const request = noisyRequest("best");
      const { history, predictions, checkpoint } = await ifSupported(trainer.fit(request));
      const losses = history.map(({ validation }) => validation?.loss ?? Number.NaN);
      const least = losses.indexOf(Math.min(...losses));
      assert.ok(least >= 0, "history has `validation` for each epoch");
      assert.ok(
        losses.at(-1)! > losses[least]! + 0.02,
        `training on wrong labels for ${losses.length} epochs makes the validation loss rise again, found a last ${losses.at(-1)} after a least ${losses[least]}`,
      );
      isMeasuredAs(predictions.validation!, request, history[least]!.validation!, `epoch ${least + 1}'s`);
      if (!(await trainer.capabilities()).predict) return;
      const again = await trainer.predict({ checkpoint, rows: request.predict.validation! });
      near(again.predictions, predictions.validation!, "the checkpoint is of the same epoch");
    }),
    test("returns the loss of each optimiser step", async (trainer) => {
      if (options.closedForm) throw new Skip(options.closedForm);
      const request = { ...sampleRequest(), curve: true };
      const { curve } = await ifSupported(trainer.fit(request));
      assert.ok(curve, "curve is there");
      const { epochs, batchSize } = optimizer(request);
      assert.equal(curve.length, Math.ceil(request.train.targets.rows / batchSize) * epochs, "one loss a step");
      falls(curve, "the training loss");
    }),
    test("returns every training row's loss after each epoch", async (trainer) => {
      if (options.closedForm) throw new Skip(options.closedForm);
      const request = { ...sampleRequest(), traces: true };
      const { traces } = await ifSupported(trainer.fit(request));
      assert.ok(traces, "traces is there");
      const { epochs } = optimizer(request);
      assert.deepEqual([traces.rows, traces.columns], [request.train.targets.rows, epochs], "rows x epochs");
      falls(
        Float32Array.from({ length: epochs }, (_, epoch) =>
          mean(Array.from({ length: traces.rows }, (_, i) => row(traces, i)[epoch]!)),
        ),
        "the mean over the rows",
      );
    }),
    test("goes on from a checkpoint", async (trainer) => {
      if (!(await trainer.capabilities()).warmStart) throw new Skip("capabilities.warmStart is false");
      const first = await trainer.fit(sampleRequest());
      const request = sampleRequest();
      const { model } = sampleTask;
      const still = { ...model, optimizer: { ...model.optimizer, learningRate: 1e-9, weightDecay: 0, epochs: 1 } };
      const warm = await trainer.fit({ ...request, model: still, seed: 7, from: first.checkpoint });
      near(
        warm.predictions.test!,
        first.predictions.test!,
        "with next to no learning rate the checkpoint's predictions",
      );
      const cold = await trainer.fit({ ...request, model: still, seed: 7 });
      assert.notDeepEqual(cold.predictions.test, first.predictions.test, "without `from` it starts from scratch");
      const on = await trainer.fit({ ...request, from: first.checkpoint });
      assert.notDeepEqual(on.predictions.test, first.predictions.test, "with a learning rate it learns on");
    }),
    test("says when the checkpoint to go on from is not there", async (trainer) => {
      if (!(await trainer.capabilities()).warmStart) throw new Skip("capabilities.warmStart is false");
      await refuses(trainer.fit({ ...sampleRequest(), from: { id: "0".repeat(64) } }), ["not_found"]);
    }),
  ];
}

function optimizer({ model }: FitRequest): { readonly epochs: number; readonly batchSize: number } {
  return model.optimizer;
}

/** Throws unless predictions of the validation rows have the loss and the accuracy that the history tells. */
function isMeasuredAs(
  predictions: Matrix,
  { validation }: ReturnType<typeof noisyRequest>,
  told: { readonly loss: number; readonly accuracy: number },
  whose: string,
): void {
  const { targets } = validation;
  const loss = mean(
    Array.from({ length: targets.rows }, (_, i) =>
      row(targets, i).reduce((sum, w, k) => sum - w * Math.log(Math.max(row(predictions, i)[k]!, 1e-12)), 0),
    ),
  );
  assert.ok(
    Math.abs(loss - told.loss) <= 1e-3 * (1 + loss),
    `predictions have the validation loss of ${whose} entry in the history, ${told.loss}, found ${loss}`,
  );
  assert.equal(accuracy(predictions, argmax(targets)), told.accuracy, `and ${whose} accuracy`);
}

function falls(values: Float32Array, what: string): void {
  const tenth = Math.max(1, Math.floor(values.length / 10));
  const [begin, end] = [mean(values.subarray(0, tenth)), mean(values.subarray(-tenth))];
  assert.ok(end < begin, `${what} falls, found ${begin} at the beginning and ${end} at the end`);
}

function mean(values: ArrayLike<number>): number {
  return Array.from(values).reduce((a, b) => a + b, 0) / values.length;
}
