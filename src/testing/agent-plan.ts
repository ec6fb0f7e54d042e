import type { Policy } from "./messages-server/policy.js";

/** What an agent under test is to do: in each turn some tool calls, and in the end a call of `finish`. */
export interface AgentPlan {
  readonly turns: readonly (readonly PlannedCall[])[];
  /** The input of `finish` is `{ summary }`. */
  readonly summary: string;
}

export interface PlannedCall {
  readonly tool: string;
  readonly input: Readonly<Record<string, string | number>>;
}

/** A plan's tool calls in order, the last one of `finish`. */
export function callsOf({ turns, summary }: AgentPlan): readonly PlannedCall[] {
  return [...turns.flat(), { tool: "finish", input: { summary } }];
}

/** A policy for {@link messagesServer} that follows the plan, whatever the tools answer. */
export function followPlan({ turns, summary }: AgentPlan): Policy {
  return ({ turn }) => {
    const calls = turns[turn] ?? [{ tool: "finish", input: { summary } }];
    return [
      { type: "text", text: `Turn ${turn}.` },
      ...calls.map(({ tool, input }) => ({ type: "tool_use", name: tool, input }) as const),
    ];
  };
}
