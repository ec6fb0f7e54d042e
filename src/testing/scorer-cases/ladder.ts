import assert from "node:assert/strict";
import type { SuiteCase } from "../suite.js";
import { type Bench, budget, bytesOf, estimateOf } from "./bench.js";
import { handIn } from "./room.js";
import { otherTruth, otherwise, plain, predictions, request } from "./samples.js";

const ladder = { feedback: "ladder" } as const;

/** What the modes that tell less than exact scores tell. */
export function ladderCases({ test }: Bench): SuiteCase[] {
  return [
    test("on the ladder tells a score only of what is better, and else the same bytes whatever it is worth", async (open) => {
      const scorer = await open(ladder);
      const first = await scorer.evaluate(request(plain, 0.8));
      assert.ok(first.improved && first.score, "better than the teacher");
      const told = new Set<string>();
      for (const share of [0.7, 0.3, 0]) {
        const { left, ...rest } = await scorer.evaluate(request(plain, share));
        told.add(bytesOf({ ...rest, left: 0 }));
      }
      assert.equal(told.size, 1, "the same bytes");
      const [bytes] = told;
      assert.deepEqual([JSON.parse(bytes!).improved, JSON.parse(bytes!).score], [false, undefined], "not better");
      const best = await scorer.evaluate(request(plain, 0.97));
      assert.ok(estimateOf(best) > estimateOf(first), "a better one is told");
    }),
    test("on the ladder a gain within noise is not better", async (open) => {
      const scorer = await open(ladder);
      assert.ok((await scorer.evaluate(request(plain, 0.8))).improved);
      const little = await scorer.evaluate(request(plain, 0.8, otherwise(plain, 0.82, 2)));
      assert.deepEqual([little.improved, little.score, little.sameAs], [false, undefined, undefined]);
    }),
    test("on the ladder what is not better has the same bytes under another truth, records and receipts included", async (open) => {
      const answers: string[][] = [];
      for (const [dir, testbeds] of [
        ["one", undefined],
        ["other", otherTruth],
      ] as const) {
        const scorer = await open({ ...ladder, dir, ...(testbeds && { testbeds }) });
        const told: string[] = [];
        for (const share of [0.3, 0.1, 0.2]) told.push(bytesOf(await scorer.evaluate(request(plain, share))));
        told.push(bytesOf(await scorer.submit(handIn(plain, { share: 0.3 }))));
        const records = await scorer.records();
        told.push(...records.map(bytesOf));
        told.push(...records.map(({ receipt }) => JSON.stringify(Object.keys(receipt))));
        told.push(JSON.stringify({ ...(await scorer.describe()), ledger: {} }));
        answers.push(told);
      }
      assert.deepEqual(answers[0], answers[1]);
    }),
    test("on the ladder each author climbs from its own best, and the lab's baseline is where all begin", async (open) => {
      const scorer = await open(ladder);
      const baseline = await scorer.evaluate(request(plain, 0.8, { author: "lab", baseline: true }));
      assert.ok(baseline.score, "a baseline is told its score");
      assert.ok(!(await scorer.evaluate(request(plain, 0.7))).improved, "worse than the baseline");
      assert.ok((await scorer.evaluate(request(plain, 0.97))).improved, "better than the baseline");
      const bo = await scorer.evaluate(request(plain, 0.9, { author: "bo" }));
      assert.ok(bo.improved, "worse than another author's, better than the baseline");
    }),
    test("on the ladder the whole lab's questions count: colluding shows no more than asking alone", async (open) => {
      // Two standard errors above the baseline: enough for a first question, and not for a twelfth.
      const lucky = otherwise(plain, 0.66, 1);
      const plays: [name: string, before: number, authorOf: (i: number) => string][] = [
        ["first", 0, () => "ada"],
        ["alone", 11, () => "ada"],
        ["together", 11, (i) => `author ${i}`],
      ];
      const outcomes: [string, boolean][] = [];
      for (const [dir, before, authorOf] of plays) {
        const scorer = await open({ ...ladder, dir, evaluations: 12 });
        await scorer.evaluate(request(plain, 0.6, { author: "lab", baseline: true }));
        for (let i = 0; i < before; i++) await scorer.evaluate(request(plain, 0.2 + i / 100, { author: authorOf(i) }));
        const { improved } = await scorer.evaluate(request(plain, 0, { ...lucky, author: authorOf(before) }));
        outcomes.push([dir, improved]);
      }
      assert.deepEqual(outcomes, [
        ["first", true],
        ["alone", false],
        ["together", false],
      ]);
    }),
    test("on the ladder nearly the same predictions are answered from the earlier answer, and that is said", async (open) => {
      const scorer = await open(ladder);
      const first = await scorer.evaluate(request(plain, 0.8));
      const flipped = predictions(plain, 0.8, 0);
      flipped.data.subarray(0, 3).reverse();
      const rest = request(plain, 0.8).predictions.slice(1);
      const near = await scorer.evaluate({
        ...request(plain, 0.8),
        predictions: [{ seed: 0, probabilities: flipped }, ...rest],
      });
      assert.deepEqual([near.sameAs, near.improved, near.score], [first.id, false, undefined]);
      assert.equal(near.left, budget - 2, "charged");
      const bo = await scorer.evaluate(request(plain, 0.8, { author: "bo" }));
      assert.deepEqual([bo.sameAs, bo.score], [first.id, first.score], "to another author, what it was worth");
    }),
    test("goes on where it was on the ladder: bests, questions and duplicates", async (open) => {
      const scorer = await open(ladder);
      const first = await scorer.evaluate(request(plain, 0.8));
      await scorer.evaluate(request(plain, 0.7));
      const described = await scorer.describe();
      await scorer[Symbol.asyncDispose]();
      const again = await open(ladder);
      assert.deepEqual(await again.describe(), described, "the description");
      assert.ok(!(await again.evaluate(request(plain, 0.6))).improved, "the best is known");
      assert.equal((await again.evaluate(request(plain, 0.8))).sameAs, first.id, "so is what was asked");
    }),
    test("rounded, tells every score on a grid of 1 / sqrt(n)", async (open) => {
      const scorer = await open({ feedback: "rounded" });
      const root = Math.sqrt(plain.parts.development.length);
      for (const share of [0.8, 0.6, 0.3]) {
        const { score } = await scorer.evaluate(request(plain, share));
        assert.ok(score, "a score");
        const steps = score.accuracy * root;
        assert.ok(Math.abs(steps - Math.round(steps)) < 1e-9, `${score.accuracy} is on the grid`);
      }
    }),
    test("on the ladder tells the scores of all baselines, rounded", async (open) => {
      const [climbed, rounded] = [await open(ladder), await open({ dir: "rounded", feedback: "rounded" })];
      for (const share of [0.8, 0.5]) {
        const asked = request(plain, share, { author: "lab", method: `${share}`, baseline: true });
        const { score } = await climbed.evaluate(asked);
        assert.ok(score, "a score");
        assert.deepEqual(score, (await rounded.evaluate(asked)).score);
      }
    }),
  ];
}
