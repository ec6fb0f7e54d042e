import type { Agent, AgentResult, Json, ToolOutput } from "../agent.js";
import { type AgentDefinition, defineAgent } from "./define.js";

/** One tool call of a script. */
export interface ScriptStep {
  readonly tool: string;
  /** The input, or what makes it of the outputs of the steps before. */
  readonly input: Json | ((outputs: readonly ToolOutput[]) => Json);
}

/** A function of the assignment; it may return nothing. */
export type ScriptFunction = (
  ...args: Parameters<AgentDefinition["run"]>
) => Promise<AgentResult | string | undefined> | Promise<void>;

/**
 * An agent that follows a script: code in the seat in place of a model. A list of steps runs in order, whatever the tools
 * answer, and then it is done. Costs nothing.
 *
 * ```ts
 * scripted([{ tool: "evaluate", input: { file: "method.py", method: "mine" } }]);
 * scripted(async (lab) => {
 *   const { content } = await lab.call("standings", {});
 *   return `stood at ${content}`;
 * });
 * ```
 */
export function scripted(
  script: readonly ScriptStep[] | ScriptFunction,
  options: { readonly name?: string; readonly direction?: string } = {},
): Agent {
  return defineAgent({
    name: "scripted",
    ...options,
    async run(assignment, context) {
      if (typeof script === "function") return (await script(assignment, context)) ?? "The script has ended.";
      const outputs: ToolOutput[] = [];
      for (const { tool, input } of script) {
        outputs.push(await assignment.call(tool, typeof input === "function" ? input(outputs) : input));
      }
      const failed = outputs.filter(({ isError }) => isError).length;
      return `The script's ${outputs.length} steps were run${failed > 0 ? `, ${failed} of them ended in an error` : ""}.`;
    },
  });
}
