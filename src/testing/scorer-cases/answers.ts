import assert from "node:assert/strict";
import type { Matrix } from "../../data/matrix.js";
import { argmax } from "../../data/matrix.js";
import type { Score } from "../../scorer.js";
import type { SealedTestbed } from "../../scorers/sealed/testbed.js";
import { pgr } from "../../stats/pgr.js";
import type { SuiteCase } from "../suite.js";
import { type Bench, budget, submissions } from "./bench.js";
import { flat, grouped, otherTruth, plain, predictions, request, sampleTestbeds } from "./samples.js";

/** What is described, and how predictions are scored where scores are shown. */
export function answerCases({ test }: Bench): SuiteCase[] {
  return [
    test("describes rows, seeds and budgets, and nothing that depends on the truth", async (open) => {
      const [one, other] = [await open(), await open({ dir: "other", testbeds: otherTruth })];
      const [described, elsewhere] = [await one.describe(), await other.describe()];
      const expected = sampleTestbeds.map(({ name, classes, ids, seeds, parts }) => ({
        ...{ name, classes, seeds },
        ids: Array.from(parts.development, (row) => ids[row]!),
        rows: { development: parts.development.length, final: parts.final.length, vault: parts.vault.length },
      }));
      assert.deepEqual(described.testbeds, expected, "the testbeds: of the rows, only those of development");
      assert.deepEqual(
        [described.feedback, described.evaluations, described.submissions],
        ["exact", budget, submissions],
        "feedback and budgets",
      );
      assert.deepEqual(described.asked, { evaluations: 0, submissions: 0, bits: 0 }, "nothing was asked");
      assert.deepEqual({ ...elsewhere, ledger: {} }, { ...described, ledger: {} }, "the same under another truth");
      assert.notEqual(elsewhere.ledger.id, described.ledger.id, "a ledger of its own");
    }),
    test("scores the mean over seeds, and PGR against teacher and ceiling", async (open) => {
      const scorer = await open();
      for (const testbed of [plain, grouped]) {
        const { score, seeds } = await scorer.evaluate(request(testbed, 0.8));
        const given = testbed.seeds.map((seed) => predictions(testbed, 0.8, seed));
        sameScore(score, expectedScore(testbed, { part: "development", seeds: testbed.seeds, predictions: given }));
        assert.deepEqual(seeds, testbed.seeds, "its seeds");
      }
    }),
    test("compares some seeds with teacher and ceiling of the same seeds", async (open) => {
      const scorer = await open();
      const given = [2, 0].map((seed) => ({ seed, probabilities: predictions(plain, 0.8, seed) }));
      const { score, seeds } = await scorer.evaluate({ ...request(plain, 0.8), predictions: given });
      const expected = { seeds: [2, 0], predictions: given.map(({ probabilities }) => probabilities) };
      sameScore(score, expectedScore(plain, { part: "development", ...expected }));
      assert.deepEqual(seeds.toSorted(), [0, 2], "its seeds");
    }),
    test("gives no PGR where the gap is not resolved", async (open) => {
      const scorer = await open();
      const { score } = await scorer.evaluate(request(flat, 0.8));
      assert.equal(score?.pgr.status, "undefined");
    }),
    test("answers the same whatever was asked before, and whoever asks", async (open) => {
      const scorer = await open();
      const { score } = await scorer.evaluate(request(plain, 0.7));
      await scorer.evaluate(request(plain, 0.9));
      await scorer.evaluate(request(grouped, 0.6, { author: "bo" }));
      for (const author of ["ada", "bo"]) {
        const again = await scorer.evaluate(request(plain, 0.7, { author, method: "called otherwise" }));
        assert.deepEqual(again.score, score, "the score");
      }
    }),
    test("says whether it is the author's best on the testbed", async (open) => {
      const scorer = await open();
      const improved: boolean[] = [];
      for (const share of [0.7, 0.6, 0.7, 0.9]) improved.push((await scorer.evaluate(request(plain, share))).improved);
      improved.push((await scorer.evaluate(request(plain, 0.6, { author: "bo" }))).improved);
      assert.deepEqual(improved, [true, false, false, true, true]);
    }),
    test("counts what the lab has asked, baselines aside, and the bits that it was told", async (open) => {
      const scorer = await open();
      await scorer.evaluate(request(plain, 0.6, { author: "lab", baseline: true }));
      for (const author of ["ada", "bo"]) await scorer.evaluate(request(plain, 0.7, { author }));
      const { asked } = await scorer.describe();
      assert.deepEqual([asked.evaluations, asked.submissions], [2, 0], "evaluations and submissions");
      assert.ok(asked.bits > 0, "bits");
    }),
  ];
}

/** Accuracy, and PGR against teacher and ceiling of the same seeds, of predictions on the rows of a part. */
export function expectedScore(
  testbed: SealedTestbed,
  of: {
    readonly part: keyof SealedTestbed["parts"];
    readonly seeds: readonly number[];
    readonly predictions: readonly Matrix[];
  },
): Score {
  const rows = testbed.parts[of.part];
  const lists = [...testbed.seeds, ...testbed.sealedSeeds];
  const at = (all: readonly Float64Array[], seed: number): Float64Array =>
    Float64Array.from(rows, (row) => all[lists.indexOf(seed)]![row]!);
  const transfer = of.predictions.map((one) =>
    Float64Array.from(argmax(one), (label, i) => (label === testbed.labels[rows[i]!] ? 1 : 0)),
  );
  const right = transfer.flatMap((list) => [...list]);
  return {
    accuracy: right.reduce((sum, one) => sum + one, 0) / right.length,
    pgr: pgr({
      weak: of.seeds.map((seed) => at(testbed.weak, seed)),
      transfer,
      ceiling: of.seeds.map((seed) => at(testbed.ceiling, seed)),
      ...(testbed.groups && { groups: Int32Array.from(rows, (row) => testbed.groups![row]!) }),
    }),
  };
}

export function sameScore(found: Score | undefined, expected: Score): void {
  assert.ok(found, "a score: expected one, found none");
  close(found.accuracy, expected.accuracy, "accuracy");
  const [one, other] = [found.pgr, expected.pgr];
  assert.ok(one.status === "ok" && other.status === "ok", `PGR: expected one, found ${one.status}`);
  close(one.estimate, other.estimate, "PGR");
  for (const end of [0, 1] as const) close(one.interval[end], other.interval[end], "an end of PGR's interval");
}

function close(found: number, expected: number, what: string): void {
  assert.ok(Math.abs(found - expected) < 1e-9, `${what}: expected ${expected}, found ${found}`);
}
