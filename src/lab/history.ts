import type { Spend, ToolDescription } from "../agent.js";
import type { EntryOf, JournalEntry } from "./entries.js";
import { tokensOf } from "./usage.js";

/** One step of an agent as earlier lives left it. */
export type Step =
  | {
      readonly kind: "model";
      readonly began: EntryOf<"model-began">;
      /** Of its maximum, what no attempt has told to have cost. */
      readonly untold: Spend;
      readonly ended?: EntryOf<"model-ended">;
    }
  | { readonly kind: "tool"; readonly began: EntryOf<"tool-began">; readonly ended?: EntryOf<"tool-ended"> }
  | { readonly kind: "note"; readonly note: EntryOf<"note"> };

/** What an agent did in earlier lives of the lab. */
export interface History {
  /** What it was told. */
  readonly briefing?: string;
  /** The tools that it was given. */
  readonly tools?: readonly ToolDescription[];
  /** By position; a step that was interrupted has no end. */
  readonly steps: readonly Step[];
  /** How its work ended, if it did. */
  readonly ended?: EntryOf<"agent-ended">;
  /** What model calls that were in flight at a kill may have cost beyond what was told: their maximum less that. */
  readonly interrupted: readonly Spend[];
}

/** Sorts a journal's entries by agent. */
export function historiesOf(entries: readonly JournalEntry[]): ReadonlyMap<string, History> {
  const agents = new Map<string, Building>();
  const of = (agent: string): Building => {
    const found = agents.get(agent) ?? { steps: [], interrupted: [] };
    agents.set(agent, found);
    return found;
  };
  for (const entry of entries) {
    switch (entry.type) {
      case "model-began": {
        const agent = of(entry.agent);
        const before = agent.steps[entry.step];
        if (before?.kind === "model" && !before.ended) agent.interrupted.push(before.untold);
        agent.steps[entry.step] = { kind: "model", began: entry, untold: entry.maximum };
        break;
      }
      case "model-paid": {
        const { steps } = of(entry.agent);
        const step = steps[entry.step];
        if (step?.kind !== "model") break;
        const { usd, tokens } = step.untold;
        const untold = {
          usd: Math.max(0, usd - entry.usage.usd),
          tokens: Math.max(0, tokens - tokensOf(entry.usage)),
        };
        steps[entry.step] = { ...step, untold };
        break;
      }
      case "tool-began":
        of(entry.agent).steps[entry.step] = { kind: "tool", began: entry };
        break;
      case "note":
        of(entry.agent).steps[entry.step] = { kind: "note", note: entry };
        break;
      case "model-ended": {
        const { steps } = of(entry.agent);
        const step = steps[entry.step];
        if (step?.kind === "model") steps[entry.step] = { ...step, ended: entry };
        break;
      }
      case "tool-ended": {
        const { steps } = of(entry.agent);
        const step = steps[entry.step];
        if (step?.kind === "tool") steps[entry.step] = { ...step, ended: entry };
        break;
      }
      case "agent-ended":
        of(entry.agent).ended = entry;
        break;
      case "agent-started": {
        const agent = of(entry.agent);
        delete agent.ended;
        if (entry.briefing !== undefined) agent.briefing = entry.briefing;
        if (entry.tools) agent.tools = entry.tools;
        break;
      }
    }
  }
  return new Map([...agents].map(([name, agent]) => [name, settled(agent)]));
}

interface Building {
  briefing?: string;
  tools?: readonly ToolDescription[];
  steps: Step[];
  interrupted: Spend[];
  ended?: EntryOf<"agent-ended">;
}

function settled({ steps, interrupted, ended, briefing, tools }: Building): History {
  const unfinished = steps.flatMap((step) => (step.kind === "model" && !step.ended ? [step.untold] : []));
  return {
    ...(briefing !== undefined && { briefing }),
    ...(tools && { tools }),
    ...(ended && { ended }),
    steps,
    interrupted: [...interrupted, ...unfinished],
  };
}

/** Whether an agent's work is over: one that failed is given another try. */
export function isOver(history: History | undefined): boolean {
  return history?.ended !== undefined && history.ended.state !== "failed";
}

/** What an agent goes on from: where a call to a model had made it fail, that call and what came after are forgotten. */
export function toGoOnFrom(history: History): History {
  if (history.ended?.state !== "failed") return history;
  const failed = history.steps.findLastIndex((step) => step.kind === "model" && step.ended?.error !== undefined);
  const tools = history.steps.findLastIndex((step) => step.kind === "tool");
  // A tool that has run since then cannot be taken back.
  return failed > tools ? { ...history, steps: history.steps.slice(0, failed) } : history;
}
