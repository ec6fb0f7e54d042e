import assert from "node:assert/strict";
import type { FitRequest } from "../../trainer.js";
import { Skip, type SuiteCase } from "../suite.js";
import { sampleRequest, sampleTask } from "../trainer-samples.js";
import { accuracy, is, refuses } from "./assertions.js";
import type { Bench } from "./bench.js";

/** Aborting, refusing and disposing. */
export function endCases({ test, another }: Bench): SuiteCase[] {
  return [
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
