import { appendFileSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { PGRScorer } from "../../src/scorer.js";
import { tracesSchema } from "../../src/scorers/sealed/entries.js";
import { type SealedScorerOptions, sealedScorer } from "../../src/scorers/sealed/index.js";
import { otherTruth, plain, request } from "../../src/testing/scorer-cases/samples.js";
import { scorerFolders } from "./folders.js";

vi.mock("../../src/scorers/sealed/child.js", () => import("./in-process.js"));

let place: ReturnType<typeof scorerFolders>;
beforeEach(() => {
  place = scorerFolders();
});
afterEach(() => place[Symbol.dispose]());

const open = (changes: Partial<SealedScorerOptions> = {}): PGRScorer => sealedScorer({ ...place, ...changes });
const file = (name = "ledger.jsonl"): string => join(place.dir, name);
const lines = (name: string): string[] => readFileSync(file(name), "utf8").trim().split("\n");

test("a line that a crash cut off is removed, and said; every answer is still there", async () => {
  await scoreTwice();
  appendFileSync(file(), '{"at":"2026-11-21T10:00:00');
  await using scorer = open();
  expect((await scorer.describe()).notices).toEqual([expect.stringContaining("26 bytes")]);
  expect(await scorer.evaluate(request(plain, 0.9))).toMatchObject({ index: 2, left: 997 });
});

test("a result that was kept before it was noted what methods open is read as one without notes", () => {
  const kept = { canaries: ["k7f3"], processes: { sleep: 1 }, refused: ["no"] };
  expect(tracesSchema.parse(kept)).toEqual({ ...kept, opened: [] });
});

test.each([
  ["cut in the middle of an answered line", () => truncateSync(file(), statSync(file()).size - 20)],
  ["without its last line", () => writeFileSync(file(), `${lines("ledger.jsonl").slice(0, -1).join("\n")}\n`)],
  [
    "with a score that was changed",
    () => writeFileSync(file(), readFileSync(file(), "utf8").replace(/"accuracy":0\.\d/, '"accuracy":1.0')),
  ],
  [
    "with a hidden value that was changed",
    () => writeFileSync(file("hidden.jsonl"), readFileSync(file("hidden.jsonl"), "utf8").replace('"first"', '"other"')),
  ],
])("a ledger %s is refused", async (_, change) => {
  await scoreTwice();
  change();
  await using scorer = open();
  await expect(scorer.describe()).rejects.toMatchObject({
    code: "bad_input",
    message: expect.stringContaining("not as it was written"),
  });
});

test("a ledger goes on with the same truth and the same feedback only", async () => {
  await scoreTwice();
  {
    await using scorer = open({ testbeds: otherTruth.slice(0, 2) });
    await expect(scorer.records()).rejects.toMatchObject({
      code: "bad_input",
      message: expect.stringContaining("is of another testbed"),
    });
  }
  await using scorer = open({ feedback: "ladder" });
  await expect(scorer.records()).rejects.toMatchObject({
    code: "bad_input",
    message: expect.stringContaining("exact"),
  });
});

test.each([
  ["labels", { ...plain, labels: Int32Array.of(1) }],
  ["labels", { ...plain, labels: plain.labels.map(() => 9) }],
  ["weak", { ...plain, weak: plain.weak.slice(1) }],
  ["ceiling[0][0]", { ...plain, ceiling: plain.ceiling.map((list) => list.map(() => 2)) }],
  ["groups", { ...plain, groups: Int32Array.of(1) }],
  ["parts: ", { ...plain, parts: { ...plain.parts, vault: plain.parts.final } }],
  ["parts: ", { ...plain, parts: { ...plain.parts, vault: Int32Array.of(400) } }],
  ["sealedSeeds", { ...plain, sealedSeeds: [], weak: plain.weak.slice(0, 3), ceiling: plain.ceiling.slice(0, 3) }],
  ["seeds", { ...plain, sealedSeeds: [0, 1, 2] }],
  ["baselines", { ...plain, baselines: [{ method: "naive", scores: plain.weak.slice(0, 1) }] }],
])("options are checked: %s", (field, testbed) => {
  expect(() => open({ testbeds: [testbed] })).toThrow(field);
});

async function scoreTwice(): Promise<void> {
  await using scorer = open();
  for (const [key, share] of [
    ["first", 0.7],
    ["second", 0.8],
  ] as const) {
    await scorer.evaluate(request(plain, share, { key }));
  }
}
