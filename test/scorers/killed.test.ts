import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { random } from "../../src/data/random.js";
import { acquireLock } from "../../src/lock.js";
import type { PGRScorer, ScorerRecord } from "../../src/scorer.js";
import { sealedScorer } from "../../src/scorers/sealed/index.js";
import { told } from "../../src/testing/scorer-cases/bench.js";
import { handIn } from "../../src/testing/scorer-cases/room.js";
import { plain, request } from "../../src/testing/scorer-cases/samples.js";
import { printed, startFixture } from "../setup/fixtures/child.js";
import { scorerFolders } from "./folders.js";

let place: ReturnType<typeof scorerFolders>;
beforeEach(() => {
  place = scorerFolders();
});
afterEach(() => place[Symbol.dispose]());

const open = (): PGRScorer => sealedScorer(place);
const file = (name = "ledger.jsonl"): string => join(place.dir, name);
const lines = (name: string): string[] => readFileSync(file(name), "utf8").trim().split("\n");

/** The scorer's process, by the note of who holds its lock. */
function processOf(): number {
  return Number(/^process (\d+)/.exec(readFileSync(file("ledger.lock.holder"), "utf8"))?.[1]);
}

test("killed at random moments: what was answered is there, once a key, and the budgets are exact", async () => {
  const uniform = random("kill the scorer");
  const answered = new Map<string, ScorerRecord>();
  const asked = { evaluate: 0, submit: 0 };
  for (let round = 0; round < 5; round++) {
    await using scorer = open();
    await scorer.describe();
    const pid = processOf();
    // Some keys of earlier rounds again, answered or not, and new ones, until the process dies.
    const next = { evaluate: Math.max(0, asked.evaluate - 5), submit: Math.max(0, asked.submit - 2) };
    const dies = answered.size + Math.floor(uniform() * 30);
    let killed = false;
    const ask = async (what: "evaluate" | "submit"): Promise<void> => {
      for (;;) {
        const key = `${what} ${next[what]++}`;
        asked[what] = Math.max(asked[what], next[what]);
        const share = 0.5 + 0.4 * uniform();
        const record =
          what === "evaluate"
            ? await scorer.evaluate(request(plain, share, { key }))
            : await scorer.submit(handIn(plain, { share: 0.8 }, { key }));
        expect(told(record)).toEqual(told(answered.get(key) ?? record));
        answered.set(key, record);
        if (answered.size < dies || killed) continue;
        killed = true;
        setImmediate(() => process.kill(pid, "SIGKILL"));
      }
    };
    const ends = await Promise.allSettled([ask("evaluate"), ask("evaluate"), ask("submit")]);
    for (const end of ends) expect(end).toMatchObject({ status: "rejected", reason: { code: "worker_died" } });
    await expect(scorer.records()).rejects.toMatchObject({ code: "worker_died" });
  }
  await using scorer = open();
  // Submissions that were cut off go on when they are asked for again.
  for (let i = 0; i < asked.submit; i++) {
    const key = `submit ${i}`;
    answered.set(key, await scorer.submit(handIn(plain, { share: 0.8 }, { key })));
  }
  const records = await scorer.records();
  for (const record of answered.values()) expect(told(records[record.index]!)).toEqual(told(record));
  expect(records.map(({ index }) => index)).toEqual(records.map((_, i) => i));
  const keys = lines("hidden.jsonl").flatMap(
    (line) => (JSON.parse(line) as { value: { key?: string } }).value.key ?? [],
  );
  expect(new Set(keys).size).toBe(keys.length);
  const left = (type: ScorerRecord["type"]): number[] =>
    records.filter((record) => record.type === type).map(({ left }) => left);
  expect(left("evaluation")).toEqual(left("evaluation").map((_, i) => 999 - i));
  expect(left("submission").length).toBe(asked.submit);
  expect((await scorer.submit(handIn(plain, { share: 0.8 }))).left).toBe(999 - asked.submit);
}, 60_000);

test("ends when the process that made it is killed", async () => {
  const parent = startFixture("../../scorers/fixtures/scorer-process.ts", [place.dir, place.keys]);
  await printed(parent, "scored");
  for (const name of ["ledger.jsonl", "hidden.jsonl", "head.json"])
    expect(statSync(file(name)).mode & 0o777).toBe(0o600);
  for (const folder of [place.dir, file("kept")]) expect(statSync(folder).mode & 0o777).toBe(0o700);
  parent.kill("SIGKILL");
  await using _lock = await acquireLock(file("ledger.lock"), { what: "the scorer", onWait: () => undefined });
  expect(readFileSync(file("hidden.jsonl"), "utf8")).toContain('"key":"first"');
});

test.skipIf(process.platform !== "linux")("neither its arguments nor its environment tell anything", async () => {
  await using scorer = open();
  await scorer.describe();
  const of = (what: string): string => readFileSync(`/proc/${processOf()}/${what}`, "utf8");
  expect(of("environ")).toBe("");
  expect(of("cmdline").split("\0").length).toBeLessThan(6);
  expect(readFileSync(file(), "utf8")).not.toContain(plain.ids[0]);
});
