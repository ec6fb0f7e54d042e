import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import * as z from "zod";
import { type Agent, scripted, type ToolOutput } from "../../src/index.js";
import { Budget } from "../../src/lab/budget.js";
import { startClock } from "../../src/lab/clock.js";
import { openJournal } from "../../src/lab/journal.js";
import { research } from "../../src/lab/researcher.js";
import { stopwatch } from "../../src/lab/stopwatch.js";
import { toolBox } from "../../src/lab/tool-box.js";
import { tool } from "../../src/lab/tools/tool.js";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "w2s-research-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const input = z.strictObject({});

/** Has one agent work in a lab of ten hours whose clock the test sets. */
async function work(agent: Agent, hang: () => void, hours: { now: number }): Promise<string> {
  const { journal } = openJournal(join(dir, "journal.jsonl"));
  const lab = new Budget({ hours: 10 });
  const budget = new Budget({}, lab);
  using clock = startClock(lab, () => hours.now, "The lab's");
  const tools = [
    tool({
      name: "hang",
      description: "",
      input,
      run: (_, { signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason));
          hang();
          clock.look();
        }),
    }),
    tool({ name: "work", description: "", input, run: async () => "worked" }),
    tool({ name: "write_up", description: "", input, writeUp: true, run: async () => "written" }),
  ];
  const said = new Set<string>();
  const { state, summary } = await research({
    id: "agent-1",
    agent,
    briefing: "",
    tools,
    box: toolBox(tools, {} as never, budget, ({ state }) => !said.has(state) && !!said.add(state)),
    journal,
    budget,
    watch: stopwatch(),
    history: { steps: [], interrupted: [] },
    signal: new AbortController().signal,
    closing: clock.closing,
    over: clock.over,
    emit: () => undefined,
    spent: clock.look,
  });
  await journal[Symbol.asyncDispose]();
  return `${state}: ${summary}`;
}

test("towards the end of its time what runs is stopped, only writing up is left, and the agent can do that", async () => {
  const hours = { now: 1 };
  const said: ToolOutput[] = [];
  const agent = scripted(async (seat) => {
    for (const name of ["work", "hang", "work", "write_up"]) said.push(await seat.call(name, {}));
    return `closing: ${seat.budget().closing}`;
  });
  const end = await work(agent, () => (hours.now = 9.6), hours);
  expect(end).toBe("finished: closing: true");
  expect(said.map(({ isError }) => isError)).toEqual([false, true, true, false]);
  expect(said[1]!.content).toContain("the time for work has come to its end");
  expect(said[2]!.content).toContain("The lab's hours have come to their end. What is left is for writing up");
  expect(said[2]!.content).toContain("[Budget: the whole lab's hours have come to their end.]");
});

test("an agent that works on when its time is over is stopped", async () => {
  const hours = { now: 1 };
  const agent = scripted(async (seat) => {
    for (;;) await seat.call("hang", {});
  });
  expect(await work(agent, () => (hours.now = 11), hours)).toBe("stopped: The lab's hours are over.");
});

test("an agent that fails has its error in the journal, and nothing is thrown", async () => {
  const agent = scripted(async () => {
    throw new Error("a bug of mine");
  });
  expect(await work(agent, () => undefined, { now: 1 })).toBe("failed: a bug of mine");
});
