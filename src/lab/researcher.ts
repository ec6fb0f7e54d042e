import type { Agent, Assignment } from "../agent.js";
import { WeakToStrongError } from "../errors.js";
import type { Budget } from "./budget.js";
import type { LabEvent } from "./events.js";
import type { History } from "./history.js";
import type { Journal } from "./journal.js";
import { takeSeat } from "./seat.js";
import type { Stopwatch } from "./stopwatch.js";
import type { ToolBox } from "./tool-box.js";
import type { Tool } from "./tools/tool.js";
import { describeTool } from "./tools/tool.js";

export interface ResearcherOptions {
  readonly id: string;
  readonly agent: Agent;
  readonly briefing: string;
  readonly tools: readonly Tool[];
  readonly box: ToolBox;
  readonly journal: Journal;
  readonly budget: Budget;
  readonly watch: Stopwatch;
  readonly history: History;
  /** The lab's; aborting it leaves the agent where it is, to go on in the next life. */
  readonly signal: AbortSignal;
  /** Aborts when only writing up is left: tools that still run are stopped. */
  readonly closing: AbortSignal;
  /** Aborts when time is over. */
  readonly over: AbortSignal;
  readonly emit: (event: LabEvent) => void;
  /** Called after whatever can have changed a budget. */
  readonly spent: () => void;
}

const stopped = "It was stopped: the time for work has come to its end. What is left is for writing up.";

/** How an agent's work ended. */
export interface Ending {
  readonly state: "finished" | "stopped" | "failed";
  /** What it says of it, or why. */
  readonly summary: string;
}

/** Has one agent do its work, from where it was. Whatever happens to it ends its own work only. */
export async function research(options: ResearcherOptions): Promise<Ending> {
  const { id, agent, journal, budget, box, history, emit, signal } = options;
  const writeUp = new Set(options.tools.filter((tool) => tool.writeUp).map(({ name }) => name));
  const own = AbortSignal.any([signal, options.over]);
  const described = options.tools.map(describeTool);
  const { assignment } = takeSeat({
    id,
    briefing: history.briefing ?? options.briefing,
    tools: history.tools ?? described,
    history,
    signal: own,
    live: {
      journal,
      budget,
      spent: options.spent,
      watch: options.watch,
      async run(tool, input, signal) {
        // Once only writing up is left the tool box refuses by itself, and says why.
        const free = writeUp.has(tool) || options.closing.aborted;
        const limited = free ? signal : AbortSignal.any([signal, options.closing]);
        try {
          return await box.call(tool, input, limited);
        } catch (error) {
          signal.throwIfAborted();
          if (!limited.aborted) throw error;
          return { content: stopped, isError: true };
        }
      },
    },
  });
  const { name, model, direction } = agent;
  const begins = {
    type: "agent-started" as const,
    agent: id,
    name,
    ...(model !== undefined && { model }),
    ...(direction !== undefined && { direction }),
    ...(history.briefing === undefined && { briefing: options.briefing, tools: described }),
  };
  journal.append(begins);
  emit({ type: "agent-started", agent: id, name });
  return ending(agent, assignment, options, own);
}

async function ending(
  agent: Agent,
  assignment: Assignment,
  { id, emit, signal, over }: ResearcherOptions,
  own: AbortSignal,
): Promise<Ending> {
  try {
    await using run = agent.start(assignment);
    const cancel = (): void => run.cancel(own.reason);
    own.addEventListener("abort", cancel, { once: true });
    try {
      for await (const event of run) emit({ type: "agent", agent: id, event });
      const { summary } = await run.result();
      if (typeof summary === "string") return { state: "finished", summary };
      return { state: "failed", summary: `It ended with ${typeof summary} for a summary; expected a string.` };
    } finally {
      own.removeEventListener("abort", cancel);
    }
  } catch (error) {
    signal.throwIfAborted();
    const summary = error instanceof Error ? error.message : String(error);
    const spent = over.aborted || (WeakToStrongError.isInstance(error) && error.code === "exhausted");
    return { state: spent ? "stopped" : "failed", summary };
  }
}
