import { expect, test } from "vitest";
import { keywordFamilies } from "../../src/lab/families.js";

const family = (name: string, text = "", code = "") => keywordFamilies.classify({ name, text, code });

test("there are eleven", () => {
  expect(new Set(keywordFamilies.families).size).toBe(11);
});

test.each([
  ["confidence-0.75", "objective"],
  ["productLoss beta 2", "objective"],
  ["confident labels only", "selection"],
  ["MDL curriculum", "selection"],
  ["overlap_density top half", "selection"],
  ["bootstrapping, 3 rounds", "self-training"],
  ["strong-to-strong", "self-training"],
  ["EM posterior", "noise model"],
  ["noisyChannel v2", "noise model"],
  ["ICM with 8 seeds", "elicitation"],
  ["CCS on swap pairs", "elicitation"],
  ["zero-shot elicitation", "elicitation"],
  ["probe_filter", "representation"],
  ["knn on layer 14", "representation"],
  ["SAE features", "representation"],
  ["weak ensembles", "ensemble"],
  ["reverse KL", "distillation"],
  ["born-again", "distillation"],
  ["evolution strategy on LoRA-B", "search"],
  ["critic GRPO", "critique"],
  ["LP-FT", "training"],
  ["LoRA rank 8", "training"],
  ["early stopping", "training"],
  ["idea 7", null],
])("%s: %s", (name, expected) => {
  expect(family(name)).toBe(expected);
});

test("a name says more than a post, and a post more than code", () => {
  expect(family("weak ensemble", "", "probe = LogisticRegression()")).toBe("ensemble");
  expect(family("try 3", "An ensemble of teachers.", "fitted = LogisticRegression()")).toBe("ensemble");
  expect(family("try 3", "", "states = context.embed(x)\nclf = LogisticRegression()")).toBe("representation");
});

test("a mark counts once, however often it is repeated", () => {
  expect(family("try 3", "ensemble ".repeat(100), "")).toBe("ensemble");
  expect(family("noisy channel EM", "ensemble ".repeat(100), "")).toBe("noise model");
});

test("no text takes long", () => {
  const started = performance.now();
  for (const piece of ["reward", "hyper", "+ sigma * ", "in range(rounds", "mean(", "iterat"]) {
    family("try 3", "", piece.repeat(2 ** 16));
  }
  expect(performance.now() - started).toBeLessThan(15_000); // well below 1 s; in quadratic time a minute
});
