import assert from "node:assert/strict";
import { checkProbabilities } from "../../data/matrix.js";
import { huggingFace, type Tune } from "../../models/huggingface.js";
import type { FitRequest, Trainer } from "../../trainer.js";
import { Skip, type SuiteCase } from "../suite.js";
import { sampleRequest, sampleTask } from "../trainer-samples.js";
import { accuracy, near } from "./assertions.js";
import type { Bench } from "./bench.js";

/** Language models as students: only a few rows and steps, since one token of them costs what a linear fit does. */
export function fineTuningCases({ test, options }: Bench): SuiteCase[] {
  async function request(trainer: Trainer, tune: Tune["type"], epochs: number): Promise<FitRequest> {
    if (!(await trainer.capabilities()).models.includes("huggingface"))
      throw new Skip("capabilities.models has no `huggingface`");
    if (!options.causal) throw new Skip("no causal language model was named for this trainer");
    const optimizer = { epochs, batchSize: 16, learningRate: tune === "head" ? 0.02 : 1e-3 };
    return { ...sampleRequest(), model: huggingFace({ ...options.causal, tune, maxTokens: 64, optimizer }) };
  }
  return [
    test("tunes the head of a language model, and predicts with its checkpoint", async (trainer) => {
      const { predictions, checkpoint } = await trainer.fit(await request(trainer, "head", 30));
      const found = accuracy(predictions.test!, sampleTask.test.labels);
      assert.ok(found >= 0.8, `test accuracy on separable texts is at least 0.8, found ${found}`);
      if (!(await trainer.capabilities()).predict) return;
      const again = await trainer.predict({ checkpoint, rows: { dataset: sampleTask.test.dataset } });
      near(again.predictions, predictions.test!, "predict() gives what fit() gave");
    }),
    test("tunes a language model with adapters, and leaves the model itself as it was", async (trainer) => {
      const head = await request(trainer, "head", 1);
      const before = await trainer.fit(head);
      const lora = await request(trainer, "lora", 1);
      const indices = Int32Array.from({ length: 16 }, (_, i) => i);
      const targets = { ...lora.train.targets, rows: 16, data: lora.train.targets.data.slice(0, 32) };
      const some = {
        ...lora,
        train: { ...lora.train, indices, targets },
        predict: { some: { ...lora.train, indices } },
      };
      const tuned = await trainer.fit(some);
      checkProbabilities(tuned.predictions.some!, 16, sampleTask.classes, "predictions.some");
      const again = await trainer.fit(head);
      near(again.predictions.test!, before.predictions.test!, "a fit of the head gives what it gave before");
    }),
  ];
}
