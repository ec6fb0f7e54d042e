import assert from "node:assert/strict";
import type { Matrix } from "../../data/matrix.js";
import type { EvaluateRequest } from "../../scorer.js";
import type { SuiteCase } from "../suite.js";
import { refuses } from "../trainer-cases/assertions.js";
import { type Bench, budget, otherTruth, plain, predictions, request } from "./bench.js";

/** Requests that are wrong, and the field that the message must name. */
const wrong: Readonly<Record<string, readonly [field: RegExp, change: () => object]>> = {
  "too few rows": [
    /probabilities/,
    () => withMatrix(({ columns, data }) => ({ rows: 10, columns, data: data.slice(0, 30) })),
  ],
  "too few columns": [
    /probabilities/,
    () => withMatrix(() => ({ rows: 150, columns: 1, data: new Float32Array(150).fill(1) })),
  ],
  "more values than it says": [/probabilities/, () => withMatrix((m) => ({ ...m, data: new Float32Array(1000) }))],
  NaN: [/probabilities/, () => withValue(Number.NaN)],
  infinity: [/probabilities/, () => withValue(Number.POSITIVE_INFINITY)],
  "a value below 0": [/probabilities/, () => withValue(-0.5)],
  "a value above 1": [/probabilities/, () => withValue(1.5)],
  "rows that do not sum to 1": [/probabilities/, () => withValue(0.9)],
  "lists of numbers": [/probabilities/, () => ({ predictions: [{ seed: 0, probabilities: [[1, 0, 0]] }] })],
  "an unknown seed": [/seed/, () => ({ predictions: [{ seed: 99, probabilities: predictions(plain, 0.8, 0) }] })],
  "a seed twice": [
    /seed/,
    () => ({ predictions: [0, 0].map((seed) => ({ seed, probabilities: predictions(plain, 0.8, 0) })) }),
  ],
  "no predictions": [/predictions/, () => ({ predictions: [] })],
  "no name of a method": [/method/, () => ({ method: "" })],
  "a long name of a method": [/method/, () => ({ method: "x".repeat(81) })],
  "a gigabyte of values": [
    /predictions/,
    () => withMatrix(() => ({ rows: 150, columns: 3, data: new Float32Array(1 << 28) })),
  ],
};

/** What is refused, in words that depend on no label, at no cost. */
export function refusalCases({ test }: Bench): SuiteCase[] {
  return [
    test("refuses malformed requests, naming the field, in the same words under another truth, for nothing", async (open) => {
      const scorers = [await open(), await open({ dir: "other", testbeds: otherTruth })];
      for (const [name, [field, change]] of Object.entries(wrong)) {
        const bad = { ...request(plain, 0.8), ...change() } as EvaluateRequest;
        const messages: string[] = [];
        for (const scorer of scorers) messages.push((await refuses(scorer.evaluate(bad), ["bad_input"])).message);
        assert.match(messages[0]!, field, `${name}: the message names the field`);
        assert.equal(messages[0], messages[1], `${name}: the words are the same under another truth`);
      }
      for (const scorer of scorers) {
        assert.deepEqual(await scorer.records(), [], "no record");
        assert.equal((await scorer.evaluate(request(plain, 0.8))).left, budget - 1, "nothing was charged");
      }
    }),
    test("refuses a testbed that it does not have", async (open) => {
      const scorer = await open();
      const { message } = await refuses(scorer.evaluate(request(plain, 0.8, { testbed: "elsewhere" })), ["not_found"]);
      assert.match(message, /elsewhere/, "the message names it");
    }),
  ];
}

function withMatrix(change: (m: Matrix) => Matrix): object {
  return { predictions: [{ seed: 0, probabilities: change(predictions(plain, 0.8, 0)) }] };
}

function withValue(value: number): object {
  return withMatrix((m) => ({ ...m, data: m.data.with(7, value) }));
}
