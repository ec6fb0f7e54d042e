import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Assignment } from "../../src/agent.js";
import { WeakToStrongError } from "../../src/errors.js";
import { Budget } from "../../src/lab/budget.js";
import { historiesOf, toGoOnFrom } from "../../src/lab/history.js";
import { openJournal, readJournal } from "../../src/lab/journal.js";
import { takeSeat } from "../../src/lab/seat.js";
import { stopwatch } from "../../src/lab/stopwatch.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "w2s-seat-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const usage = { inputTokens: 10, outputTokens: 5, usd: 1 };
const maximum = { usd: 3, tokens: 100 };

/** One life of an agent; counts what was really performed. */
function life(performed: string[], limits = { usd: 100 }) {
  const { journal, earlier } = openJournal(join(folder, "journal.jsonl"));
  const history = toGoOnFrom(historiesOf(earlier).get("agent-1") ?? { steps: [], interrupted: [] });
  const budget = new Budget(limits);
  const stop = new AbortController();
  const { assignment } = takeSeat({
    id: "agent-1",
    briefing: "",
    tools: [],
    history,
    signal: stop.signal,
    live: {
      journal,
      budget,
      spent: () => undefined,
      watch: stopwatch(),
      async run(tool, input, signal) {
        performed.push(`${tool} ${JSON.stringify(input)}`);
        if (tool === "hang")
          await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
        return { content: `${tool} done`, isError: false };
      },
    },
  });
  return { assignment, journal, budget, stop, history };
}

async function ask(assignment: Assignment, key: string, performed: string[]): Promise<string> {
  return assignment.model({
    model: "m",
    key,
    maximum,
    async perform({ pay }) {
      performed.push(`model ${key}`);
      pay(usage);
      return `answer to ${key}`;
    },
  });
}

async function script(assignment: Assignment, performed: string[]): Promise<string[]> {
  const said = [await ask(assignment, "a", performed)];
  said.push((await assignment.call("shell", { command: said[0] })).content);
  said.push(String(await assignment.note("luck", () => 4)));
  said.push(await ask(assignment, "b", performed));
  return said;
}

describe("a seat in the lab", () => {
  test("in a second life answers finished steps from the journal, and performs only the rest", async () => {
    const first: string[] = [];
    const one = life(first);
    const said = [await ask(one.assignment, "a", first)];
    await one.assignment.call("shell", { command: said[0] });
    expect(first).toHaveLength(2);
    await one.journal[Symbol.asyncDispose]();
    const second: string[] = [];
    const two = life(second);
    expect(await script(two.assignment, second)).toEqual(["answer to a", "shell done", "4", "answer to b"]);
    expect(second).toEqual(["model b"]);
    await two.journal[Symbol.asyncDispose]();
  });

  test("hands an interrupted tool call back as having run in part, and does not run it again", async () => {
    const performed: string[] = [];
    const one = life(performed);
    const call = one.assignment.call("hang", {});
    one.stop.abort(new Error("killed"));
    await expect(call).rejects.toThrow("killed");
    await one.journal[Symbol.asyncDispose]();
    const two = life(performed);
    expect(await two.assignment.call("hang", {})).toMatchObject({
      isError: true,
      content: expect.stringMatching(/may have run in part/),
    });
    expect(performed).toEqual(["hang {}"]);
    await two.journal[Symbol.asyncDispose]();
  });

  test("makes an interrupted model call again, and counts both", async () => {
    const one = life([]);
    const call = one.assignment.model({
      model: "m",
      key: "k",
      maximum,
      perform: ({ signal }) =>
        new Promise<string>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    });
    one.stop.abort(new Error("killed"));
    await expect(call).rejects.toThrow("killed");
    await one.journal[Symbol.asyncDispose]();
    const performed: string[] = [];
    const two = life(performed);
    expect(two.history.interrupted).toEqual([maximum]);
    expect(await ask(two.assignment, "k", performed)).toBe("answer to k");
    expect(performed).toEqual(["model k"]);
    await two.journal[Symbol.asyncDispose]();
    const { entries } = readJournal(two.journal.file);
    expect(entries.filter(({ type }) => type === "model-began")).toHaveLength(2);
    expect(historiesOf(entries).get("agent-1")!.interrupted).toEqual([maximum]);
  });

  test("refuses to go on when the agent does something else than it did", async () => {
    const one = life([]);
    await ask(one.assignment, "a", []);
    await one.journal[Symbol.asyncDispose]();
    const two = life([]);
    await expect(ask(two.assignment, "other", [])).rejects.toThrow(/Step 0 of agent-1 was a call of the model m when/);
    await two.journal[Symbol.asyncDispose]();
  });

  test("a call without budget is refused before it is made, and in the next life again without being asked", async () => {
    const performed: string[] = [];
    const one = life(performed, { usd: 2 });
    await expect(ask(one.assignment, "a", performed)).rejects.toMatchObject({ code: "exhausted" });
    await one.journal[Symbol.asyncDispose]();
    expect(performed).toEqual([]);
    const two = life(performed, { usd: 100 });
    await expect(ask(two.assignment, "a", performed)).rejects.toMatchObject({ code: "exhausted" });
    await two.journal[Symbol.asyncDispose]();
  });

  test("an agent that failed at a call to a model gets another try at it", async () => {
    const one = life([]);
    const failing = one.assignment.model<string>({
      model: "m",
      key: "a",
      maximum,
      perform: async () => {
        throw new WeakToStrongError("worker_died", "no network");
      },
    });
    await expect(failing).rejects.toThrow("no network");
    one.journal.append({ type: "agent-ended", agent: "agent-1", state: "failed", summary: "no network" });
    await one.journal[Symbol.asyncDispose]();
    const performed: string[] = [];
    const two = life(performed);
    expect(await ask(two.assignment, "a", performed)).toBe("answer to a");
    await two.journal[Symbol.asyncDispose]();
  });

  test("what no journal could give back is refused before it counts, and the journal can be read again", async () => {
    const one = life([]);
    const odd = (usd: number) =>
      one.assignment.model({
        model: "m",
        key: "k",
        maximum,
        async perform({ pay }) {
          pay({ ...usage, usd });
          return "answer";
        },
      });
    await expect(odd(Number.NaN)).rejects.toMatchObject({ code: "bad_input" });
    await expect(odd(-1)).rejects.toMatchObject({ code: "bad_input" });
    const nothing = { usd: Number.NaN, tokens: 0 };
    await expect(
      one.assignment.model({ model: "m", key: "k", maximum: nothing, perform: async () => "" }),
    ).rejects.toThrow(/maximum: expected dollars and tokens of at least 0/);
    expect(one.budget.left()).toEqual({ usd: 100, closing: false });
    let deep: unknown = 1;
    for (let i = 0; i < 3000; i++) deep = [deep];
    await one.assignment.call("shell", { deep });
    await one.assignment.call("shell", JSON.parse('{"__proto__": {"a": 1}}'));
    await one.journal[Symbol.asyncDispose]();
    const two = life([]);
    expect(two.history.steps).toHaveLength(4);
    await two.journal[Symbol.asyncDispose]();
  });

  test("without a journal to write to, what is not recorded is an error", async () => {
    const seat = takeSeat({
      id: "agent-1",
      briefing: "",
      tools: [],
      history: { steps: [], interrupted: [] },
      signal: new AbortController().signal,
    });
    await expect(seat.assignment.call("shell", {})).rejects.toThrow(/no more to replay/);
  });
});
