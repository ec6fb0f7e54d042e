import { describe, expect, test } from "vitest";
import type { Matrix, Trainer } from "weak-to-strong";
import { trainerSuite } from "weak-to-strong/testing";
import { anyModels, complete } from "./complete.js";

/** What fails where `complete` does some things otherwise. */
async function failuresWith(changes: Partial<Trainer>): Promise<string[]> {
  const failed: string[] = [];
  const trainer = { ...complete, ...changes };
  for (const { name, run } of trainerSuite(() => trainer, anyModels)) await run().catch(() => failed.push(name));
  return failed;
}

function mapMatrix(m: Matrix, change: (data: Float32Array) => Float32Array): Matrix {
  return { ...m, data: change(m.data.slice()) };
}

describe("the suite catches a trainer that", () => {
  test("ignores validation", async () => {
    const fit: Trainer["fit"] = ({ validation: _, ...request }, options) => complete.fit(request, options);
    expect(await failuresWith({ fit })).toEqual([
      "measures validation rows after each epoch",
      "keeps the epoch of least validation loss where the best is asked for",
    ]);
  });

  test("returns the last epoch for the best", async () => {
    const fit: Trainer["fit"] = ({ validation, ...request }, options) =>
      complete.fit({ ...request, ...(validation && { validation: { ...validation, keep: "last" } }) }, options);
    expect(await failuresWith({ fit })).toEqual([
      "keeps the epoch of least validation loss where the best is asked for",
    ]);
  });

  test("measures on the training rows", async () => {
    const fit: Trainer["fit"] = (request, options) => {
      const { train, validation } = request;
      const other = validation && { dataset: train.dataset, targets: train.targets, keep: validation.keep };
      return complete.fit({ ...request, ...(other && { validation: other }) }, options);
    };
    expect(await failuresWith({ fit })).toContain("measures validation rows after each epoch");
  });

  test("returns a checkpoint of another epoch than its predictions", async () => {
    const fit: Trainer["fit"] = async (request, options) => {
      const { validation, ...rest } = request;
      const [best, last] = await Promise.all([complete.fit(request, options), complete.fit(rest, options)]);
      return { ...best, checkpoint: last.checkpoint };
    };
    expect(await failuresWith({ fit })).toEqual([
      "keeps the epoch of least validation loss where the best is asked for",
    ]);
  });

  test("ignores the checkpoint to go on from", async () => {
    const fit: Trainer["fit"] = ({ from: _, ...request }, options) => complete.fit(request, options);
    expect(await failuresWith({ fit })).toEqual([
      "goes on from a checkpoint",
      "says when the checkpoint to go on from is not there",
    ]);
  });

  test("gives back the checkpoint's answers instead of training on", async () => {
    const fit: Trainer["fit"] = async (request, options) => {
      const result = await complete.fit(request, options);
      if (!request.from) return result;
      const again = await complete.predict({ checkpoint: request.from, rows: request.predict.test! });
      return { ...result, predictions: { ...result.predictions, test: again.predictions } };
    };
    expect(await failuresWith({ fit })).toEqual(["goes on from a checkpoint"]);
  });

  test("returns a curve of epochs, or one that rises", async () => {
    const curves = [
      (curve: Float32Array) => curve.filter((_, i) => i % 5 === 0),
      (curve: Float32Array) => curve.slice().reverse(),
    ];
    for (const change of curves) {
      const fit: Trainer["fit"] = async (request, options) => {
        const result = await complete.fit(request, options);
        return { ...result, ...(result.curve && { curve: change(result.curve) }) };
      };
      expect(await failuresWith({ fit })).toEqual(["returns the loss of each optimiser step"]);
    }
  });

  test("returns traces by epoch instead of by row", async () => {
    const fit: Trainer["fit"] = async (request, options) => {
      const { traces, ...result } = await complete.fit(request, options);
      return { ...result, ...(traces && { traces: { ...traces, rows: traces.columns, columns: traces.rows } }) };
    };
    expect(await failuresWith({ fit })).toEqual(["returns every training row's loss after each epoch"]);
  });

  test("names a loss that it does not know", async () => {
    const capabilities = async () => ({ ...(await complete.capabilities()), losses: ["cross_entropy", "confidence"] });
    expect(await failuresWith({ capabilities })).toContain("trains with every loss that it names");
  });

  test("embeds the whole dataset whatever the indices", async () => {
    const embed: Trainer["embed"] = ({ rows: { dataset }, ...request }) =>
      complete.embed({ ...request, rows: { dataset } });
    expect(await failuresWith({ embed })).toEqual(["embeds with the layers asked for", "embeds with features"]);
  });

  test("takes the last layer for the middle one", async () => {
    const embed: Trainer["embed"] = (request) =>
      complete.embed("layers" in request && request.layers === "middle" ? { ...request, layers: [4] } : request);
    expect(await failuresWith({ embed })).toEqual(["embeds with all layers, and with the middle one"]);
  });

  const order = "scores each row by itself, in the order asked for";
  const templates = "fills the fields of an input into the templates";

  test("scores rows in another order", async () => {
    const score: Trainer["score"] = ({ rows, ...request }) =>
      complete.score({ ...request, rows: { ...rows, ...(rows.indices && { indices: rows.indices.slice().sort() }) } });
    expect(await failuresWith({ score })).toEqual([order]);
  });

  test("scores a row by what stands beside it", async () => {
    const score: Trainer["score"] = async (request) => {
      const { logProbabilities, ...result } = await complete.score(request);
      const least = Math.min(...logProbabilities.data);
      return { ...result, logProbabilities: mapMatrix(logProbabilities, (data) => data.map((p) => p + least)) };
    };
    expect(await failuresWith({ score })).toContain(order);
  });

  test("scores a continuation by the mean over its tokens", async () => {
    const score: Trainer["score"] = async (request) => {
      const { logProbabilities, tokens, cost } = await complete.score(request);
      return {
        logProbabilities: mapMatrix(logProbabilities, (data) => data.map((p, i) => p / tokens.data[i]!)),
        tokens,
        cost,
      };
    };
    expect(await failuresWith({ score })).toContain("scores a continuation by the sum over its tokens");
  });

  test("scores by something that is no log-probability", async () => {
    for (const change of [(p: number) => -p, (p: number) => p / 100]) {
      const score: Trainer["score"] = async (request) => {
        const { logProbabilities, ...result } = await complete.score(request);
        return { ...result, logProbabilities: mapMatrix(logProbabilities, (data) => data.map(change)) };
      };
      expect(await failuresWith({ score })).toContain("scores continuations by their log-probabilities");
    }
  });

  test("leaves the fields of continuations as they are", async () => {
    const score: Trainer["score"] = ({ continuations, ...request }) => {
      const escaped = continuations?.map((form) => form.replaceAll("{", "{{").replaceAll("}", "}}"));
      return complete.score({ ...request, ...(escaped && { continuations: escaped }) });
    };
    expect(await failuresWith({ score })).toEqual([templates]);
  });
});
