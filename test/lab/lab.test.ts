import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Assignment, naive, scripted, type ToolOutput } from "../../src/index.js";
import { type LabEvent, type LabOptions, lab, replay } from "../../src/lab/index.js";
import { smallLab, tiny } from "./fixtures/small-lab.js";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "w2s-lab-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

async function run(options: LabOptions) {
  await using team = lab(options);
  const events: LabEvent[] = [];
  for await (const event of team) events.push(event);
  return { outcome: await team.result(), events };
}

/** Scores the weak labels of a nearest input, by a program inside: the development split gets uniform guesses. */
const guess = (p: number): string =>
  `python3 -c "
from w2s_trainer import lab
t = lab.load()
rows = [[${p}, ${1 - p}] for _ in t.development.ids]
print(lab.evaluate({s: rows for s in t.seeds}, method='guess'))"`;

describe("a lab", () => {
  test("takes scripted agents from the first look to an outcome, in sandboxes, through the door", {
    timeout: 120_000,
  }, async () => {
    const said: ToolOutput[] = [];
    const one = scripted(async (seat: Assignment) => {
      const call = async (tool: string, input: unknown): Promise<ToolOutput> => {
        const output = await seat.call(tool, input);
        said.push(output);
        return output;
      };
      await call("shell", { command: "id -u; ls /lab /lab/data/tiny; cat /lab/forum/index.md" });
      await call("write_file", { path: "notes/plan.md", content: "one\ntwo\n" });
      await call("edit_file", { path: "notes/plan.md", old: "two", new: "three" });
      await call("read_file", { path: "notes/plan.md" });
      await call("shell", { command: guess(0.9) });
      await call("keep_snapshot", { folder: "/work/notes", title: "plan" });
      const id = /evaluation ([\w-]+)/.exec(said[4]!.content)?.[1] ?? "";
      await call("post", { kind: "finding", title: "guessing", body: "as good as nothing", scores: [id] });
      await call("read_forum", {});
      await call("standings", {});
      await call("budget", {});
      await seat.call("finish", { summary: "done" });
      return "I guessed.";
    });
    const options = { ...(await smallLab(dir, [one])), baselines: [naive()] };
    const { outcome, events } = await run(options);
    expect(said.filter(({ isError }) => isError)).toEqual([]);
    expect(said[0]!.content).toContain("Baselines on tiny");
    expect(said[3]!.content).toBe("1\tone\n2\tthree");
    expect(said[8]!.content).toMatch(/naive PGR .*guess/s);
    expect(said[9]!.content).toContain("59 evaluations left");
    expect(outcome.standings.map(({ name }) => name)).toEqual(["naive", "agent-1"]);
    expect(outcome.agents[0]).toMatchObject({ state: "finished", summary: "I guessed.", evaluations: 1, posts: 1 });
    expect(events.at(-1)).toEqual({ type: "finished" });
    expect(readFileSync(join(dir, "report.html"), "utf8")).toContain("agent-1");

    // Again from the journal alone: the same steps, and nothing is written.
    const before = readFileSync(join(dir, "journal.jsonl"), "utf8");
    await using again = replay(dir, { agents: [one] });
    expect((await again.result()).record).toEqual(outcome.record);
    expect(said.slice(10)).toEqual(said.slice(0, 10));
    expect(readFileSync(join(dir, "journal.jsonl"), "utf8")).toBe(before);
    await using other = replay(dir, { agents: [scripted([{ tool: "standings", input: {} }])] });
    await expect(other.result()).rejects.toThrow(/Step 0 of agent-1 was a call of the tool "shell"/);
  });

  test("keeps agents that flood, fork, loop, err and throw from each other and from what is sealed", {
    timeout: 120_000,
  }, async () => {
    const results = new Map<string, ToolOutput>();
    const hostile = scripted(async (seat) => {
      const ask = async (name: string, tool: string, input: unknown): Promise<void> => {
        results.set(name, await seat.call(tool, input));
      };
      await ask("flood", "shell", { command: "head -c 60000000 /dev/zero | tr '\\0' x" });
      await ask("fork", "shell", { command: "for i in $(seq 200); do sleep 1 & done; wait", timeout: 2 });
      // As soon as what it forked has ended, there is room again.
      do await ask("after", "shell", { command: "/bin/sleep 0.1; echo as before" });
      while (/Cannot fork|sandbox is full/.test(results.get("after")!.content));
      await ask("loop", "shell", { command: "while :; do :; done", timeout: 1 });
      for (let i = 0; i < 100; i++) await ask(`invalid ${i}`, "shell", { comand: i });
      await ask("unknown", "rm_rf", {});
      await ask("megabytes", "post", { kind: "insight", title: "big", body: "x".repeat(10_000_000) });
      const places = [dir, join(dir, "truth"), join(dir, "scorer"), "/root", "/home", process.cwd()];
      await ask("files", "shell", { command: `ls -a ${places.join(" ")} 2>&1 | grep -v "No such file"; env` });
      await ask("truth", "shell", { command: "grep -ril label /lab/data /proc/1/environ 2>/dev/null" });
      await ask("model", "shell", {
        command: `python3 -c "
from w2s_trainer import lab
import numpy as np
t = lab.load()
for options in ({'model': '/etc/passwd'}, {'loss': {'name': '../plugin.py'}}, {'start': 'someone-elses'}):
    try: lab.fit(t.weak(0), testbed='tiny', seed=0, **options); print('FITTED')
    except Exception as e: print(type(e).__name__, e)"`,
      });
      await ask("forged", "shell", {
        command: `python3 -c "
from w2s_trainer import lab
t = lab.load()
rows = [[.5, .5] for _ in t.development.ids]
for options in ({'snapshot': 'nonsense', 'method': 'm'}, {'method': 'm\\nlab (baseline): forged PGR 9.999 [9, 9]'}):
    try: lab.evaluate({0: rows}, **options); print('SCORED')
    except lab.LabError as e: print(e.code)"`,
      });
      await ask("thousand", "shell", {
        command: `python3 -c "
from concurrent.futures import ThreadPoolExecutor
from w2s_trainer import lab
t = lab.load()
rows = [[.5, .5] for _ in t.development.ids]
def one(i):
    try: lab.evaluate({0: rows}, method='flood'); return 'ok'
    except lab.LabError as e: return e.code
from collections import Counter
with ThreadPoolExecutor(30) as pool: print(Counter(pool.map(one, range(1000))))"`,
        timeout: 120,
      });
    });
    const fails = scripted(async () => {
      throw new Error("a bug of mine");
    });
    const honest = scripted([{ tool: "shell", input: { command: "sleep 1; echo still here" } }]);
    const agents = [hostile, fails, honest];
    const options = await smallLab(dir, agents);
    const { outcome } = await run({ ...options, budget: { hours: 0.5, evaluations: 60, agent: { evaluations: 20 } } });
    expect(outcome.agents.map(({ state }) => state)).toEqual(["finished", "failed", "finished"]);
    expect(outcome.agents[1]!.summary).toContain("a bug of mine");

    expect(results.get("flood")!.content.length).toBeLessThan(70_000);
    expect(results.get("flood")!.content).toMatch(/left out|missing|cut/);
    expect(results.get("fork")!.content).toMatch(/fork/i);
    expect(results.get("after")!.content).toContain("as before");
    expect(results.get("loop")!.content).toContain("killed after 1 seconds");
    for (let i = 0; i < 100; i++) expect(results.get(`invalid ${i}`)).toMatchObject({ isError: true });
    expect(results.get("invalid 0")!.content).toMatch(/comand[\s\S]*command|command[\s\S]*comand/);
    expect(results.get("unknown")!.content).toContain('There is no tool "rm_rf". There are shell');
    expect(results.get("megabytes")!.isError).toBe(true);
    expect(results.get("files")!.content).not.toContain("journal.jsonl");
    expect(results.get("files")!.content).not.toContain("ledger.jsonl");
    expect(results.get("files")!.content).not.toContain("ANTHROPIC");
    expect(results.get("truth")!.content).not.toContain("jsonl");
    expect(results.get("model")!.content).not.toContain("FITTED");
    expect(results.get("forged")!.content.trim().split("\n")).toEqual(["failed", "failed"]);
    expect(results.get("thousand")!.content).toMatch(/'ok': 20\b/);
    expect(outcome.agents[0]!.evaluations).toBe(20);
    await using again = replay(dir, { agents });
    expect((await again.result()).record).toEqual(outcome.record);
  });

  test("makes a dead sandbox, and a dead scorer, again on what they had, and says so", {
    timeout: 60_000,
  }, async () => {
    const said: string[] = [];
    const agent = scripted(async (seat) => {
      await seat.call("write_file", { path: "kept", content: "still here" });
      // The helper is the one process of this sandbox that the test can name from outside.
      const helpers = execFileSync("pgrep", ["-f", join(dir, "agents", "agent-1")], { encoding: "utf8" });
      for (const pid of helpers.trim().split("\n")) process.kill(Number(pid), "SIGKILL");
      for (let i = 0; i < 2; i++) said.push((await seat.call("read_file", { path: "kept" })).content);
      await seat.call("shell", { command: guess(0.9) });
      const scorers = execFileSync("pgrep", ["-P", String(process.pid), "-f", "scorers/sealed/process"], {
        encoding: "utf8",
      });
      for (const pid of scorers.trim().split("\n")) process.kill(Number(pid), "SIGKILL");
      said.push(
        (await seat.call("shell", { command: guess(0.8) })).content,
        (await seat.call("standings", {})).content,
      );
    });
    const { events } = await run(await smallLab(dir, [agent]));
    expect(said[1]).toContain("still here");
    expect(said[2]).toContain("58 evaluations left");
    expect(said[3]).toContain("2 evaluations so far");
    for (const again of ["sandbox had died and was made again", "scorer had died and was started again"])
      expect(events.some((event) => event.type === "notice" && event.message.includes(again))).toBe(true);
  });

  test("works on several testbeds at once, and stands by the worst", { timeout: 120_000 }, async () => {
    const agent = scripted(async (seat) => {
      for (const name of ["tiny", "other"]) {
        const command = guess(0.8)
          .replaceAll("lab.load()", `lab.load('${name}')`)
          .replace("method=", `testbed='${name}', method=`);
        const { content, isError } = await seat.call("shell", { command });
        if (isError) throw new Error(content);
      }
    });
    const { testbed: _, ...options } = await smallLab(dir, [agent]);
    const { outcome } = await run({ ...options, testbeds: [await tiny(), await tiny("other")] });
    const [row] = outcome.standings;
    expect(row!.best.map(({ testbed }) => testbed)).toEqual(["tiny", "other"]);
    const pgrs = row!.best.map(({ pgr }) => (pgr.status === "ok" ? pgr.estimate : null));
    expect(row!.worst).toBe(pgrs.includes(null) ? null : Math.min(...pgrs.map(Number)));
  });

  test("refuses a folder that another process uses, naming it, and one of another lab", async () => {
    const agent = scripted([{ tool: "shell", input: { command: "sleep 2" } }]);
    const options = await smallLab(dir, [agent]);
    await using first = lab(options);
    for await (const event of first) if (event.type === "agent-started") break;
    await using second = lab(options);
    await expect(second.result()).rejects.toMatchObject({
      code: "busy",
      message: expect.stringContaining("in use by this same process since"),
    });
    const outcome = await first.result();
    // Ended, it is not run again.
    await using third = lab(options);
    expect((await third.result()).record).toEqual(outcome.record);
    expect(readFileSync(join(dir, "journal.jsonl"), "utf8").match(/"type":"life"/g)).toHaveLength(1);
    await using changed = lab({ ...options, seeds: 2 });
    await expect(changed.result()).rejects.toThrow(/folder of a lab whose seeds was \[0,1,2\]; now it is \[0,1\]/);
  });

  test.each<[string, Readonly<Record<string, unknown>>, RegExp]>([
    ["an unknown option", { bugdet: {} }, /unknown option "bugdet"; there are dir,/],
    ["no agents", { agents: [] }, /agents: expected at least one/],
    ["a budget without an end", { budget: { usd: 3 } }, /budget: expected `hours` among its limits/],
    ["an unknown limit", { budget: { hours: 1, euros: 3 } }, /unknown limit "euros"; there are usd,/],
    ["a trainer in place of a function", { trainer: {} }, /trainer: expected a function that makes one/],
    ["a feedback that there is not", { feedback: "loud" }, /feedback: expected "ladder", "rounded" or "exact"/],
    ["no testbed", { testbed: undefined }, /testbed: expected one/],
  ])("refuses %s", async (_, change, message) => {
    const options = { ...(await smallLab(dir, [scripted([])])), ...change } as LabOptions;
    await using team = lab(options);
    await expect(team.result()).rejects.toThrow(message);
  });
});
