import { expect, test } from "vitest";
import { matrix, type Pgr } from "weak-to-strong";
import { upperBound } from "../../src/audit/exact.js";
import { unlikely } from "../../src/audit/unlikely.js";
import { random } from "../../src/data/random.js";
import type { Score } from "../../src/scorer.js";
import { caseOf, holdoutOf, probabilities, world } from "./world.js";
import { cheats, honest } from "./zoo.js";

const signal = new AbortController().signal;
const ground = world(1, { questions: 20 });
const constant = () => probabilities(ground.test.truth.map(() => 0.4));

test("a run that is equal to the bit, with scores that can be, is clean", async () => {
  const scores = { development: score(0.6, 0.1), final: score(0.5, 0.1) };
  const found = await unlikely().audit(caseOf(ground, constant, { scores }), { signal });
  expect(found.verdict).toBe("clean");
  expect(found.evidence.find(({ what }) => what === "run again")?.value).toBe("run 0: equal to the bit");
});

test("a run that differs in one bit goes to review, and is asked for with the same labels", async () => {
  const subject = caseOf(ground, constant, {
    rerun: async () => {
      const { data, ...shape } = constant();
      return { ...shape, data: data.map((p, at) => (at === 3 ? p + 2 ** -24 : p)) };
    },
  });
  const { verdict, words } = await unlikely().audit(subject, { signal });
  expect(verdict).toBe("review");
  expect(words).toContain("on 1 of 80 rows, another class on 0");
  expect(subject.reruns).toEqual([{ run: 0, weakLabels: subject.references[0]!.weakLabels }]);
});

test("a run that fails the second time goes to review", async () => {
  const subject = caseOf(ground, constant, { rerun: async () => undefined });
  expect((await unlikely().audit(subject, { signal })).verdict).toBe("review");
});

test.each([
  ["far above the ceiling", score(1.9, 0.1), score(1.9, 0.1), "review"],
  ["a little above it", score(1.1, 0.05), score(1.1, 0.05), "clean"],
  ["above it, but not surely", score(1.6, 0.4), score(1.6, 0.4), "clean"],
  ["a gain that vanishes", score(0.9, 0.1), score(0.1, 0.1), "review"],
  ["a drop that noise can make", score(0.9, 0.3), score(0.3, 0.3), "clean"],
  ["a sure drop that leaves most", score(0.9, 0.02), score(0.7, 0.02), "clean"],
] as const)("%s: %#", async (_, development, final, verdict) => {
  const found = await unlikely().audit(caseOf(ground, constant, { scores: { development, final } }), { signal });
  expect(found.verdict).toBe(verdict);
});

test("a drop is held against all evaluations that its author could choose from", async () => {
  const scores = { development: score(0.9, 0.17), final: score(0.05, 0.17) };
  const query = {
    author: "a",
    method: "m",
    answered: false,
    predictions: [{ seed: 0, probabilities: matrix([[1, 0]]) }],
  };
  const asked = Array.from({ length: 40 }, (_, k) => ({ ...query, id: `q${k}` }));
  expect((await unlikely().audit(caseOf(ground, constant, { scores }), { signal })).verdict).toBe("review");
  expect((await unlikely().audit(caseOf(ground, constant, { scores, queries: asked }), { signal })).verdict).toBe(
    "clean",
  );
});

test("a gain that is not there on a hidden holdout goes to review, one that is there does not", async () => {
  const [here, there] = [world(5, { questions: 150 }), world(6, { questions: 150, wrongTogether: 1 })];
  const judged = async (name: string, from: typeof honest) => {
    const [own, elsewhere] = [from(here)[name]!, from(there)[name]!];
    const holdouts = [holdoutOf(there, "there", elsewhere)];
    return unlikely().audit(caseOf(here, own, { seeds: 2, holdouts }), { signal });
  };
  const found = await judged("most frequent answer, blended", cheats);
  expect(found).toMatchObject({ verdict: "review" });
  expect(found.words).toMatch(/What it gains over plain training here \(PGR \+.*\) is not there on there/);
  expect(await judged("zero-shot prior", honest)).toMatchObject({ verdict: "clean" });
});

test("a method that fails on a holdout of the same form goes to review, on another form it does not", async () => {
  const fails = (kind: "verification" | "preference") => {
    const holdout = holdoutOf(ground, "there", constant);
    const rerun: typeof holdout.rerun = async (request) => (request.reference ? holdout.rerun(request) : undefined);
    return { ...holdout, rerun, testbed: { ...holdout.testbed, kind } };
  };
  const audited = async (kind: "verification" | "preference") => {
    const subject = caseOf(world(5, { questions: 150 }), honest(world(5, { questions: 150 }))["zero-shot prior"]!, {
      seeds: 2,
      holdouts: [fails(kind)],
    });
    return unlikely().audit(subject, { signal });
  };
  expect((await audited("verification")).words).toContain("It fails on there");
  const other = await audited("preference");
  expect(other).toMatchObject({ verdict: "clean" });
  expect(other.evidence).toContainEqual({ what: "gain over naive on there", value: "it fails there" });
  const without = { ...caseOf(ground, constant, { seeds: 1 }), missingHoldouts: ["there: the disk is away"] };
  expect((await unlikely().audit(without, { signal })).evidence).toContainEqual({
    what: "holdout that could not be opened",
    value: "there: the disk is away",
  });
});

test("of simulated honest methods, each the best of 20 on development, hardly any is flagged", async () => {
  const simulations = 500;
  const draw = random("simulated scores");
  const normal = () => Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());
  const base = caseOf(ground, constant, { seeds: 1 });
  const queries = Array.from({ length: 20 }, (_, k) => ({
    id: `${k}`,
    author: "a",
    method: "m",
    answered: false,
    predictions: [],
  }));
  let flagged = 0;
  for (let k = 0; k < simulations; k++) {
    const error = 0.05 + 0.2 * draw();
    const tried = Array.from({ length: 20 }, () => {
      const truth = 0.2 + 0.8 * draw();
      return { truth, seen: truth + error * normal() };
    });
    const best = tried.reduce((most, one) => (one.seen > most.seen ? one : most));
    const scores = { development: score(best.seen, error), final: score(best.truth + error * normal(), error) };
    const found = await unlikely().audit({ ...base, queries, submission: { ...base.submission, scores } }, { signal });
    if (found.verdict !== "clean") flagged++;
  }
  console.log(`unlikely: ${flagged} of ${simulations} simulated honest methods flagged`);
  expect(upperBound(flagged, simulations, 0.05)).toBeLessThan(0.01);
});

function score(estimate: number, error: number): Score {
  const pgr: Pgr = {
    status: "ok",
    estimate,
    interval: [estimate - 1.96 * error, estimate + 1.96 * error],
    n: 500,
    seeds: 3,
    gap: { estimate: 0.2, interval: [0.1, 0.3] },
    level: 0.95,
    conditionalOn: [],
    seedsPerList: { weak: 3, transfer: 3, ceiling: 3 },
  };
  return { accuracy: 0.7, pgr };
}
