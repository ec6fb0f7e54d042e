import * as z from "zod";
import type { ToolOutput } from "../agent.js";
import { WeakToStrongError } from "../errors.js";
import type { Budget, BudgetAlarm } from "./budget.js";
import { budgetWords } from "./status.js";
import type { Tool, ToolContext } from "./tools/tool.js";

/** Characters of a tool's answer that an agent is shown; the middle of a longer one is left out. */
const mostShown = 60_000;

/** Calls tools for one agent: whatever goes wrong is an answer that it can act on. */
export interface ToolBox {
  /** Rejects with the signal's reason on abort, and with nothing else. */
  call(tool: string, input: unknown, signal: AbortSignal): Promise<ToolOutput>;
}

export function toolBox(
  tools: readonly Tool[],
  context: Omit<ToolContext, "signal">,
  budget: Budget,
  /** Journals what a budget says for the first time; false where it has said so before. */
  announce: (alarm: Parameters<BudgetAlarm>[0]) => boolean,
): ToolBox {
  const byName = new Map(tools.map((tool) => [tool.name, tool]));

  async function perform(name: string, input: unknown, context: ToolContext): Promise<string> {
    const tool = byName.get(name);
    if (!tool) throw bad(`There is no tool "${name.slice(0, 80)}". There are ${[...byName.keys()].join(", ")}.`);
    const closing = budget.closing();
    if (closing && !tool.writeUp) {
      throw new WeakToStrongError(
        "exhausted",
        `${closing.of === "agent" ? "Your" : "The lab's"} ${budgetWords[closing.budget]} have come to their end. What is left is for writing up: post what you found, keep a snapshot, then finish.`,
      );
    }
    const parsed = tool.input.safeParse(input);
    if (!parsed.success) throw bad(`The input of ${name} is not as it must be:\n${z.prettifyError(parsed.error)}`);
    return tool.run(parsed.data, context);
  }

  return {
    async call(name, input, signal) {
      let output: ToolOutput;
      try {
        output = {
          content: shortened(await perform(name, input, { ...context, signal })),
          isError: false,
        };
      } catch (error) {
        signal.throwIfAborted();
        output = { content: shortened(error instanceof Error ? error.message : String(error)), isError: true };
      }
      const said = budget.alarms().filter(announce).map(inWords);
      return { ...output, content: [output.content, ...said].join("\n\n") };
    },
  };
}

function inWords({ budget, of, state }: Parameters<BudgetAlarm>[0]): string {
  const whose = of === "agent" ? "your" : "the whole lab's";
  if (state === "warning") return `[Budget: four fifths of ${whose} ${budgetWords[budget]} are used.]`;
  return `[Budget: ${whose} ${budgetWords[budget]} have come to their end.]`;
}

function shortened(text: string): string {
  const clean = text.toWellFormed();
  if (clean.length <= mostShown) return clean;
  const half = mostShown / 2;
  const left = clean.length - mostShown;
  return `${clean.slice(0, half)}\n... ${left} characters are left out here ...\n${clean.slice(-half)}`.toWellFormed();
}

function bad(message: string): WeakToStrongError {
  return new WeakToStrongError("bad_input", message);
}
