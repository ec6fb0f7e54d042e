import { existsSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import {
  brown,
  cached,
  defineTrainer,
  experiment,
  hashedWords,
  huggingFace,
  linear,
  lpFt,
  minilm,
  naive,
} from "weak-to-strong";
import { pythonTrainer } from "weak-to-strong/trainers/python";
import { mine } from "../../examples/own-trainer/trainer.js";
import { sampleRequest } from "../../src/testing/trainer-samples.js";

const trainer = pythonTrainer();
afterAll(() => trainer[Symbol.asyncDispose]());

test("huggingFace fills in the documented defaults", () => {
  expect(huggingFace({ id: "some/model" })).toEqual({
    type: "huggingface",
    model: { id: "some/model" },
    tune: { type: "lora", rank: 32, alpha: 32, rankStabilized: true, targets: "all-linear" },
    optimizer: { learningRate: 1e-4, weightDecay: 0, epochs: 5, batchSize: 32, warmup: 0.1 },
    maxTokens: 1024,
    chat: false,
  });
  const some = huggingFace({ ...minilm(), tune: { type: "lora", rank: 8 }, optimizer: { epochs: 1 } });
  expect(some).toMatchObject({
    model: minilm(),
    tune: { rank: 8, alpha: 32 },
    optimizer: { epochs: 1, batchSize: 32 },
  });
  expect(() => huggingFace({ id: "m", tune: "all" as never })).toThrow(/tune: expected "head", "lora", "full".*"all"/);
});

test("an encoder is fine-tuned as a student, and LP-FT goes on from its head", async () => {
  await using run = experiment({
    testbed: await brown({ sizes: { train_label: 100, train_unlabel: 64, test: 64 } }),
    trainer,
    teacher: linear(hashedWords()),
    student: huggingFace({ ...minilm(), tune: "full", maxTokens: 32, optimizer: { epochs: 1, learningRate: 1e-4 } }),
    methods: [naive(), lpFt()],
    seeds: 1,
  });
  const { record } = await run.result();
  for (const { method, error, accuracy } of record.rows) {
    expect(error, method).toBeUndefined();
    expect(accuracy, method).toBeGreaterThan(0.3);
  }
  expect(record.student.model).toMatchObject({ type: "huggingface", tune: { type: "full" } });
  const ceiling = record.runs.find(({ method }) => method === "ceiling")!;
  for (const file of ["config.json", "model.safetensors", "head.safetensors", "model.json"])
    expect(existsSync(join(ceiling.checkpoint!.path!, file)), file).toBe(true);
}, 180_000);

test("what went otherwise than the fingerprint had said is kept under the one of how it went", async () => {
  const dir = await mkdtemp(join(tmpdir(), "w2s-cached-"));
  let fingerprint = "plenty of memory";
  let fits = 0;
  const scarce = defineTrainer({
    name: "scarce",
    fingerprint: async () => fingerprint,
    async fit(request, options) {
      fits++;
      const result = await mine.fit(request, options);
      if (fingerprint === "half of it") return result;
      fingerprint = "half of it";
      return { ...result, fingerprint };
    },
  });
  const first = await cached(scarce, dir).fit(sampleRequest());
  expect(first.fingerprint).toBe("half of it");
  const second = await cached(scarce, dir).fit(sampleRequest());
  expect(fits, "the second is found under the fingerprint that the trainer now has").toBe(1);
  expect(second.predictions).toEqual(first.predictions);
  fingerprint = "plenty of memory";
  await cached(scarce, dir).fit(sampleRequest());
  expect(fits, "and never under the one that was announced").toBe(2);
});
