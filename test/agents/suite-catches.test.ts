import { describe, expect, test } from "vitest";
import type { Agent, Assignment } from "../../src/agent.js";
import { defineAgent } from "../../src/agents/define.js";
import { WeakToStrongError } from "../../src/errors.js";
import { startRun } from "../../src/run.js";
import { type AgentPlan, callsOf } from "../../src/testing/agent-plan.js";
import { agentSuite } from "../../src/testing/agent-suite.js";

/** Thinks before each call, as a model would, and gives up when it cannot pay for it. */
async function follow(plan: AgentPlan, assignment: Assignment): Promise<string> {
  for (const [i, { tool, input }] of callsOf(plan).entries()) {
    try {
      await think(assignment, `call ${i}`);
    } catch (error) {
      if (WeakToStrongError.isInstance(error) && error.code === "exhausted") return "out of budget";
      throw error;
    }
    await assignment.call(tool, input);
  }
  return plan.summary;
}

function think(assignment: Assignment, key: string): Promise<string> {
  return assignment.model({
    model: "none",
    key,
    maximum: { usd: 1, tokens: 10 },
    perform: async ({ pay }) => {
      await new Promise(setImmediate);
      pay({ inputTokens: 5, outputTokens: 5, usd: 1 });
      return "hm";
    },
  });
}

const define = (run: (plan: AgentPlan, assignment: Assignment) => Promise<string>) => (plan: AgentPlan) =>
  defineAgent({ name: "broken", run: (assignment) => run(plan, assignment) });

async function failuresOf(make: (plan: AgentPlan) => Agent): Promise<string[]> {
  const failed: string[] = [];
  for (const { name, run } of agentSuite(make)) await run().catch(() => failed.push(name));
  return failed;
}

const killed = "goes on after a kill at any moment and repeats no finished step";
const same = "does the same each time";
const spent = "ends with a summary when its budget is spent, and does no work then";

describe("the suite", () => {
  test("passes an agent that does all that it promises", async () => {
    expect(await failuresOf(define(follow))).toEqual([]);
  });
});

describe("the suite catches an agent that", () => {
  test("repeats a step in its second life", async () => {
    const failed = await failuresOf((plan) => {
      let lives = 0;
      return defineAgent({
        name: "broken",
        async run(assignment) {
          const summary = await follow(plan, assignment);
          if (++lives > 1) await assignment.call("add", { a: 1, b: 2 });
          return summary;
        },
      });
    });
    expect(failed).toContain(
      "goes on after a kill with the same agent, as a lab that is started twice in a process does",
    );
    expect(failed).toContain(same);
  });

  test("decides by something that it did not journal", async () => {
    const failed = await failuresOf(
      define(async (plan, assignment) => {
        await think(assignment, `at ${performance.now()}`);
        return follow(plan, assignment);
      }),
    );
    expect(failed).toContain(killed);
  });

  test("does its work twice", async () => {
    const failed = await failuresOf(
      define(async (plan, assignment) => {
        await follow(plan, assignment);
        return follow(plan, assignment);
      }),
    );
    expect(failed).toContain("calls tools one after the other and says what it did");
  });

  test("ignores an abort", async () => {
    const failed = await failuresOf((plan) => ({
      name: "broken",
      start: (assignment) =>
        startRun(async () => {
          const summary = await follow(plan, assignment).catch(() => new Promise<string>(() => undefined));
          return { summary };
        }),
    }));
    expect(failed).toEqual(
      expect.arrayContaining([
        "does not begin when it is aborted beforehand",
        "stops at an abort while a tool runs, with its reason",
        "stops at an abort while the model answers, with its reason",
      ]),
    );
  });

  test("swallows what says that its budget is spent", async () => {
    const failed = await failuresOf(
      define(async (plan, assignment) => {
        for (const { tool, input } of callsOf(plan)) {
          await think(assignment, tool).catch(() => undefined);
          await assignment.call(tool, input);
        }
        return plan.summary;
      }),
    );
    expect(failed).toContain(spent);
  });

  test("asks for ever for what it cannot pay", async () => {
    const failed = await failuresOf(
      define(async (plan, assignment) => {
        for (const { tool, input } of callsOf(plan)) {
          while (
            !(await think(assignment, tool).then(
              () => true,
              () => false,
            ))
          ) {
            assignment.signal.throwIfAborted();
            await new Promise(setImmediate);
          }
          await assignment.call(tool, input);
        }
        return plan.summary;
      }),
    );
    expect(failed).toContain(spent);
  });

  test("fails when its budget is spent", async () => {
    const failed = await failuresOf(
      define(async (plan, assignment) => {
        for (const { tool, input } of callsOf(plan)) {
          await think(assignment, tool);
          await assignment.call(tool, input);
        }
        return plan.summary;
      }),
    );
    expect(failed).toEqual([spent]);
  });

  test("tells of calls in another order, or not at all", async () => {
    const failed = await failuresOf((plan) => ({
      name: "broken",
      start: (assignment) =>
        startRun(async () => ({ summary: await follow(plan, assignment) }), { signal: assignment.signal }),
    }));
    expect(failed).toContain("tells of each call before and after it, in order");
  });

  test("stops at the first tool that fails", async () => {
    const failed = await failuresOf(
      define(async (plan, assignment) => {
        for (const { tool, input } of callsOf(plan)) {
          const { isError, content } = await assignment.call(tool, input);
          if (isError) throw new Error(content);
        }
        return plan.summary;
      }),
    );
    expect(failed).toEqual(
      expect.arrayContaining([
        "goes on after a tool that fails",
        "goes on after invalid input, a hundred times",
        killed,
      ]),
    );
  });

  test("pays more than it reserved", async () => {
    const failed = await failuresOf(
      define(async (plan, assignment) => {
        await assignment.model({
          model: "none",
          key: "dear",
          maximum: { usd: 1, tokens: 10 },
          perform: async ({ pay }) => {
            pay({ inputTokens: 5, outputTokens: 5, usd: 2 });
            return "hm";
          },
        });
        return follow(plan, assignment);
      }),
    );
    expect(failed).toContain("pays no more for a call than it had reserved");
  });
});
