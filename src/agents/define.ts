import type { Agent, AgentEvent, AgentResult, Assignment } from "../agent.js";
import { WeakToStrongError } from "../errors.js";
import { type RunContext, startRun, untilAborted } from "../run.js";

/** What there is to say of an agent. */
export interface AgentDefinition {
  /** What kind it is, for standings and reports. */
  readonly name: string;
  /** Its own vague starting direction, put into its briefing. */
  readonly direction?: string;
  readonly model?: string;
  /**
   * Does the work and says what it did. In a second life it runs again from the start, and `assignment` answers from the
   * journal until it has caught up: decide by what `call`, `model` and `note` gave, and by nothing else that can change.
   */
  run(assignment: Assignment, context: RunContext<AgentEvent>): Promise<AgentResult | string>;
}

/**
 * Makes an {@link Agent} of one function and takes care of what every agent owes its lab: each tool call is told as an
 * event before and after, and an abort ends the run at once with `signal.reason`.
 */
export function defineAgent({ run, ...agent }: AgentDefinition): Agent {
  return {
    ...agent,
    start: (assignment) =>
      startRun<AgentEvent, AgentResult>(
        async (context) => {
          const { signal, emit } = context;
          const told: Assignment = {
            id: assignment.id,
            briefing: assignment.briefing,
            tools: assignment.tools,
            signal,
            async call(tool, input) {
              signal.throwIfAborted();
              emit({ type: "tool-call", tool, input });
              const output = await untilAborted(assignment.call(tool, input), signal);
              emit({ type: "tool-result", tool, isError: output.isError, content: output.content });
              return output;
            },
            model: (call) => untilAborted(assignment.model(call), signal),
            note: (name, make) => untilAborted(assignment.note(name, make), signal),
            budget: () => assignment.budget(),
          };
          return resultOf(agent.name, await untilAborted(run(told, context), signal));
        },
        // Tool output is among them, and a night has thousands: the journal has them all.
        { signal: assignment.signal, kept: 200 },
      ),
  };
}

function resultOf(name: string, result: AgentResult | string): AgentResult {
  const summary: unknown = typeof result === "string" ? result : result?.summary;
  if (typeof summary === "string") return { summary };
  throw new WeakToStrongError(
    "bad_input",
    `The agent "${name}" has to end with a string or { summary: string }, found ${typeof summary === "undefined" && typeof result === "object" ? "an object without one" : typeof result}.`,
  );
}
