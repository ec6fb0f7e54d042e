import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { dataset, defineTrainer, hiddenStates, linear, matrix, smollm2 } from "weak-to-strong";
import type { CleanRun } from "../../src/clean-room.js";
import { sha256 } from "../../src/data/canonical.js";
import { type Rows, rowInputs } from "../../src/data/dataset.js";
import { packagePath } from "../../src/package-root.js";
import { truth, testbed as words, wordTrainer } from "../server/world.js";
import { bench, codeOf } from "./bench.js";

/* The examples of docs/method-authors.md run in the clean room, and learn something there. */

const example = (name: string) => codeOf(readFileSync(packagePath("examples", "methods", `${name}.py`), "utf8"));

const accuracy = (run: CleanRun): number => {
  if (run.status === "failed") throw new Error(run.detail);
  const { data, rows } = run.predictions;
  return truth.filter((label, row) => Number(data[2 * row + 1]! > 0.5) === label).length / rows;
};

const all = { rows: Int32Array.from(truth.keys()) };

/** Hashed words as features, and a language model that finds a text the likelier true the longer it is. */
function speakingTrainer() {
  const inner = wordTrainer();
  const hashed = (text: string): number[] => {
    const counts = Array.from({ length: 512 }, () => 0);
    for (const word of text.split(" ")) counts[Number.parseInt(sha256(word).slice(0, 4), 16) % 512]!++;
    return counts;
  };
  const textsOf = (rows: Rows): string[] => rowInputs(rows).map((input) => (input as { text: string }).text);
  const cost = { seconds: 0, device: "none", tokens: 0 };
  return defineTrainer({
    name: "speaking",
    capabilities: () => inner.capabilities(),
    fit: (request, calling) => inner.fit(request, calling),
    predict: (request, calling) => inner.predict(request, calling),
    embed: async ({ rows }) => ({ layers: [matrix(textsOf(rows).map(hashed))], cost }),
    score: async ({ rows }) => ({
      logProbabilities: matrix(textsOf(rows).map((text) => [-100, -text.length])),
      tokens: matrix(textsOf(rows).map(() => [1, 1])),
      cost,
    }),
  });
}

test("probe relabel and ensemble", async () => {
  await using here = await bench({ trainer: speakingTrainer() });
  const [probe, ensemble] = await Promise.all([
    here.run(example("probe_relabel"), all),
    here.run(example("ensemble"), all),
  ]);
  for (const run of [probe, ensemble]) expect(accuracy(run)).toBeGreaterThan(0.65);
});

test("zero-shot elicitation asks the pretrained model", async () => {
  const student = linear(hiddenStates(smollm2(), { layer: 18 }));
  const { name, kind, classes, train, development } = words;
  await using here = await bench({
    trainer: speakingTrainer(),
    testbeds: [{ name, kind, classes, train, student, models: {}, test: development.dataset }],
  });
  const run = await here.run(example("zero_shot"), all);
  expect(run).toMatchObject({ status: "ok" });
});

test("the ensemble swaps a preference's answers and takes the mean", async () => {
  const ask = (i: number) => ({ prompt: `Which? ${i}`, first: `good ${i % 2}`, second: `bad ${(i + 1) % 2}` });
  const inputs = Array.from({ length: 20 }, (_, i) => ask(i));
  const split = { dataset: dataset(inputs), ids: inputs.map((_, i) => `${i}`) };
  const weakLabels = matrix(inputs.map((_, i) => (i % 2 ? [0.9, 0.1] : [0.1, 0.9])));
  await using here = await bench({
    testbeds: [
      {
        name: "pairs",
        kind: "preference",
        classes: ["A", "B"],
        train: split,
        student: words.student,
        models: {},
        test: split.dataset,
      },
    ],
  });
  const both = Int32Array.of(0);
  const run = await here.run(example("ensemble"), { testbed: "pairs", weakLabels, rows: both });
  expect(run).toMatchObject({ status: "ok", predictions: { rows: 1, columns: 2 } });
});
