import type { Json } from "../agent.js";
import { WeakToStrongError } from "../errors.js";
import type { TeamContext } from "./context.js";
import type { EntryOf } from "./entries.js";
import type { LabPlan } from "./plan.js";
import { planRecord } from "./plan.js";

/** Begins a life of the lab in the journal. Throws `bad_input` where the folder is that of another lab. */
export function beginLife(plan: LabPlan, { journal, earlier, torn, emit }: TeamContext): void {
  const lives = earlier.filter((entry): entry is EntryOf<"life"> => entry.type === "life");
  const first = lives[0];
  const record = planRecord(plan);
  if (first) checkSame(plan, first.plan, record);
  const life = lives.length + 1;
  const budget = { lab: plan.labLimits, agent: plan.agentLimits } as Json;
  journal.append({ type: "life", life, pid: process.pid, plan: { ...record, budget } });
  emit({ type: "started", life, agents: plan.ids });
  if (torn > 0) {
    const message = `The journal ended in the middle of a line (${torn} bytes), which was cut off: the lab was killed while it wrote it, and nobody had been told of it.`;
    journal.append({ type: "notice", message });
    emit({ type: "notice", message });
  }
}

/** Budgets may differ, and agents may be added; all else would make what is in the folder mean something different. */
function checkSame({ dir }: LabPlan, before: Json, now: Readonly<Record<string, Json>>): void {
  const earlier = before as Readonly<Record<string, Json>>;
  for (const key of ["testbeds", "data", "seeds", "development", "teacherLabels"]) {
    if (JSON.stringify(earlier[key]) !== JSON.stringify(now[key])) throw other(dir, key, earlier[key], now[key]);
  }
  const [was, is] = [earlier.agents, now.agents] as (readonly Json[])[];
  for (const [index, agent] of (was ?? []).entries()) {
    const same = JSON.stringify(agent) === JSON.stringify(is?.[index] ?? null);
    if (!same) throw other(dir, `agents[${index}]`, agent, is?.[index]);
  }
}

function other(dir: string, field: string, before: Json | undefined, now: Json | undefined): WeakToStrongError {
  const shown = (value: Json | undefined): string => JSON.stringify(value)?.slice(0, 200) ?? "nothing";
  return new WeakToStrongError(
    "bad_input",
    `Lab: ${dir} is the folder of a lab whose ${field} was ${shown(before)}; now it is ${shown(now)}. Give back what it was, and it goes on, or choose another folder.`,
  );
}
