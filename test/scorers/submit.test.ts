import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { WeakToStrongError } from "../../src/errors.js";
import { sealedScorer } from "../../src/scorers/sealed/index.js";
import { roundedUp } from "../../src/scorers/sealed/rounding.js";
import { rowsOf } from "../../src/scorers/sealed/submitting.js";
import { told } from "../../src/testing/scorer-cases/bench.js";
import { handIn, sampleRoom } from "../../src/testing/scorer-cases/room.js";
import { plain } from "../../src/testing/scorer-cases/samples.js";
import { scorerFolders } from "./folders.js";

vi.mock("../../src/scorers/sealed/child.js", () => import("./in-process.js"));

test("without a clean room nothing can be submitted", async () => {
  using place = scorerFolders();
  const { room: _, ...rest } = place;
  await using scorer = sealedScorer(rest);
  await expect(scorer.submit(handIn(plain, { share: 0.8 }))).rejects.toMatchObject({
    code: "unsupported",
    message: expect.stringContaining("room"),
  });
});

test("a room that breaks is an error, not a result, and the submission goes on", async () => {
  const room = sampleRoom();
  const broken = new WeakToStrongError("worker_died", "The trainer's worker is gone.");
  let breaks = 1;
  const breaking: typeof room = {
    ...room,
    run: (request, options) => (breaks-- > 0 ? Promise.reject(broken) : room.run(request, options)),
  };
  using place = scorerFolders({ room: breaking });
  await using scorer = sealedScorer(place);
  const asked = handIn(plain, { share: 0.9 }, { key: "k" });
  await expect(scorer.submit(asked)).rejects.toMatchObject({ code: "failed", cause: broken });
  expect(await scorer.records()).toEqual([]);
  expect(await scorer.results()).toEqual([]);
  expect(await scorer.submit(asked)).toMatchObject({ outcome: "better", left: 999 });
});

test("asked for twice at once with one key, it is one submission", async () => {
  using place = scorerFolders();
  await using scorer = sealedScorer(place);
  const asked = handIn(plain, { share: 0.9 }, { key: "k" });
  const [one, other] = await Promise.all([scorer.submit(asked), scorer.submit(asked)]);
  expect(told(one)).toEqual(told(other));
  expect((await scorer.records()).length).toBe(1);
});

test.each([
  [2, 2],
  [9, 3],
])("told to run %i times, it runs %i: no more than there are sealed seeds", async (runs, expected) => {
  using place = scorerFolders({ runs });
  await using scorer = sealedScorer(place);
  await scorer.submit(handIn(plain, { share: 0.8 }));
  const [result] = await scorer.results();
  expect(new Set(result?.runs.map(({ teacherSeed }) => teacherSeed)).size).toBe(expected);
  expect(result?.runs.length).toBe(expected);
});

test("what a run failed of is for people; the ledger that agents see has no word of it, nor of scores or seeds", async () => {
  using place = scorerFolders();
  await using scorer = sealedScorer(place);
  const { receipt } = await scorer.submit(handIn(plain, { share: 0.8, goes: "predict", on: 1 }));
  const [result] = await scorer.results();
  expect(result?.runs.map(({ failure }) => failure)).toEqual([
    undefined,
    expect.stringMatching(/^predict: row \d+ made it fail/),
    undefined,
  ]);
  const ledger = readFileSync(join(place.dir, "ledger.jsonl"), "utf8");
  for (const text of [ledger, JSON.stringify(receipt)]) expect(text).not.toMatch(/made it fail|teacherSeed|accuracy/);
});

test("a submission's truth, weak labels included, stays where it belongs", async () => {
  using place = scorerFolders();
  await using scorer = sealedScorer(place);
  await scorer.submit(handIn(plain, { share: 0.8 }));
  const files = ["ledger.jsonl", "hidden.jsonl"].map((name) => readFileSync(join(place.dir, name), "utf8"));
  const [label] = plain.weakLabels[0]!.data;
  for (const text of files) {
    expect(text).not.toContain(String(label));
    expect(text).not.toContain(JSON.stringify(Array.from(plain.labels.slice(0, 20))));
  }
});

test("seconds are rounded up to a few steps in each power of ten", () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-6, max: 1e9, noNaN: true }), (seconds) => {
      const rounded = roundedUp(seconds);
      expect(rounded).toBeGreaterThanOrEqual(seconds);
      expect(rounded).toBeLessThanOrEqual(seconds * (5 / 3) * (1 + 1e-9));
      expect(rounded.toExponential()).toMatch(/^(1|1\.5|2|3|5|7)e/);
    }),
  );
  expect([0, 1, 2, 2.1, 1000].map(roundedUp)).toEqual([0, 1, 2, 3, 1000]);
});

test("a run's rows are every row of every part once, in an order that only its draw tells", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(1000), { minLength: 3 }), fc.string(), (rows, order) => {
      const parts = { development: rows.slice(0, 1), final: rows.slice(1, 3), vault: rows.slice(3) };
      const shown = [...rowsOf(parts, order)];
      expect(shown.toSorted()).toEqual(rows.toSorted());
      expect([...rowsOf(parts, order)]).toEqual(shown);
    }),
  );
});

test("which of the teachers was drawn first decides nothing", async () => {
  // Each is right where the others are wrong, so that runs compared across teachers look like noise.
  const outcomes = new Set<string>();
  for (let draw = 0; draw < 6; draw++) {
    using place = scorerFolders();
    await using scorer = sealedScorer(place);
    await scorer.submit(handIn(plain, { share: 0.7 }));
    const runs = (await scorer.results())[0]!.runs.map(({ teacherSeed }) => teacherSeed);
    expect(runs).toEqual(runs.toSorted((one, other) => one - other));
    outcomes.add((await scorer.submit(handIn(plain, { share: 0.8 }))).outcome);
  }
  expect(outcomes.size).toBe(1);
});
