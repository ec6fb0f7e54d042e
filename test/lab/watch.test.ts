import { spawn, spawnSync } from "node:child_process";
import { appendFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sqliteForum } from "../../src/forums/sqlite/index.js";
import type { JournalEntry } from "../../src/lab/entries.js";
import { Progress } from "../../src/lab/progress.js";
import { watchLab } from "../../src/lab/watch.js";
import { formatStatus } from "../../src/report/lab-status.js";
import type { Evaluation } from "../../src/scorer.js";
import {
  evaluated,
  evaluation,
  journalOf,
  life,
  model,
  posted,
  type Step,
  started,
  team,
  tool,
  trained,
} from "./journal-of.js";

const openForum = (file: string) => sqliteForum({ file });
const lines = (entries: readonly unknown[]) => entries.map((entry) => `${JSON.stringify(entry)}\n`).join("");
const escapes = "\u001b[2J\u001b]0;owned\u0007\u202e";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "w2s-watch-"));
  await mkdir(join(dir, "scorer"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** A lab that this very process seems to run. */
const steps = (pid = process.pid): Step[] => [
  life(0, { pid, plan: { testbeds: ["brown"], budget: { lab: { usd: 10, hours: 8 }, agent: { usd: 5 } } } }),
  started("agent-1", 1, { model: "a-model" }),
  started("agent-2", 1),
  ...model("agent-1", 1, 60, 0.5),
  evaluated("agent-1", 50, "e2"),
  posted("agent-1", 62, "p"),
  { type: "tool-began", up: 70, agent: "agent-1", step: 2, tool: "shell", input: {} },
  { type: "notice", up: 71, agent: "agent-2", message: `A sandbox died ${escapes}` },
  { type: "agent-ended", up: 80, agent: "agent-2", state: "finished", summary: `I am done ${escapes}` },
];

async function write(entries: readonly JournalEntry[], evaluations: readonly Evaluation[] = []): Promise<void> {
  await writeFile(join(dir, "journal.jsonl"), lines(entries));
  const ledger = [{ type: "opened" }, ...evaluations.map((released) => ({ type: "evaluation", released }))];
  await writeFile(join(dir, "scorer", "ledger.jsonl"), lines(ledger));
}

const scores = [
  evaluation("e1", 0.78, { author: "lab", method: "naive", baseline: true }),
  evaluation("e2", 0.82, { method: `probe ${escapes}`, index: 1 }),
];

test("status adds up budgets and says who is doing what", () => {
  const progress = new Progress();
  for (const entry of journalOf(steps(), tool("agent-2", 2, 36, 18), trained("agent-2", 30, 9, 0.25))) {
    progress.add(entry);
  }
  const status = progress.status({ evaluations: scores, submissions: [], posts: [], up: 90 });
  expect(status).toMatchObject({ state: "running", lives: 1, seconds: 90, evaluations: 1, testbeds: ["brown"] });
  expect(status.hours).toBeCloseTo((60 + 18) / 3600, 12);
  expect(status.budget).toEqual([
    { budget: "usd", spent: 0.75, limit: 10 },
    { budget: "tokens", spent: 1115 },
    { budget: "hours", spent: 90 / 3600, limit: 8 },
    { budget: "evaluations", spent: 1 },
    { budget: "trainerSeconds", spent: 9 },
  ]);
  const [one, two] = status.agents;
  expect(one).toMatchObject({ agent: "agent-1", model: "a-model", state: "working", evaluations: 1, posts: 1 });
  expect(one!.doing).toEqual({ call: "tool", name: "shell", since: 70 });
  expect(two).toMatchObject({ agent: "agent-2", state: "finished" });
  expect(two!.budget).toContainEqual({ budget: "usd", spent: 0.25, limit: 5 });
  expect(status.standings.map(({ name }) => name)).toEqual(["agent-1", "naive"]);
});

test("what a model call in flight at a kill may have cost is spent in the next life", () => {
  const progress = new Progress();
  const [began] = model("agent-1", 10, 5, 0.4);
  for (const entry of journalOf(life(), started("agent-1"), began!)) progress.add(entry);
  const usd = () =>
    progress.status({ evaluations: [], submissions: [], posts: [] }).budget.find(({ budget }) => budget === "usd")
      ?.spent;
  expect(usd()).toBeUndefined();
  for (const entry of journalOf(life(20, { life: 2 }))) progress.add(entry);
  expect(usd()).toBe(0.8);
});

test("follows a lab that another process runs, to its end", async () => {
  const all = journalOf(steps(), { type: "lab-ended", up: 99 });
  await write(all.slice(0, 4), scores.slice(0, 1));
  await using watched = watchLab({ dir, openForum, every: 0.01 });
  const first = (await watched.next()).value!;
  expect(first).toMatchObject({ state: "running", evaluations: 0, posts: [] });
  expect(first.seconds).toBeGreaterThan(all[3]!.up);

  await using forum = sqliteForum({ file: join(dir, "forum.sqlite") });
  await forum.post({ author: "agent-1", kind: "insight", title: "Probes work", body: "" });
  const [half, rest] = [lines(all.slice(4, -1)).slice(0, -20), lines(all.slice(4, -1)).slice(-20)];
  await appendFile(join(dir, "journal.jsonl"), half);
  await appendFile(join(dir, "scorer", "ledger.jsonl"), '{"type":"evaluation","relea');
  const second = (await watched.next()).value!;
  expect(second.posts).toMatchObject([{ author: "agent-1", title: "Probes work", votes: 0 }]);
  expect(second.agents.map(({ state }) => state)).toEqual(["working", "working"]);
  expect(second.evaluations).toBe(0);

  await appendFile(join(dir, "journal.jsonl"), rest + lines(all.slice(-1)));
  await appendFile(join(dir, "scorer", "ledger.jsonl"), `sed":${JSON.stringify(scores[1])}}\n`);
  const last = (await watched.next()).value!;
  expect(last).toMatchObject({ state: "ended", evaluations: 1, seconds: 99 });
  expect((await watched.next()).done).toBe(true);
});

test("a lab whose process is gone is stopped", async () => {
  const { pid } = spawnSync(process.execPath, ["-e", ""]);
  await write(journalOf(steps(pid)));
  for await (const { state, seconds } of watchLab({ dir })) {
    expect([state, seconds]).toEqual(["stopped", 80]);
    break;
  }
});

test("an abort ends it", async () => {
  await write(journalOf(steps()));
  const controller = new AbortController();
  for await (const _ of watchLab({ dir, every: 600, signal: controller.signal })) controller.abort();
});

test("a folder without a lab, and a damaged journal, are said", async () => {
  await expect(watchLab({ dir: join(dir, "none") }).next()).rejects.toMatchObject({
    code: "not_found",
    message: expect.stringContaining("journal.jsonl"),
  });
  await writeFile(join(dir, "journal.jsonl"), `${lines(journalOf(steps()).slice(0, 1))}{"type":"life"}\n`);
  await expect(watchLab({ dir }).next()).rejects.toMatchObject({
    code: "bad_input",
    message: expect.stringContaining("Line 2 of"),
  });
});

describe("as text", () => {
  const status = (agents: number, testbeds: readonly string[]) => {
    const { entries, evaluations } = team(agents, 2, testbeds);
    const progress = new Progress();
    for (const entry of entries.slice(0, -1)) progress.add(entry);
    return progress.status({ evaluations, submissions: [], posts: [], up: 7300 });
  };

  test.each([1, 40, 96, 160])("stays within %i columns", (width) => {
    const text = formatStatus(status(9, ["brown", "sst2"]), { width });
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(width);
  });

  test("shows budgets, agents and standings", () => {
    const text = formatStatus(status(3, ["brown"]), { width: 160 });
    expect(text).toMatch(/^Lab running: up 2 h 2 min, \d\.\d\d research hours/);
    expect(text).toMatch(/Spent: \d\.\d\d of 50 dollars \(\d+%\).* of 8 hours \(25%\); \d+ of 100 evaluations/);
    expect(text).toMatch(/agent-1 +claude-opus +finished: .* \d\.\d\d +\d+ +\d+ +\d\.\d\d +[\d,]+/);
    expect(text).toContain("development split: fitted to its feedback, so optimistic");
    expect(text).toMatch(/1 +agent-\d +0\.\d\d \[0\.\d\d, \d\.\d\d\]/);
    expect(text).toMatch(/naive +0\.41 \[.*\] +a baseline/);
  });
});

describe("the command", () => {
  const bin = ["--conditions=w2s-source", "--import", "tsx", join(import.meta.dirname, "../../src/bin.ts")];

  test("--once prints plain lines; what agents wrote moves no cursor", async () => {
    await write(journalOf(steps()), scores);
    await using forum = sqliteForum({ file: join(dir, "forum.sqlite") });
    await forum.post({ author: "agent-1", kind: "error", title: "It broke", body: "" });
    const { status, stdout, stderr } = spawnSync(process.execPath, [...bin, "watch", dir, "--once"], {
      encoding: "utf8",
    });
    expect([status, stderr]).toEqual([0, ""]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    for (const part of [
      "agent-1",
      "tool shell, ",
      "finished: I am done",
      "agent-1  error",
      "It broke",
      "A sandbox died",
    ]) {
      expect(stdout).toContain(part);
    }
    const none = spawnSync(process.execPath, [...bin, "watch", join(dir, "none")], { encoding: "utf8" });
    expect(none.status).toBe(1);
    expect(none.stderr).toMatch(/^weak-to-strong: There is no lab in /);
    expect(none.stderr.trim().split("\n")).toHaveLength(1);
    expect(spawnSync(process.execPath, [...bin, "watch"]).status).toBe(2);
  });

  test("on a terminal it draws over what it drew, until the lab ends", async () => {
    const all = journalOf(steps(), { type: "lab-ended", up: 99 });
    await write(all.slice(0, -1), scores);
    const terminal = `import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))`;
    const child = spawn("python3", ["-c", terminal, process.execPath, ...bin, "watch", dir]);
    let text = "";
    for await (const chunk of child.stdout.setEncoding("utf8")) {
      if (text === "") await appendFile(join(dir, "journal.jsonl"), lines(all.slice(-1)));
      text += chunk;
    }
    expect(child.exitCode ?? (await new Promise((done) => child.once("exit", done)))).toBe(0);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the sequence that goes back to the first line
    const frames = text.split(/\u001b\[\d+F\u001b\[J/);
    expect(frames.length).toBeGreaterThan(1);
    expect(frames[0]).toContain("Lab running");
    expect(frames.at(-1)).toContain("Lab has ended");
  });
});
