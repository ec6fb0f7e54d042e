import assert from "node:assert/strict";
import { argmax } from "../../data/matrix.js";
import type { Evaluation } from "../../scorer.js";
import { pgr } from "../../stats/pgr.js";
import type { SuiteCase } from "../suite.js";
import { type Bench, flat, grouped, otherTruth, plain, predictions, request, sampleTestbeds } from "./bench.js";

/** What is described and how predictions are scored. */
export function answerCases({ test }: Bench): SuiteCase[] {
  return [
    test("describes rows, seeds and budget, and nothing that depends on the truth", async (open) => {
      const [one, other] = [await open(), await open({ dir: "other", testbeds: otherTruth })];
      const described = await one.describe();
      const expected = sampleTestbeds.map(({ name, classes, ids, seeds }) => ({ name, classes, ids, seeds }));
      assert.deepEqual(described.testbeds, expected, "the testbeds");
      assert.equal(described.evaluations, 6, "the budget");
      assert.deepEqual(await other.describe(), described, "the same under another truth");
    }),
    test("scores the mean over seeds, and PGR against teacher and ceiling", async (open) => {
      const scorer = await open();
      for (const testbed of [plain, grouped]) {
        const evaluation = await scorer.evaluate(request(testbed, 0.8));
        const correct = testbed.seeds.map((seed) => right(testbed, seed));
        const all = correct.flatMap((list) => [...list]);
        close(evaluation.accuracy, all.reduce((sum, score) => sum + score, 0) / all.length, "accuracy");
        samePgr(
          evaluation,
          pgr({ ...testbed, transfer: correct, groups: "groups" in testbed ? testbed.groups : undefined }),
        );
        assert.deepEqual(evaluation.seeds, testbed.seeds, "its seeds");
      }
    }),
    test("compares some seeds with teacher and ceiling of the same seeds", async (open) => {
      const scorer = await open();
      const evaluation = await scorer.evaluate({
        ...request(plain, 0.8),
        predictions: [2, 0].map((seed) => ({ seed, probabilities: predictions(plain, 0.8, seed) })),
      });
      const of = (lists: readonly Float64Array[]): Float64Array[] => [lists[2]!, lists[0]!];
      const expected = {
        weak: of(plain.weak),
        transfer: [right(plain, 2), right(plain, 0)],
        ceiling: of(plain.ceiling),
      };
      samePgr(evaluation, pgr(expected));
      assert.deepEqual(evaluation.seeds, [2, 0], "its seeds");
    }),
    test("gives no PGR where the gap is not resolved", async (open) => {
      const scorer = await open();
      const { pgr } = await scorer.evaluate(request(flat, 0.8));
      assert.equal(pgr.status, "undefined");
    }),
    test("answers the same whatever was asked before, and whoever asks", async (open) => {
      const scorer = await open();
      const first = await scorer.evaluate(request(plain, 0.7));
      await scorer.evaluate(request(plain, 0.9));
      await scorer.evaluate(request(grouped, 0.6, { author: "bo" }));
      for (const author of ["ada", "bo"]) {
        const again = await scorer.evaluate(request(plain, 0.7, { author, method: "called otherwise" }));
        close(again.accuracy, first.accuracy, "accuracy");
        samePgr(again, first.pgr);
      }
    }),
    test("says whether it is the author's best on the testbed", async (open) => {
      const scorer = await open();
      const improved: boolean[] = [];
      for (const share of [0.7, 0.6, 0.7, 0.9]) improved.push((await scorer.evaluate(request(plain, share))).improved);
      improved.push((await scorer.evaluate(request(plain, 0.6, { author: "bo" }))).improved);
      assert.deepEqual(improved, [true, false, false, true, true]);
    }),
  ];
}

function right(testbed: (typeof sampleTestbeds)[number], seed: number): Float64Array {
  return Float64Array.from(argmax(predictions(testbed, 0.8, seed)), (label, row) =>
    label === testbed.labels[row] ? 1 : 0,
  );
}

function close(found: number, expected: number, what: string): void {
  assert.ok(Math.abs(found - expected) < 1e-9, `${what}: expected ${expected}, found ${found}`);
}

function samePgr({ pgr: found }: Evaluation, expected: Evaluation["pgr"]): void {
  assert.ok(found.status === "ok" && expected.status === "ok", `PGR: expected one, found ${found.status}`);
  close(found.estimate, expected.estimate, "PGR");
  for (const end of [0, 1] as const) close(found.interval[end], expected.interval[end], "an end of PGR's interval");
}
