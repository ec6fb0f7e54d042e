import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { cached, type FitRequest, type FitResult, minilm, smollm2, type Trainer } from "weak-to-strong";
import { trainerSuite } from "weak-to-strong/testing";
import { pythonTrainer } from "weak-to-strong/trainers/python";
import { mine } from "../../examples/own-trainer/trainer.js";
import { anyModels, complete } from "./complete.js";

describe("a trainer in plain TypeScript", () => {
  for (const { name, run } of trainerSuite(() => mine)) test(name, run);
});

describe("a trainer that does everything", () => {
  for (const { name, run } of trainerSuite(() => complete, anyModels)) {
    test(name, async () => {
      const skipped: string[] = [];
      await run({ skip: (reason) => skipped.push(reason) });
      expect(skipped.filter((reason) => !reason.includes("the same trainer each time"))).toEqual([]);
    });
  }
});

describe("pythonTrainer, a new one each time", () => {
  for (const { name, run } of trainerSuite(() => pythonTrainer())) test(name, run, 120_000);
});

describe("pythonTrainer, one for all", () => {
  const trainer = pythonTrainer();
  afterAll(() => trainer[Symbol.asyncDispose]());
  const models = { pretrained: minilm(), causal: smollm2() };
  for (const { name, run } of trainerSuite(() => trainer, models)) test(name, run, 120_000);

  test("names its losses", async () => {
    expect((await trainer.capabilities()).losses).toEqual([
      "cross_entropy",
      "confidence",
      "confidence_openai",
      "confidence_window",
      "product",
      "reverse_kl",
    ]);
  });
});

describe("cached, with an empty folder each time", () => {
  const fresh = async () => cached(mine, await mkdtemp(join(tmpdir(), "w2s-cached-")));
  for (const { name, run } of trainerSuite(fresh)) test(name, run);
});

describe("cached, with one folder for all", () => {
  const folder = mkdtemp(join(tmpdir(), "w2s-cached-"));
  for (const { name, run } of trainerSuite(async () => cached(mine, await folder))) test(name, run);
});

/** `mine` with another `fit`. */
function broken(fit: Trainer["fit"]): Trainer {
  return { ...mine, fit };
}

async function failures(trainer: Trainer): Promise<string[]> {
  const failed: string[] = [];
  for (const { name, run } of trainerSuite(() => trainer)) await run().catch(() => failed.push(name));
  return failed;
}

function edit(result: FitResult, change: (data: Float32Array) => Float32Array, rows = 0): FitResult {
  const predictions = Object.entries(result.predictions).map(([name, matrix]) => [
    name,
    { ...matrix, rows: matrix.rows + rows, data: change(matrix.data.slice()) },
  ]);
  return { ...result, predictions: Object.fromEntries(predictions) };
}

describe("the suite catches a trainer that", () => {
  test("drops a row", async () => {
    const trainer = broken(async (request, options) =>
      edit(await mine.fit(request, options), (data) => data.slice(0, -request.classes), -1),
    );
    expect(await failures(trainer)).toContain("answers with one row of probabilities for each row asked for");
  });

  test("mixes rows up", async () => {
    const trainer = broken(async (request, options) =>
      edit(await mine.fit(request, options), (data) => data.reverse()),
    );
    expect(await failures(trainer)).toContain("learns what can be learned");
  });

  test("answers in the dataset's order instead of the indices'", async () => {
    const trainer = broken((request, options) => {
      const predict = Object.entries(request.predict).map(([name, rows]) => [
        name,
        rows.indices ? { ...rows, indices: rows.indices.slice().sort() } : rows,
      ]);
      return mine.fit({ ...request, predict: Object.fromEntries(predict) }, options);
    });
    expect(await failures(trainer)).toEqual(["keeps rows in the order asked for"]);
  });

  test("ignores the seed", async () => {
    const trainer = broken((request, options) => mine.fit({ ...request, seed: 0 }, options));
    expect(await failures(trainer)).toEqual(["follows the seed"]);
  });

  test("leaks an abort as an error of its own", async () => {
    const trainer = broken((request, options) =>
      mine.fit(request, options).catch((error: unknown) => {
        throw options?.signal?.aborted ? new Error("AbortError: aborted") : error;
      }),
    );
    expect(await failures(trainer)).toEqual([
      "does not begin when it is aborted beforehand",
      "stops within a second of an abort, with its reason, and goes on with the next request",
    ]);
  });

  test("returns probabilities that do not sum to 1", async () => {
    const trainer = broken(async (request, options) =>
      edit(await mine.fit(request, options), (data) => data.map((p) => p * 0.9)),
    );
    expect(await failures(trainer)).toEqual(["answers with one row of probabilities for each row asked for"]);
  });

  test("caches without looking at all of the request", async () => {
    const kept = new Map<string, Promise<FitResult>>();
    const trainer = broken((request: FitRequest, options) => {
      const key = `${request.train.dataset.hash} ${request.seed} ${Object.keys(request.predict)}`;
      const fit = kept.get(key) ?? mine.fit(request, options);
      kept.set(key, fit);
      return fit;
    });
    expect(await failures(trainer)).toContain("answers each request, not one like it");
  });

  test("hardens soft labels", async () => {
    const trainer = broken((request, options) => {
      const { targets } = request.train;
      const data = targets.data.map((p) => (p > 0.5 ? 1 : p < 0.5 ? 0 : 0.5));
      return mine.fit({ ...request, train: { ...request.train, targets: { ...targets, data } } }, options);
    });
    expect(await failures(trainer)).toContain("trains towards soft labels, not towards their argmax");
  });

  test("ignores weights", async () => {
    const trainer = broken(({ train: { weights: _, ...train }, ...request }, options) =>
      mine.fit({ ...request, train }, options),
    );
    expect(await failures(trainer)).toContain("leaves out rows of weight 0");
  });
});
