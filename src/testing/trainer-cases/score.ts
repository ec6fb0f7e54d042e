import assert from "node:assert/strict";
import { dataset as makeDataset } from "../../data/dataset.js";
import { type Matrix, row, takeRows } from "../../data/matrix.js";
import type { ScoreRequest, ScoreResult, Trainer } from "../../trainer.js";
import { Skip, type SuiteCase } from "../suite.js";
import { near, refuses } from "./assertions.js";
import type { Bench } from "./bench.js";

/** Nats by which a log-probability may depend on the rows that are computed beside it, in a model of half precision. */
const slack = 0.1;

const dataset = makeDataset(
  [
    "The river runs past moss and stone, and a heron waits in the reeds.",
    "Two plus two is",
    "Dear sir, I am writing to you about the invoice that you sent in March, which",
    "yes yes yes yes yes yes yes",
    "The capital of France is",
  ].map((text) => ({ text })),
);
/** None begins with another, so that no two can both be what follows. */
const exclusive = [" four", " yes", " Paris", " the", " is"];

/** Log-probabilities of continuations. */
export function scoreCases({ test, options }: Bench): SuiteCase[] {
  type Ask = (request: Omit<ScoreRequest, "model" | "maxTokens">) => Promise<ScoreResult>;

  async function scorer(trainer: Trainer): Promise<Ask> {
    if (!(await trainer.capabilities()).score) throw new Skip("capabilities.score is false");
    if (!options.causal) throw new Skip("no causal language model was named for this trainer");
    const { causal: model } = options;
    return (request) => trainer.score({ model, maxTokens: 64, ...request });
  }

  return [
    test("scores continuations by their log-probabilities", async (trainer) => {
      const ask = await scorer(trainer);
      const { logProbabilities, tokens } = await ask({
        rows: { dataset },
        prompt: "{text}",
        continuations: exclusive,
      });
      for (const [name, found] of Object.entries({ logProbabilities, tokens }))
        assert.deepEqual([found.rows, found.columns], [5, exclusive.length], `${name}: rows x continuations`);
      for (let i = 0; i < 5; i++) {
        const found = row(logProbabilities, i);
        assert.ok(
          found.every((value) => value <= 0 && Number.isFinite(value)),
          `row ${i}: no log-probability is above 0, found ${found}`,
        );
        const total = found.reduce((sum, value) => sum + Math.exp(value), 0);
        assert.ok(
          total <= 1 + 1e-3,
          `row ${i}: continuations that exclude each other sum to at most 1, found ${total}`,
        );
      }
      assert.ok(
        tokens.data.every((count) => Number.isInteger(count) && count >= 1),
        `tokens has positive integers, found ${tokens.data}`,
      );
    }),
    test("scores each row by itself, in the order asked for", async (trainer) => {
      const ask = await scorer(trainer);
      const request = { prompt: "{text}", continuations: exclusive };
      const all = await ask({ ...request, rows: { dataset } });
      const indices = Int32Array.of(3, 0, 3);
      const some = await ask({ ...request, rows: { dataset, indices } });
      near(some.logProbabilities, takeRows(all.logProbabilities, indices), "rows with indices are these rows", slack);
      assert.ok(
        furthest(takeRows(all.logProbabilities, [0]), takeRows(all.logProbabilities, [3])) > 5 * slack,
        "different prompts have different log-probabilities",
      );
      const alone = await ask({ ...request, rows: { dataset: makeDataset([dataset.inputs[2]!]) } });
      near(alone.logProbabilities, takeRows(all.logProbabilities, [2]), "a row alone is as it is among others", slack);
    }),
    test("fills the fields of an input into the templates", async (trainer) => {
      const ask = await scorer(trainer);
      const pairs = makeDataset([
        { question: "Is snow white?", choice: "Yes" },
        { question: "What is two plus two?", choice: "Four" },
      ]);
      const written = makeDataset(
        ["Q: Is snow white?\nA {x}:", "Q: What is two plus two?\nA {x}:"].map((text) => ({ text })),
      );
      const filled = await ask({
        rows: { dataset: pairs },
        prompt: "Q: {question}\nA {{x}}:",
        continuations: [" {choice}", " No"],
      });
      const literal = await ask({
        rows: { dataset: written },
        prompt: "{text}",
        continuations: [" Yes", " Four", " No"],
      });
      const at = (m: Matrix, i: number, k: number): number => row(m, i)[k]!;
      const expected = [0, 1].map((i) => [at(literal.logProbabilities, i, i), at(literal.logProbabilities, i, 2)]);
      near(
        filled.logProbabilities,
        { rows: 2, columns: 2, data: Float32Array.from(expected.flat()) },
        "a template is as the text that it makes",
        slack,
      );
      const error = await refuses(ask({ rows: { dataset: pairs }, prompt: "{nofield}", continuations: [" No"] }), [
        "bad_input",
      ]);
      assert.match(error.message, /nofield/, "the message names the field that inputs do not have");
    }),
    test("scores a continuation by the sum over its tokens", async (trainer) => {
      const ask = await scorer(trainer);
      const rows = { dataset };
      const both = await ask({ rows, prompt: "{text}", continuations: [" yes and the river", " yes"] });
      const rest = await ask({ rows, prompt: "{text} yes", continuations: [" and the river"] });
      for (let i = 0; i < both.tokens.rows; i++) {
        const [whole, first] = row(both.tokens, i);
        if (whole !== first! + row(rest.tokens, i)[0]!) throw new Skip("the tokenizer joins words");
        const [joint, begin] = row(both.logProbabilities, i);
        const sum = begin! + row(rest.logProbabilities, i)[0]!;
        assert.ok(
          Math.abs(joint! - sum) < 2 * slack,
          `row ${i}: log P(a b) is log P(a) + log P(b after a), ${sum}, found ${joint}`,
        );
      }
    }),
  ];
}

function furthest(a: Matrix, b: Matrix): number {
  return a.data.reduce((most, value, i) => Math.max(most, Math.abs(value - b.data[i]!)), 0);
}
