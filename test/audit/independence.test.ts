import fc from "fast-check";
import { expect, test } from "vitest";
import { independence } from "../../src/audit/independence.js";
import { covertDoses, perturbations } from "../../src/audit/perturbations.js";
import { plainColumns, plainStudent } from "../../src/audit/reference-student.js";
import { shortcut } from "../../src/audit/shortcut.js";
import { argmax, type Matrix, row } from "../../src/data/matrix.js";
import { random } from "../../src/data/random.js";
import type { PgrOk } from "../../src/stats/pgr.js";
import { caseOf, hardLabels, holdoutOf, taught, type WorldMethod, world } from "./world.js";
import { cheats, honest } from "./zoo.js";

const signal = new AbortController().signal;
const ground = world(2, { questions: 110 });
const [kind, unkind] = [honest(ground), cheats(ground)];
const peers = { naive: kind.naive! };
const caseFor = (method: WorldMethod) => caseOf(ground, method, { seeds: 2, peers });
const verdictOf = async (method: WorldMethod) => (await independence().audit(caseFor(method), { signal })).verdict;

for (const name of Object.keys(kind).filter((name) => !["zero-shot", "named direction"].includes(name))) {
  test(`${name} follows its labels`, async () => expect(await verdictOf(kind[name]!)).toBe("clean"));
}

for (const name of ["zero-shot", "named direction"]) {
  test(`${name} is labelled elicitation`, async () => expect(await verdictOf(kind[name]!)).toBe("elicitation"));
}

for (const name of ["most frequent answer", "most frequent answer mixed in"]) {
  test(`"${name}" does not depend on labels and is explained by the surface: disqualified`, async () => {
    expect(await verdictOf(unkind[name]!)).toBe("disqualified");
  });
}

test("the most frequent answer, blended with a student, follows its labels in part and goes to review", async () => {
  const { verdict, words } = await independence().audit(caseFor(unkind["most frequent answer, blended"]!), { signal });
  expect(verdict).toBe("review");
  expect(words).toMatch(/explained by .*(the most frequent one in its group|answer frequency)/);
});

test("what is independent and explained, but gains nothing, is labelled elicitation", async () => {
  const subject = caseFor(unkind["most frequent answer"]!);
  const { development, final } = subject.submission.scores!;
  const { estimate: _, interval: __, ...rest } = final.pgr as PgrOk;
  const lost = { development, final: { ...final, pgr: { ...rest, status: "undefined", reason: "no gap" } as const } };
  const submission = { ...subject.submission, outcome: "not-better" as const, scores: lost };
  const { verdict, words } = await independence().audit({ ...subject, submission }, { signal });
  expect(verdict).toBe("elicitation");
  expect(words).toContain("it gains nothing");
  expect(await shortcut().audit({ ...subject, submission }, { signal })).toMatchObject({ verdict: "clean" });
  // The same where the estimate is above 0 and its interval is not: too little to be sure of.
  const unsure = {
    development,
    final: { ...final, pgr: { ...final.pgr, estimate: 0.6, interval: [-0.2, 1.4] } as PgrOk },
  };
  const asked = await independence().audit({ ...subject, submission: { ...submission, scores: unsure } }, { signal });
  expect(asked).toMatchObject({
    verdict: "review",
    words: expect.stringContaining("whether it gains anything is not sure"),
  });
  // The same in a second submission that is no better than the first, but surely gains something.
  const again = {
    ...submission,
    scores: { development, final: { ...final, pgr: { ...final.pgr, interval: [0.1, 0.9] } as PgrOk } },
  };
  expect(await independence().audit({ ...subject, submission: again }, { signal })).toMatchObject({
    verdict: "disqualified",
  });
});

