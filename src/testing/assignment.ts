import * as z from "zod";
import type { Assignment, ToolDescription, ToolOutput } from "../agent.js";
import type { Limits } from "../lab/budget.js";
import type { JournalEntry } from "../lab/entries.js";
import { historiesOf } from "../lab/history.js";
import type { Journal } from "../lab/journal.js";
import { takeSeat } from "../lab/seat.js";
import { restoredBudgets } from "../lab/spending.js";
import { stopwatch } from "../lab/stopwatch.js";

/** A tool of a test. */
export interface TestTool {
  readonly description?: string;
  /** What its input must be. Default: any object. */
  readonly input?: z.ZodObject;
  /** Its answer; what it throws is an answer with `isError`. */
  run(input: Record<string, unknown>, options: { readonly signal: AbortSignal }): string | Promise<string>;
}

export interface TestAssignmentOptions {
  readonly tools?: Readonly<Record<string, TestTool>>;
  /** What the agent may spend. Default: no limits. */
  readonly budget?: Limits;
  /** What earlier lives left: all or the beginning of another test assignment's `journal`. */
  readonly journal?: readonly JournalEntry[];
  /** Default: a sentence. */
  readonly briefing?: string;
  readonly signal?: AbortSignal;
  /** Called after each entry: what it throws is thrown where the agent waits, as a full disk would. */
  readonly written?: (entry: JournalEntry) => void;
}

export interface TestAssignment {
  readonly assignment: Assignment;
  /** Everything that was journalled, earlier lives included. */
  readonly journal: readonly JournalEntry[];
  /** The tool calls that were truly performed in this life. */
  readonly performed: readonly { readonly tool: string; readonly input: unknown }[];
}

const id = "agent-1";

/**
 * An assignment without a lab, for tests of an agent: the lab's own seat and budgets on a journal in memory. Give one's
 * `journal`, or a part of it, to the next to see what an agent does in a second life.
 *
 * ```ts
 * const { assignment, journal } = testAssignment({ tools: { add: { run: ({ a, b }) => `${Number(a) + Number(b)}` } } });
 * await agent.start(assignment).result();
 * ```
 */
export function testAssignment(options: TestAssignmentOptions = {}): TestAssignment {
  const { tools = {}, budget: limits = {}, journal: earlier = [] } = options;
  const signal = options.signal ?? new AbortController().signal;
  const entries: JournalEntry[] = [...earlier];
  const performed: { tool: string; input: unknown }[] = [];
  const journal: Journal = {
    file: "memory",
    append(entry) {
      const stamped = { ...entry, seq: entries.length, at: new Date().toISOString(), up: 0 };
      // As it would be read from a file.
      const kept = JSON.parse(JSON.stringify(stamped)) as JournalEntry;
      entries.push(kept);
      options.written?.(kept);
      return stamped as never;
    },
    durable: async () => undefined,
    up: () => 0,
    [Symbol.asyncDispose]: async () => undefined,
  };
  const histories = historiesOf(earlier);
  const budget = restoredBudgets({ lab: {}, agent: limits }, [id], earlier, histories).agents.get(id)!;

  async function call(name: string, input: unknown, signal: AbortSignal): Promise<ToolOutput> {
    const tool = Object.hasOwn(tools, name) ? tools[name]! : undefined;
    if (!tool) return refused(`There is no tool "${name}". There are ${Object.keys(tools).join(", ")}.`);
    const parsed = inputOf(tool).safeParse(input);
    if (!parsed.success) return refused(`The input of ${name} is not as it must be:\n${z.prettifyError(parsed.error)}`);
    performed.push({ tool: name, input: parsed.data });
    try {
      return { content: await tool.run(parsed.data, { signal }), isError: false };
    } catch (error) {
      signal.throwIfAborted();
      return refused(error instanceof Error ? error.message : String(error));
    }
  }

  const { assignment } = takeSeat({
    id,
    briefing: options.briefing ?? "You take part in a test. Call the tools, then finish.",
    tools: Object.entries(tools).map(([name, tool]) => described(name, tool)),
    live: {
      journal,
      budget,
      watch: stopwatch(),
      run: call,
      spent: () => undefined,
    },
    history: histories.get(id) ?? { steps: [], interrupted: [] },
    signal,
  });
  return { assignment, journal: entries, performed };
}

function inputOf({ input }: TestTool): z.ZodType<Record<string, unknown>> {
  return input ?? z.looseObject({});
}

function described(name: string, tool: TestTool): ToolDescription {
  const { $schema: _, ...schema } = z.toJSONSchema(inputOf(tool));
  return { name, description: tool.description ?? name, inputSchema: { ...schema, type: "object" } };
}

function refused(content: string): ToolOutput {
  return { content, isError: true };
}
