import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Detector } from "../../src/audit/case.js";
import { auditAll } from "../../src/lab/auditing.js";
import { bestOf } from "../../src/lab/best.js";
import { openJournal } from "../../src/lab/journal.js";
import { tallyLab } from "../../src/lab/tally.js";
import type { AuditFinding, AuditRecord, SubmissionResult } from "../../src/scorer.js";
import { evaluation, journalOf, life, testbed } from "./journal-of.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "w2s-auditing-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A submission of agent-1 with this accuracy on the final part. */
function submitted(
  id: string,
  outcome: SubmissionResult["outcome"],
  accuracy: number,
  more: Partial<SubmissionResult> = {},
): SubmissionResult {
  const { receipt, author, testbed, at, score } = evaluation(id, accuracy);
  return {
    ...{ type: "submission", id, index: 0, author, testbed, method: id, at, left: 0, receipt, outcome },
    ...{ code: "0".repeat(64), seconds: 1, baseline: false, writeUp: "How.", runs: [], audits: [] },
    program: { type: "library", name: "naive", options: {} },
    ...(outcome !== "failed" && { scores: { development: score!, final: score! } }),
    standing: "unaudited",
    ...more,
  };
}

/** Runs audits over them, with a scorer that keeps what it is told; `cheats` are found by a rerun. */
async function audit(all: SubmissionResult[], cheats: readonly string[] = []) {
  const seen: string[] = [];
  const looks = (name: string, reruns: boolean): Detector => ({
    ...{ name, reruns, about: "says what it was shown" },
    async audit({ submission: { id } }): Promise<AuditFinding> {
      seen.push(`${name} ${id}`);
      const verdict = reruns && cheats.includes(id) ? "disqualified" : "clean";
      return { detector: name, verdict, words: "It was looked at.", evidence: [] };
    },
  });
  const audits = [looks("quick", false), looks("rerun", true)];
  const scorer = {
    results: async () => [...all],
    queries: async () => [],
    async audited(record: AuditRecord) {
      const at = all.findIndex(({ id }) => id === record.submission);
      const { verdict } = all[at]!;
      const bad = record.findings.some(({ verdict }) => verdict === "disqualified");
      const standing = verdict?.verdict ?? (bad ? "disqualified" : "clean");
      all[at] = { ...all[at]!, audits: [...all[at]!.audits, record], standing };
    },
  };
  const rows = { dataset: { inputs: [] } };
  const staked = {
    testbed: { name: "brown", kind: "classification", classes: [], splits: { train_unlabel: rows, test: rows } },
    ...{ parts: {}, seeds: [], sealedSeeds: [], weakLabels: [], baselines: [] },
    ...{ teacher: { predictions: [] }, ceiling: { predictions: [] } },
  };
  await using journal = openJournal(join(folder, "journal.jsonl")).journal;
  const context = { journal, emit: () => undefined, signal: new AbortController().signal };
  await auditAll({ audits } as never, { all: [staked], scorer, room: {} } as never, context as never);
  const sources = { entries: journalOf(life()), evaluations: [], posts: [], snapshots: new Map() };
  const detectors = audits.map(({ name }) => name);
  const record = await tallyLab({ ...sources, testbeds: [testbed()], results: all, detectors });
  return { seen, standings: Object.fromEntries(record.submissions.map(({ id, standing }) => [id, standing])) };
}

test("reruns look at the last that was better and at the highest, and what they did not look at is not clean", async () => {
  const all = [
    submitted("first", "better", 0.78),
    submitted("honest", "better", 0.8),
    submitted("shortcut", "not-better", 0.805),
    submitted("poor", "not-better", 0.75),
    submitted("broken", "failed", 0.5),
  ];
  const { seen, standings } = await audit(all);
  expect(seen.slice(0, 5)).toEqual(["first", "honest", "shortcut", "poor", "broken"].map((id) => `quick ${id}`));
  expect(seen.slice(5).toSorted()).toEqual(["rerun honest", "rerun shortcut"]);
  expect(standings).toEqual({
    ...{ shortcut: "clean", honest: "clean" },
    ...{ first: "unaudited", poor: "unaudited", broken: "unaudited" },
  });
});

test("where the highest is disqualified, the next is looked at before it stands for its author", async () => {
  const all = [
    submitted("low", "better", 0.76),
    submitted("high", "better", 0.8),
    submitted("second", "not-better", 0.79),
    submitted("third", "not-better", 0.78),
  ];
  const { seen, standings } = await audit(all, ["high", "second"]);
  expect(seen.filter((what) => what.startsWith("rerun")).toSorted()).toEqual(
    ["high", "low", "second", "third"].map((id) => `rerun ${id}`),
  );
  expect(standings).toEqual({ high: "disqualified", second: "disqualified", third: "clean", low: "clean" });
  expect(bestOf(all)?.id).toBe("third");
  // Nothing is left to look at.
  expect((await audit(all)).seen).toEqual([]);
});

test("of an author whose submissions all failed, the last is looked at; the lab's own are not", async () => {
  const all = [
    submitted("one", "failed", 0.5),
    submitted("two", "failed", 0.5),
    submitted("naive", "better", 0.8, { baseline: true }),
  ];
  expect((await audit(all)).seen).toEqual(["quick one", "quick two", "rerun two"]);
  expect(bestOf(all.slice(0, 2))).toBeUndefined();
});

test("a person's verdict stands, whatever has looked", async () => {
  const verdict = { submission: "one", verdict: "clean", reason: "It was read.", by: "Ada" } as const;
  const all = [
    submitted("one", "not-better", 0.7, { verdict, standing: "clean" }),
    submitted("two", "better", 0.8),
    submitted("bad", "not-better", 0.6, {
      standing: "review",
      audits: [
        { submission: "bad", findings: [{ detector: "quick", verdict: "review", words: "Odd.", evidence: [] }] },
      ],
    }),
  ];
  const { seen, standings } = await audit(all.map((one) => ({ ...one })));
  expect(seen).not.toContain("rerun bad");
  expect(standings).toMatchObject({ bad: "review", one: "clean" });
  expect(seen).not.toContain("rerun one");
});
