import { Budget, type Limits } from "./budget.js";
import type { JournalEntry } from "./entries.js";
import type { History } from "./history.js";
import { tokensOf } from "./usage.js";

/** The lab's budget and each agent's, with everything spent that the journal tells of: nothing is refunded by a restart. */
export interface Budgets {
  readonly lab: Budget;
  readonly agents: ReadonlyMap<string, Budget>;
}

export function restoredBudgets(
  limits: { readonly lab: Limits; readonly agent: Limits },
  ids: readonly string[],
  entries: readonly JournalEntry[],
  histories: ReadonlyMap<string, History>,
): Budgets {
  const lab = new Budget(limits.lab);
  const agents = new Map(ids.map((id) => [id, new Budget(limits.agent, lab)]));
  for (const entry of entries) {
    const budget = "agent" in entry && entry.agent !== undefined ? agents.get(entry.agent) : undefined;
    if (!budget) continue;
    switch (entry.type) {
      case "model-paid":
        budget.spend("usd", entry.usage.usd);
        budget.spend("tokens", tokensOf(entry.usage));
        break;
      case "model-ended":
        budget.spend("hours", entry.seconds / 3600);
        break;
      case "tool-ended":
        budget.spend("hours", Math.max(0, entry.seconds - entry.queued) / 3600);
        break;
      case "trained":
        budget.spend("trainerSeconds", entry.seconds);
        budget.spend("usd", entry.usd);
        break;
    }
  }
  for (const [id, { interrupted }] of histories) {
    for (const { usd, tokens } of interrupted) {
      agents.get(id)?.spend("usd", usd);
      agents.get(id)?.spend("tokens", tokens);
    }
  }
  lab.reach("hours", (entries.at(-1)?.up ?? 0) / 3600);
  return { lab, agents };
}
