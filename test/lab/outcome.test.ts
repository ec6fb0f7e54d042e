import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LabOutcome } from "../../src/lab/outcome.js";
import { tallyLab } from "../../src/lab/tally.js";
import { columns } from "../../src/report/terminal.js";
import { evaluation, journalOf, life, model, started, team } from "./journal-of.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "w2s-outcome-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("prints standings, agents, cost, and what went wrong, within 96 columns", async () => {
  const text = inspect(new LabOutcome(await tallyLab(team(4, 3))));
  expect(Math.max(...text.split("\n").map(columns))).toBeLessThanOrEqual(96);
  expect(text).toMatch(/^Lab: 4 agents, \d+ evaluations, \d+\.\d\d research hours; up 4 h 0 min\n/);
  expect(text).toContain("development split: fitted to its feedback, so optimistic");
  expect(text).toMatch(/agent-\d +\S.* 0\.\d\d \[0\.\d\d, \d\.\d\d\] +0\.8\d\d +1,500 +3 +\d/);
  expect(text).toMatch(/naive +a baseline +0\.41 \[/);
  expect(text).toMatch(/all +\d+\.\d\d +\d+\.\d +\d+\.\d +\$\d+\.\d\d +\$\d+\.\d\d +\$\d+\.\d\d/);
  expect(text).toMatch(/Diversity of ideas: \d\.\d\d of 3\.46 bits, 90% band \d\.\d\d to \d\.\d\d\./);
  expect(text).toContain("Failed: agent-4: The model refused to go on.");
  expect(text).toContain("Notice: agent-1: Its sandbox had died and was made again.");
});

test("several testbeds have a table each, and one of the worst", async () => {
  const outcome = new LabOutcome(await tallyLab(team(2, 2, ["brown", "sst2"])));
  expect(`${outcome}`).toMatch(/PGR on the worst testbed; .*\n.*\n(.*\n)*brown; .*\n(.*\n)*sst2; /);
  expect(outcome.headline).toContain("on its worst testbed");
  for (const { worst, best } of outcome.standings) {
    expect(worst).toBe(Math.min(...best.map(({ pgr }) => (pgr.status === "ok" ? pgr.estimate : Number.NaN))));
  }
});

test("says in a sentence who was best, with the interval, and that it is optimistic", async () => {
  const { headline } = new LabOutcome(await tallyLab(team(4, 3)));
  expect(headline).toMatch(
    /^After \d\.\d\d research hours of 4 agents, the best method, `[^`]+` of `agent-\d`, recovers \d\d% \(95% interval \d\d% to \d+%\) of the gap; the best baseline, `confidence\(0\.5\)`, recovers 53% \(95% interval 37% to 68%\)\. .*optimistic\.$/,
  );
});

test("a lab without any evaluation, and one of a moment, can be printed", async () => {
  const empty = { entries: [], evaluations: [], posts: [], snapshots: new Map(), testbeds: [] };
  const outcome = new LabOutcome(await tallyLab(empty));
  expect(`${outcome}`).toContain("0 agents");
  expect(outcome.headline).toContain("no agent has a method with a PGR");
  const entries = journalOf(life(), started("agent-1"), model("agent-1", 0, 0));
  const moment = new LabOutcome(await tallyLab({ ...empty, entries }));
  expect(`${moment}`).toMatch(/agent-1 +unfinished +0\.00/);
  for (const name of ["a.html", "a.svg", "a.csv", "a.json"]) await moment.writeReport(join(folder, name));
});

test("is written in four formats, and drawn again from its JSON", async () => {
  const outcome = new LabOutcome(await tallyLab(team(2, 2)));
  const starts = { html: "<!DOCTYPE html>", svg: "<svg ", csv: "testbed,author,baseline,", json: "{\n" };
  for (const [ending, start] of Object.entries(starts)) {
    await outcome.writeReport(join(folder, "deep", `outcome.${ending}`));
    expect((await readFile(join(folder, "deep", `outcome.${ending}`), "utf8")).startsWith(start)).toBe(true);
  }
  const again = LabOutcome.fromJSON(JSON.parse(await readFile(join(folder, "deep", "outcome.json"), "utf8")));
  expect(again.record).toEqual(outcome.record);
  await again.writeReport(join(folder, "again.html"));
  expect(await readFile(join(folder, "again.html"), "utf8")).toBe(
    await readFile(join(folder, "deep", "outcome.html"), "utf8"),
  );
  await expect(outcome.writeReport(join(folder, "outcome.pdf"))).rejects.toMatchObject({ code: "bad_input" });
});

test("CSV has a line an evaluation, and nothing that a spreadsheet runs", async () => {
  const evaluations = [evaluation("e1", 0.8, { method: '=cmd|" /C calc"!A0', seeds: [0, 2] })];
  const record = await tallyLab({
    entries: journalOf(life()),
    evaluations,
    posts: [],
    snapshots: new Map(),
    testbeds: [],
  });
  const [, line, end] = new LabOutcome(record).toCsv().split("\r\n");
  expect(line).toMatch(
    /^brown,agent-1,false,"'=cmd\|"" \/C calc""!A0",0,2024-03-01T20:00:00.000Z,0 2,1500,true,0\.8,0\.5\d*,0\.\d+,0\.\d+,,e1$/,
  );
  expect(end).toBe("");
});
