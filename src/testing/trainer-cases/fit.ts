import assert from "node:assert/strict";
import { rowInputs } from "../../data/dataset.js";
import { argmax, checkProbabilities, oneHot, takeRows } from "../../data/matrix.js";
import { Skip, type SuiteCase } from "../suite.js";
import { sampleRequest, sampleTask, variants } from "../trainer-samples.js";
import { accuracy, near, refuses } from "./assertions.js";
import type { Bench } from "./bench.js";

/** Fitting and predicting. */
export function fitCases({ test, another, options }: Bench): SuiteCase[] {
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
  ];
}