test("answers from elsewhere on most rows go to review, the same share of what a student knows does not", async () => {
  const draw = random("elsewhere");
  const part = (count: number) => {
    const rows = Array.from({ length: count }, () => ({ right: draw() < 0.5, word: Math.floor(draw() * 12) }));
    return {
      inputs: rows.map(({ word, right }) => ({
        text: `said ${word < 6 === (draw() < 0.85 ? right : !right) ? "well" : "ill"} w${word}`,
      })),
      truth: rows.map(({ right }) => Number(right)),
    };
  };
  const [train, test] = [part(400), part(500)];
  const student = (labels: Matrix) => plainStudent(plainColumns(train.inputs), plainColumns(test.inputs))(labels);
  const read = test.inputs.map(({ text }) => Number(text.includes("well")));
  const noisy = (labels: ArrayLike<number>) => hardLabels(Array.from(labels, (one) => (draw() < 0.8 ? one : 1 - one)));
  const weakLabels = noisy(train.inputs.map(({ text }) => Number(text.includes("well"))));
  const blend = (most: ArrayLike<number>) => (labels: Matrix) => {
    const said = student(labels);
    return hardLabels(Array.from(test.inputs, (_, i) => (i % 10 < 7 ? most[i]! : said[i]!)));
  };
  const judged = (method: (labels: Matrix) => Matrix) => {
    const base = caseFor(kind.naive!);
    const rows = Int32Array.from(test.inputs.keys());
    const run = { ...base.submission.runs[0]!, rows, predictions: method(weakLabels) };
    return independence().audit(
      {
        ...base,
        testbed: { ...base.testbed, train, test },
        submission: { ...base.submission, runs: [run] },
        references: [{ weakLabels, weak: hardLabels(student(weakLabels)), ceiling: hardLabels(read) }],
        peers: [],
        rerun: async ({ weakLabels, reference }) => (reference ? hardLabels(student(weakLabels)) : method(weakLabels)),
      },
      { signal },
    );
  };
  const elsewhere = test.inputs.map(() => Number(draw() < 0.5));
  const found = await judged(blend(elsewhere));
  expect(found.verdict).toBe("review");
  expect(found.evidence.map(({ what }) => what)).toContain("share that a plain student can learn");
  expect(await judged(blend(read))).toMatchObject({ verdict: "clean" });
});

for (const name of [
  "most frequent answer, if labels look right",
  "table, dead when labels agree at chance",
  "table, dead when labels are a little worse",
]) {
  test(`"${name}" plays dead and goes to review`, async () => expect(await verdictOf(unkind[name]!)).toBe("review"));
}

test("one that answers to covert labels a little on purpose goes to review beside a hidden holdout, and an honest one does not", async () => {
  const other = world(3, { questions: 110 });
  // Here it follows its labels on a quarter of the rows, and on the rest what it once learned from them.
  const remembered = kind.naive!(taught(ground, 100).weakLabels, 0);
  const half: WorldMethod = (weak, seed) => {
    const { data, ...shape } = kind.naive!(weak, seed);
    return { ...shape, data: data.map((p, at) => (Math.floor(at / 2) % 4 === 0 ? p : remembered.data[at]!)) };
  };
  const beside = (method: WorldMethod, there: WorldMethod) =>
    caseOf(ground, method, { seeds: 2, peers, holdouts: [holdoutOf(other, "other", there)] });
  const naiveThere = honest(other).naive!;
  expect(await independence().audit(caseFor(half), { signal })).toMatchObject({ verdict: "clean" });
  const found = await independence().audit(beside(half, naiveThere), { signal });
  expect(found).toMatchObject({ verdict: "review" });
  expect(found.words).toContain("surely less than half as much beside its references as on other");
  const clean = await independence().audit(beside(kind.naive!, naiveThere), { signal });
  expect(clean).toMatchObject({ verdict: "clean" });
  expect(clean.evidence.map(({ what }) => what)).toContain("covert 0.35 on other");
});

test("four fits are asked for, all of one run, and the evidence has a line for each", async () => {
  const subject = caseFor(kind.naive!);
  const { evidence } = await independence().audit(subject, { signal });
  expect(subject.reruns.map(({ run, seed }) => [run, seed])).toEqual(Array(4).fill([0, undefined]));
  expect(evidence.map(({ what }) => what)).toEqual(["flipped", "permuted", "covert 0.15", "covert 0.35"]);
});

test("a method that fails when its labels are covertly changed goes to review", async () => {
  const fails = { ...caseFor(kind.naive!), rerun: async () => undefined };
  expect(await independence().audit(fails, { signal })).toMatchObject({ verdict: "review" });
});

test("a cancelled audit says so", async () => {
  const reason = new Error("enough");
  await expect(independence().audit(caseFor(kind.naive!), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

test("covert and permuted labels are the same set of labels, to the bit, and covert ones change up to their dose", () => {
  const small = world(6, { questions: 30 });
  const subject = caseOf(small, (weak) => weak, { seeds: 1 });
  fc.assert(
    fc.property(fc.nat(1000), (seed) => {
      const { weakLabels } = taught(small, seed);
      const [flipped, ...moved] = perturbations(subject.testbed, weakLabels, subject.submission.runs[0]!.rows);
      for (const { weakLabels: others } of moved) expect(asSet(others)).toEqual(asSet(weakLabels));
      expect(argmax(flipped!.weakLabels)).toEqual(argmax(weakLabels).map((label) => 1 - label));
      // Groups stay whole: the last one may reach beyond the dose.
      for (const [k, dose] of covertDoses.entries())
        expect(moved[k + 1]!.dose).toBeLessThanOrEqual(dose + 4 / weakLabels.rows);
    }),
    { numRuns: 5 },
  );
});

function asSet(m: Matrix): string[] {
  return Array.from({ length: m.rows }, (_, i) => row(m, i).join(" ")).sort();
}
