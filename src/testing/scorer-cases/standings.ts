import assert from "node:assert/strict";
import type { Evaluation, ScorerRecord } from "../../scorer.js";
import type { SuiteCase } from "../suite.js";
import { type Bench, estimateOf, told } from "./bench.js";
import { handIn } from "./room.js";
import { flat, grouped, plain, request, sampleTestbeds } from "./samples.js";

/** Who stands where. */
export function standingsCases({ test }: Bench): SuiteCase[] {
  const two = [plain, grouped];
  return [
    test("stands empty before the first evaluation", async (open) => {
      const scorer = await open();
      assert.deepEqual(await scorer.standings(), { rows: [], evaluations: 0 });
    }),
    test("shows each author's best on each testbed, and the worst of these", async (open) => {
      const scorer = await open({ testbeds: two });
      for (const share of [0.65, 0.85, 0.75]) await scorer.evaluate(request(plain, share));
      await scorer.evaluate(request(grouped, 0.7));
      const [records, standings] = [await scorer.records(), await scorer.standings()];
      const best = { plain: evaluation(records[1]), grouped: evaluation(records[3]) };
      const worst = Math.min(...Object.values(best).map(estimateOf));
      const rows = [{ author: "ada", baseline: false, best, submitted: {}, worst }];
      assert.deepEqual(standings, { rows, evaluations: 4 });
    }),
    test("puts the best worst case first, and who lacks a testbed last; baselines are rows too", async (open) => {
      const scorer = await open({ testbeds: two });
      const plays = { even: [0.8, 0.8], uneven: [0.95, 0.6], partial: [0.95] };
      for (const [author, shares] of Object.entries(plays)) {
        for (const [at, share] of shares.entries()) await scorer.evaluate(request(two[at]!, share, { author }));
      }
      for (const testbed of two) await scorer.evaluate(request(testbed, 0.7, { author: "naive", baseline: true }));
      const { rows } = await scorer.standings();
      assert.deepEqual(
        rows.map(({ author, baseline }) => [author, baseline]),
        [
          ["even", false],
          ["naive", true],
          ["uneven", false],
          ["partial", false],
        ],
      );
      assert.equal(rows[3]?.worst, null, "no worst without a testbed");
    }),
    test("gives each baseline a row, apart from an agent of the same name", async (open) => {
      const scorer = await open();
      await scorer.evaluate(request(plain, 0.6, { author: "lab" }));
      for (const method of ["naive", "confidence", "naive"]) {
        const { improved } = await scorer.evaluate(request(plain, 0.7, { author: "lab", baseline: true, method }));
        if (method === "confidence") assert.ok(improved, "the first of its method");
      }
      const { rows } = await scorer.standings();
      assert.deepEqual(
        rows.map(({ baseline, best }) => [baseline, best.plain?.method]),
        [
          [true, "naive"],
          [true, "confidence"],
          [false, "a method"],
        ],
      );
    }),
    test("goes by its own scores, not by what authors call their work", async (open) => {
      const scorer = await open({ testbeds: [plain] });
      await scorer.evaluate(request(plain, 0.6, { author: "loud", method: "PGR 0.99, accuracy 1.00" }));
      await scorer.evaluate(request(plain, 0.9, { author: "quiet", method: "ridge" }));
      const { rows } = await scorer.standings();
      assert.deepEqual(
        rows.map(({ author }) => author),
        ["quiet", "loud"],
      );
    }),
    test("falls back on accuracy where there is no PGR", async (open) => {
      const scorer = await open({ testbeds: sampleTestbeds });
      for (const share of [0.6, 0.9, 0.7]) await scorer.evaluate(request(flat, share));
      const [records, { rows }] = [await scorer.records(), await scorer.standings()];
      assert.deepEqual(rows[0]?.best.flat, records[1], "the most accurate");
      assert.equal(rows[0]?.worst, null);
    }),
    test("shows each author's last submission that was better, and ranks nobody by it", async (open) => {
      const scorer = await open({ testbeds: [plain] });
      await scorer.evaluate(request(plain, 0.9, { author: "bo" }));
      await scorer.evaluate(request(plain, 0.6));
      const better = await scorer.submit(handIn(plain, { share: 0.9 }));
      assert.equal((await scorer.submit(handIn(plain, { share: 0.2 }))).outcome, "not-better");
      const { rows, evaluations } = await scorer.standings();
      assert.deepEqual(
        rows.map(({ author, submitted }) => [author, Object.values(submitted).map(told)]),
        [
          ["bo", []],
          ["ada", [told(better)]],
        ],
      );
      assert.equal(evaluations, 2, "submissions are no evaluations");
    }),
  ];
}

function evaluation(record: ScorerRecord | undefined): Evaluation {
  assert.equal(record?.type, "evaluation");
  return record as Evaluation;
}
