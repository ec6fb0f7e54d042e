import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { random } from "../../src/data/random.js";
import { acquireLock } from "../../src/lock.js";
import type { Evaluation, PGRScorer } from "../../src/scorer.js";
import { developmentScorer } from "../../src/scorers/development/index.js";
import { grouped, otherTruth, plain, request } from "../../src/testing/scorer-cases/bench.js";
import { printed, startFixture } from "../setup/fixtures/child.js";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "w2s-scorer-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const evaluations = 1000;
const open = (testbeds: Parameters<typeof developmentScorer>[0]["testbeds"] = [plain, grouped]): PGRScorer =>
  developmentScorer({ dir, evaluations, testbeds });
const file = (): string => join(dir, "records.jsonl");

/** The scorer's process, by the note of who holds its lock. */
function processOf(): number {
  return Number(/^process (\d+)/.exec(readFileSync(join(dir, "scorer.lock.holder"), "utf8"))?.[1]);
}

test("killed at random moments: what was answered is there, once a key, and the budget is exact", async () => {
  const uniform = random("kill the scorer");
  const answered = new Map<string, Evaluation>();
  let asked = 0;
  for (let round = 0; round < 12; round++) {
    await using scorer = open();
    await scorer.describe();
    const pid = processOf();
    // Some keys of earlier rounds again, answered or not, and new ones, until the process dies.
    let next = Math.max(0, asked - 5);
    const dies = answered.size + Math.floor(uniform() * 40);
    const ask = async (): Promise<void> => {
      for (;;) {
        const key = `k${next++}`;
        asked = Math.max(asked, next);
        const evaluation = await scorer.evaluate(request(plain, 0.5 + 0.4 * uniform(), { key }));
        expect(evaluation).toEqual(answered.get(key) ?? evaluation);
        answered.set(key, evaluation);
        if (answered.size >= dies) setImmediate(() => process.kill(pid, "SIGKILL"));
      }
    };
    const ends = await Promise.allSettled([ask(), ask(), ask()]);
    for (const end of ends) expect(end).toMatchObject({ status: "rejected", reason: { code: "worker_died" } });
    await expect(scorer.records()).rejects.toMatchObject({ code: "worker_died" });
  }
  await using scorer = open();
  const records = await scorer.records();
  for (const evaluation of answered.values()) expect(records[evaluation.index]).toEqual(evaluation);
  const lines = readFileSync(file(), "utf8").trim().split("\n").slice(1);
  const keys = lines.map((line) => (JSON.parse(line) as { key: string }).key);
  expect(new Set(keys).size).toBe(keys.length);
  expect(records.map(({ left }) => left)).toEqual(records.map((_, i) => evaluations - 1 - i));
});

test("ends when the process that made it is killed", async () => {
  const parent = startFixture("../../scorers/fixtures/scorer-process.ts", [dir]);
  await printed(parent, "scored");
  expect(statSync(file()).mode & 0o777).toBe(0o600);
  parent.kill("SIGKILL");
  await using _lock = await acquireLock(join(dir, "scorer.lock"), { what: "the scorer", onWait: () => undefined });
  expect(readFileSync(file(), "utf8")).toContain('"key":"first"');
});

test("a line that a crash cut off is removed, and said", async () => {
  await scoreTwice();
  appendFileSync(file(), '{"type":"evaluation","eval');
  await using scorer = open();
  expect((await scorer.describe()).notices).toEqual([expect.stringContaining("26 bytes")]);
  expect(await scorer.evaluate(request(plain, 0.9))).toMatchObject({ index: 2, left: evaluations - 3 });
});

test.each([
  ["a damaged line", (lines: string[]) => lines.with(1, lines[1]!.slice(5)), /Line 2 of the records .* is damaged/],
  ["a line that is missing", (lines: string[]) => lines.toSpliced(1, 1), /Line 2 .* number 1, expected 0/],
  [
    "a score that was changed",
    (lines: string[]) => lines.with(2, lines[2]!.replace(/"accuracy":[\d.]+/, '"accuracy":2')),
    /Line 3 .*accuracy/s,
  ],
])("%s is an error that names it", async (_, change, message) => {
  await scoreTwice();
  writeFileSync(file(), `${change(readFileSync(file(), "utf8").trim().split("\n")).join("\n")}\n`);
  await using scorer = open();
  await expect(scorer.describe()).rejects.toMatchObject({ code: "bad_input", message: expect.stringMatching(message) });
});

test("records of another truth are refused", async () => {
  await scoreTwice();
  await using scorer = open(otherTruth);
  await expect(scorer.records()).rejects.toMatchObject({
    code: "bad_input",
    message: expect.stringContaining('testbed "plain"'),
  });
});

test.skipIf(process.platform !== "linux")("neither its arguments nor its environment tell anything", async () => {
  await using scorer = open();
  await scorer.describe();
  const of = (what: string): string => readFileSync(`/proc/${processOf()}/${what}`, "utf8");
  expect(of("environ")).toBe("");
  expect(of("cmdline").split("\0").length).toBeLessThan(6);
  expect(readFileSync(file(), "utf8")).not.toContain(plain.ids[0]);
});

test.each([
  ["labels", { ...plain, labels: Int32Array.of(1) }],
  ["labels", { ...plain, labels: plain.labels.map(() => 9) }],
  ["weak", { ...plain, weak: plain.weak.slice(1) }],
  ["ceiling[0][0]", { ...plain, ceiling: plain.ceiling.map((list) => list.map(() => 2)) }],
  ["groups", { ...plain, groups: Int32Array.of(1) }],
])("options are checked: %s", (field, testbed) => {
  expect(() => open([testbed])).toThrow(field);
});

async function scoreTwice(): Promise<void> {
  await using scorer = open();
  for (const share of [0.7, 0.8]) await scorer.evaluate(request(plain, share));
}
