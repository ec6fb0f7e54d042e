import assert from "node:assert/strict";
import type { Matrix } from "../../data/matrix.js";
import type { EvaluateRequest, SubmitRequest } from "../../scorer.js";
import type { SuiteCase } from "../suite.js";
import { refuses } from "../trainer-cases/assertions.js";
import { type Bench, budget, submissions } from "./bench.js";
import { handIn, program } from "./room.js";
import { flat, otherTruth, plain, predictions, request } from "./samples.js";

/** Requests that are wrong, and the field that the message must name. */
const wrong: Readonly<Record<string, readonly [field: RegExp, change: () => object]>> = {
  "too few rows": [
    /probabilities/,
    () => withMatrix(({ columns, data }) => ({ rows: 10, columns, data: data.slice(0, 30) })),
  ],
  "too few columns": [
    /probabilities/,
    () => withMatrix(() => ({ rows: 160, columns: 1, data: new Float32Array(160).fill(1) })),
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
  "no author": [/author/, () => ({ author: "" })],
  "an empty key": [/key/, () => ({ key: "" })],
  "a gigabyte of values": [
    /predictions/,
    () => withMatrix(() => ({ rows: 160, columns: 3, data: new Float32Array(1 << 28) })),
  ],
};

/** The same of submissions. */
const wrongCode: Readonly<Record<string, readonly [field: RegExp, change: () => object]>> = {
  "no write-up": [/writeUp/, () => ({ writeUp: " " })],
  "a book of a write-up": [/writeUp/, () => ({ writeUp: "x".repeat(20_001) })],
  "no name of a method": [/method/, () => ({ method: "" })],
  "a path out of the snapshot": [/\.\.\/passwd/, () => ({ code: program({ "method.py": "", "../passwd": "" }) })],
  "an absolute path": [/\/etc/, () => ({ code: program({ "method.py": "", "/etc/cron.d/x": "" }) })],
  "a path with NUL": [/path/, () => ({ code: program({ "method.py": "", "a\0b": "" }) })],
  "a file that is a folder": [/folder/, () => ({ code: program({ "method.py": "", "method.py/x": "" }) })],
  "a file that is not in the snapshot": [/code\.file/, () => ({ code: program({ "other.py": "" }) })],
  "100,000 files": [/files/, () => ({ code: program({ "method.py": "", ...manyFiles(100_000) }) })],
  "more bytes than code has": [/bytes/, () => ({ code: program({ "method.py": "#".repeat(8 << 20) }) })],
  "options that are no values": [
    /options/,
    () => ({ code: { type: "library", name: "naive", options: { deep: { er: 1 } } } }),
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
      const elsewhere = { testbed: "elsewhere" };
      for (const asked of [
        scorer.evaluate(request(plain, 0.8, elsewhere)),
        scorer.submit(handIn(plain, { share: 0.8 }, elsewhere)),
      ]) {
        assert.match((await refuses(asked, ["not_found"])).message, /elsewhere/, "the message names it");
      }
    }),
    test("refuses evaluations on some of the seeds where not every score is told exactly", async (open) => {
      for (const feedback of ["ladder", "rounded"] as const) {
        const scorer = await open({ dir: feedback, feedback });
        const some = request(plain, 0.8).predictions.slice(1);
        const { message } = await refuses(scorer.evaluate(request(plain, 0.8, { predictions: some })), ["bad_input"]);
        assert.match(message, /seeds/, "the message names them");
        assert.deepEqual(await scorer.records(), [], "no record");
      }
    }),
    test("refuses submissions that are no code, naming the field, for nothing", async (open) => {
      const scorer = await open();
      for (const [name, [field, change]] of Object.entries(wrongCode)) {
        const bad = { ...handIn(plain, { share: 0.8 }), ...change() } as SubmitRequest;
        const { message } = await refuses(scorer.submit(bad), ["bad_input"]);
        assert.match(message, field, `${name}: the message names the field`);
        assert.ok(message.length < 1000, `${name}: the message is short`);
      }
      await refuses(scorer.submit(handIn(flat, { share: 0.8 })), ["unsupported"]);
      assert.deepEqual(await scorer.records(), [], "no record");
      assert.equal((await scorer.submit(handIn(plain, { share: 0.8 }))).left, submissions - 1, "nothing was charged");
    }),
  ];
}

function withMatrix(change: (m: Matrix) => Matrix): object {
  return { predictions: [{ seed: 0, probabilities: change(predictions(plain, 0.8, 0)) }] };
}

function withValue(value: number): object {
  return withMatrix((m) => ({ ...m, data: m.data.with(7, value) }));
}

function manyFiles(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`data/${i}`, ""]));
}
