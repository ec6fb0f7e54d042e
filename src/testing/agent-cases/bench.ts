import assert from "node:assert/strict";
import * as z from "zod";
import type { Agent, AgentEvent, AgentResult, ToolOutput } from "../../agent.js";
import type { JournalEntry } from "../../lab/entries.js";
import { type AgentPlan, callsOf, type PlannedCall } from "../agent-plan.js";
import { type TestAssignment, type TestAssignmentOptions, type TestTool, testAssignment } from "../assignment.js";

/** Makes the agent to test: one that follows the plan. */
export type MakeAgent = (plan: AgentPlan) => Agent | Promise<Agent>;

/** Three turns, one of them with two calls. */
export const plan: AgentPlan = {
  turns: [
    [{ tool: "add", input: { a: 1, b: 2 } }],
    [
      { tool: "add", input: { a: 3, b: 4 } },
      { tool: "add", input: { a: 5, b: 6 } },
    ],
    [{ tool: "add", input: { a: 7, b: 8 } }],
  ],
  summary: "added four times",
};

export const tools: Readonly<Record<string, TestTool>> = {
  add: {
    description: "Adds two numbers.",
    input: z.strictObject({ a: z.number(), b: z.number() }),
    run: ({ a, b }) => String(Number(a) + Number(b)),
  },
  fail: {
    description: "Fails.",
    run: () => {
      throw new Error("it cannot be done");
    },
  },
  finish: {
    description: "Ends your work.",
    input: z.strictObject({ summary: z.string() }),
    run: () => "Your work is ended.",
  },
};

/** One life of an agent. */
export interface Life extends TestAssignment {
  readonly events: readonly AgentEvent[];
  readonly result: AgentResult;
}

/** Has the agent work to its end. */
export async function live(agent: Agent, options: TestAssignmentOptions = {}): Promise<Life> {
  const made = testAssignment({ tools, ...options });
  await using run = agent.start(made.assignment);
  const events: AgentEvent[] = [];
  for await (const event of run) events.push(event);
  return { ...made, events, result: await run.result() };
}

/** The tool calls that the journal holds, in order. */
export function calledIn(journal: readonly JournalEntry[]): { tool: string; input: unknown }[] {
  return journal.flatMap((entry) => (entry.type === "tool-began" ? [{ tool: entry.tool, input: entry.input }] : []));
}

/** The agent called what was planned, in that order, and answers of `finish` aside nothing else. */
export function assertFollowed(journal: readonly JournalEntry[], planned: AgentPlan): void {
  // Whether an agent ends by `finish` or by its result is its own choice.
  const without = (calls: readonly { tool: string; input: unknown }[]) => calls.filter(({ tool }) => tool !== "finish");
  assert.deepEqual(without(calledIn(journal)), without(callsOf(planned)), "the tool calls are those planned, in order");
}

export function outputsIn(events: readonly AgentEvent[]): (ToolOutput & { tool: string })[] {
  return events.flatMap((event) =>
    event.type === "tool-result" ? [{ tool: event.tool, isError: event.isError, content: event.content }] : [],
  );
}

/** Model calls that were begun in this life, performed or not. */
export function modelCalls(journal: readonly JournalEntry[]): number {
  return journal.filter(({ type }) => type === "model-began").length;
}

export function withCalls(...turns: readonly (readonly PlannedCall[])[]): AgentPlan {
  return { turns, summary: "done" };
}
