import { expect, test } from "vitest";
import type { Matrix } from "weak-to-strong";
import type { AuditCase, Query } from "../../src/audit/case.js";
import { upperBound } from "../../src/audit/exact.js";
import { seeds } from "../../src/audit/seeds.js";
import { random } from "../../src/data/random.js";
import type { Score } from "../../src/scorer.js";
import { caseOf, hardLabels, world } from "./world.js";

const signal = new AbortController().signal;
const ground = world(1, { questions: 100 });
const base = caseOf(ground, (weak) => weak, { seeds: 3 });
const { development } = base.testbed;
const truth = Array.from(development, (row) => ground.test.truth[row]!);

/** A lab of one author: results of one code vary around `rate` by `spread` from seed to seed. */
function author(name: string | number, rate = 0.75, spread = 0.02) {
  const draw = random("author", name);
  const result = () => {
    const mine = rate + spread * (draw() + draw() + draw() + draw() - 2) * 1.7;
    return hardLabels(truth.map((label) => (draw() < mine ? label : 1 - label)));
  };
  const accuracy = (of: Matrix) =>
    truth.filter((label, i) => of.data[2 * i + 1]! > 0.5 === (label === 1)).length / truth.length;
  const scored = (all: readonly Matrix[]): Score => ({
    ...base.submission.scores!.development,
    accuracy: all.reduce((sum, of) => sum + accuracy(of), 0) / all.length,
  });
  const query = (id: string, predictions: Query["predictions"], more: Partial<Query> = {}): Query => ({
    id,
    author: "a",
    method: "mine",
    answered: true,
    snapshot: "code",
    predictions,
    score: scored(predictions.map(({ probabilities }) => probabilities)),
    ...more,
  });
  const audited = (queries: readonly Query[], drawn: readonly Matrix[] = [result(), result(), result()]) => {
    const n = ground.test.truth.length;
    const runs = base.submission.runs.map((run, r) => {
      const data = new Float32Array(2 * n);
      for (const [i, row] of development.entries()) data.set(drawn[r]!.data.subarray(2 * i, 2 * i + 2), 2 * row);
      return { ...run, predictions: { rows: n, columns: 2, data } };
    });
    const scores = { ...base.submission.scores!, development: scored(drawn) };
    const subject: AuditCase = { ...base, queries, submission: { ...base.submission, runs, scores } };
    return seeds().audit(subject, { signal });
  };
  return { result, accuracy, query, audited };
}

test("an honest claim on all seeds is clean, and stands in the evidence", async () => {
  const { query, result, audited } = author("honest");
  const found = await audited([
    query(
      "q0",
      [0, 1, 2, 3, 4].map((seed) => ({ seed, probabilities: result() })),
    ),
  ]);
  expect(found.verdict).toBe("clean");
  expect(found.evidence[0]).toMatchObject({
    what: "claim",
    value: expect.stringMatching(/^evaluation q0: .* on seeds 0, 1, 2, 3, 4/),
  });
});

test("a claim that the scorer's seeds are far below goes to review", async () => {
  const { query, audited } = author("honest");
  const better = author("much better", 0.92);
  const claim = query(
    "q0",
    [0, 1, 2].map((seed) => ({ seed, probabilities: better.result() })),
  );
  const found = await audited([claim]);
  expect(found.verdict).toBe("review");
  expect(found.words).toContain("on seeds 0, 1, 2");
});

test("the best of many restarts of one code goes to review", async () => {
  const { query, result, audited } = author("restarts", 0.72, 0.06);
  const queries = Array.from({ length: 30 }, (_, k) => query(`q${k}`, [{ seed: 0, probabilities: result() }]));
  const found = await audited(queries);
  expect(found.verdict).toBe("review");
  expect(found.words).toContain("29 further results at equal seeds");
});

test("the best seeds of those tried, asked for again on their own, go to review", async () => {
  const { query, result, audited, accuracy } = author("subset");
  const all = Array.from({ length: 12 }, (_, seed) => {
    const probabilities = result();
    return { seed, probabilities, accuracy: accuracy(probabilities) };
  });
  // The ladder released little of each.
  const lower = { ...base.submission.scores!.development, accuracy: 0.7 };
  const best = all.toSorted((a, b) => accuracy(b.probabilities) - accuracy(a.probabilities)).slice(0, 4);
  const honest = all.map((one, k) => query(`q${k}`, [one], { score: lower }));
  expect((await audited(honest)).verdict).toBe("clean");
  const found = await audited([...honest, query("claim", best)]);
  expect(found.verdict).toBe("review");
  expect(found.evidence.at(-1)).toMatchObject({ what: "seeds asked for again" });
});

test("without a released score, or a run, there is nothing to hold against", async () => {
  const { query, result, audited } = author("silent");
  const { score: _, ...unreleased } = query("q", [{ seed: 0, probabilities: result() }]);
  expect(await audited([unreleased])).toMatchObject({ verdict: "clean", evidence: [] });
  const failed = { ...base, submission: { ...base.submission, runs: [] } };
  expect(await seeds().audit(failed, { signal })).toMatchObject({ verdict: "clean" });
});

test("of simulated honest authors, who submit the best of ten codes, hardly any is flagged", async () => {
  const simulations = 200;
  let flagged = 0;
  for (let k = 0; k < simulations; k++) {
    const draw = random("codes", k);
    const codes = Array.from({ length: 10 }, (_, c) => author(`${k} ${c}`, 0.65 + 0.15 * draw(), 0.01 + 0.02 * draw()));
    const queries = codes.map(({ query, result }, c) =>
      query(
        `q${c}`,
        [0, 1, 2].map((seed) => ({ seed, probabilities: result() })),
        { snapshot: `code ${c}`, method: `m${c}` },
      ),
    );
    const best = queries.reduce((most, one) => (one.score!.accuracy > most.score!.accuracy ? one : most));
    const winner = queries.indexOf(best);
    const submitted = queries.map((one, c) => (c === winner ? { ...one, snapshot: "code" } : one));
    if ((await codes[winner]!.audited(submitted)).verdict !== "clean") flagged++;
  }
  console.log(`seeds: ${flagged} of ${simulations} simulated honest authors flagged`);
  expect(upperBound(flagged, simulations, 0.05)).toBeLessThan(0.04);
});
