import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { sealedScorer, verifyScorer } from "../../src/scorers/sealed/index.js";
import { handIn, program } from "../../src/testing/scorer-cases/room.js";
import { plain, request } from "../../src/testing/scorer-cases/samples.js";
import { scorerFolders } from "./folders.js";

vi.mock("../../src/scorers/sealed/child.js", () => import("./in-process.js"));

const made = scorerFolders();
/** A copy that a test may change. */
const dir = join(made.dir, "..", "copy");
const keys = made.keys;

beforeAll(async () => {
  await using scorer = sealedScorer(made);
  await scorer.evaluate(request(plain, 0.7));
  await scorer.submit(handIn(plain, { share: 0.9 }));
  const code = program({ "method.py": JSON.stringify({ share: 0.8, goes: "fit", on: 4 }) });
  await scorer.submit(handIn(plain, { share: 0.8 }, { code }));
  await scorer.decide({ submission: "s0", verdict: "clean", reason: "I read it.", by: "ann" });
  await scorer.confirm({ top: 1, by: "ann" });
});
afterAll(() => made[Symbol.dispose]());
beforeEach(() => {
  rmSync(dir, { recursive: true, force: true });
  cpSync(made.dir, dir, { recursive: true });
});

const failed = async (): Promise<string[]> =>
  (await verifyScorer({ dir, keys })).checks.flatMap(({ what, status, detail }) =>
    status === "failed" ? [`${what}: ${detail}`] : [],
  );

test("finds nothing wrong, and shows what is there, without the truth or the lock", async () => {
  await using scorer = sealedScorer(made);
  const results = (await scorer.results()).map(({ receipt: { seq, entry }, ...rest }) => ({
    ...rest,
    receipt: { seq, entry },
  }));
  const found = await verifyScorer({ dir: made.dir, keys });
  expect(found.checks.filter(({ status }) => status !== "ok")).toEqual([]);
  expect(found).toMatchObject({ ok: true, ledger: (await scorer.describe()).ledger.id });
  expect(found.results).toEqual(results);
  expect(found.results.map(({ outcome, standing }) => [outcome, standing])).toEqual([
    ["better", "clean"],
    ["failed", "unaudited"],
  ]);
  expect(found.evaluations).toMatchObject([{ id: "e0", score: {} }]);
});

test("finds any file of predictions or code that was changed, or is gone", async () => {
  const kept = readdirSync(join(dir, "kept"));
  expect(kept.length).toBe(5);
  for (const name of kept) {
    const file = join(dir, "kept", name);
    const bytes = readFileSync(file);
    for (const at of [0, bytes.length >> 1, bytes.length - 1]) {
      writeFileSync(
        file,
        bytes.map((byte, i) => (i === at ? byte ^ 1 : byte)),
      );
      expect(await failed()).toEqual([
        expect.stringMatching(new RegExp(`^(predictions|submitted code): entry .*${name}`)),
      ]);
    }
    rmSync(file);
    expect((await failed()).length).toBe(1);
    writeFileSync(file, bytes);
  }
  expect(await failed()).toEqual([]);
});

test.each(["ledger.jsonl", "hidden.jsonl", "head.json"])("finds a changed byte of %s", async (name) => {
  const file = join(dir, name);
  const bytes = readFileSync(file);
  for (let at = 0; at < bytes.length - 1; at += Math.ceil(bytes.length / 12)) {
    writeFileSync(
      file,
      bytes.map((byte, i) => (i === at ? byte ^ 1 : byte)),
    );
    const { ok, checks } = await verifyScorer({ dir, keys });
    expect({ at, ok }).toEqual({ at, ok: false });
    expect(checks.some(({ status }) => status === "failed")).toBe(true);
  }
});

test("says how submissions were judged over time", async () => {
  const { judged, about } = await verifyScorer({ dir, keys });
  const standings = judged.map(({ last, submissions, confirmation }) => [
    last?.type,
    [...submissions].map(([id, { standing, verdict }]) => [id, standing, verdict?.by]),
    confirmation?.rows.length,
  ]);
  const decided = [
    ["s0", "clean", "ann"],
    ["s1", "unaudited", undefined],
  ];
  expect(standings).toEqual([
    [undefined, ["s0", "s1"].map((id) => [id, "unaudited", undefined]), undefined],
    ["verdict", decided, undefined],
    ["confirmation", decided, 1],
  ]);
  expect(about).toMatchObject({ feedback: "exact", testbeds: [{ name: plain.name }, { name: "grouped" }] });
});

test("deleted hidden values are no copy that was published without them", async () => {
  rmSync(join(dir, "hidden.jsonl"));
  expect(await failed()).toEqual([expect.stringMatching(/^hidden values: .*hidden\.jsonl is not there.*--public/)]);
  writeFileSync(join(dir, "hidden.jsonl"), "");
  expect(await failed()).toHaveLength(1);
  rmSync(join(dir, "hidden.jsonl"));
  const published = await verifyScorer({ dir, keys, public: true });
  expect(published).toMatchObject({ ok: true, results: [], judged: [], evaluations: [{ id: "e0", told: true }] });
  const open = published.checks.flatMap(({ what, status }) => (status === "not checked" ? what : []));
  expect(open).toEqual(["hidden values", "predictions"]);
});

test("without the key's folder, says what it could not check", async () => {
  const elsewhere = await verifyScorer({ dir, keys: join(keys, "elsewhere") });
  expect(elsewhere.checks.find(({ what }) => what === "head beside the key")).toMatchObject({ status: "not checked" });
  expect(elsewhere.results.length).toBe(2);
  expect(existsSync(join(keys, "elsewhere"))).toBe(false);
});

test("receipts that somebody kept must be of this ledger", async () => {
  await using scorer = sealedScorer(made);
  const { receipt } = (await scorer.results())[0]!;
  const checked = await verifyScorer({ dir, keys, receipts: [receipt] });
  expect(checked.checks.find(({ what }) => what === "receipts")).toMatchObject({ status: "ok" });
  expect(await verifyScorer({ dir, keys, receipts: [{ ...receipt, seq: 1 }] })).toMatchObject({ ok: false });
});
