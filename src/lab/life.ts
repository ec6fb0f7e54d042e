import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import type { Json } from "../agent.js";
import { WeakToStrongError } from "../errors.js";
import type { TeamContext } from "./context.js";
import { awaitsTransfer } from "./elsewhere.js";
import type { EntryOf, JournalEntry } from "./entries.js";
import { historiesOf, isOver } from "./history.js";
import type { Journal } from "./journal.js";
import { notice } from "./notice.js";
import { LabOutcome } from "./outcome.js";
import type { LabPlan } from "./plan.js";
import { planRecord } from "./plan.js";

/** Begins a life of the lab in the journal; returns what it has settled of the last one. Throws `bad_input` where the folder is that of another lab. */
export function beginLife(plan: LabPlan, context: TeamContext): readonly JournalEntry[] {
  const { journal, earlier, torn, emit } = context;
  const record = checkedRecord(plan, earlier);
  const life = livesIn(earlier).length + 1;
  const budget = { lab: plan.labLimits, agent: plan.agentLimits } as Json;
  journal.append({ type: "life", life, pid: process.pid, plan: { ...record, budget } });
  emit({ type: "started", life, agents: plan.ids });
  const settled = settleTrainings(plan, journal, earlier);
  if (torn > 0) {
    notice(
      context,
      `The journal ended in the middle of a line (${torn} bytes), which was cut off: the lab was killed while it wrote it, and nobody had been told of it.`,
    );
  }
  return settled;
}

/** What a trainer was doing for an agent when the lab was killed is paid for, for as long as it had been under way. */
function settleTrainings(plan: LabPlan, journal: Journal, earlier: readonly JournalEntry[]): JournalEntry[] {
  const open = new Map<string, EntryOf<"training">>();
  for (const entry of earlier) {
    if (entry.type === "training") open.set(entry.id, entry);
    if (entry.type === "trained" && entry.id !== undefined) open.delete(entry.id);
  }
  const end = earlier.at(-1)?.up ?? 0;
  return [...open.values()].map(({ agent, id, call, up }) => {
    const seconds = end - up;
    const usd = (seconds * (plan.trainerUsdPerHour ?? 0)) / 3600;
    const paid = { seconds, tokens: 0, device: "interrupted", cached: false, usd };
    return journal.append({ type: "trained", agent, id, call, ...paid });
  });
}

/**
 * What this lab came to when it ended before, if nothing is left to do. Left to do are a vault that is to be opened now,
 * holdouts that have not been measured, and what people have said since. Throws as {@link beginLife}.
 */
export async function finishedBefore(plan: LabPlan, { earlier, emit }: TeamContext): Promise<LabOutcome | undefined> {
  const histories = historiesOf(earlier);
  if (earlier.at(-1)?.type !== "lab-ended" || !plan.ids.every((id) => isOver(histories.get(id)))) return undefined;
  checkedRecord(plan, earlier);
  const file = join(plan.dir, "outcome.json");
  if (!existsSync(file)) return undefined; // killed before it was written
  const outcome = LabOutcome.fromJSON(JSON.parse(await readFile(file, "utf8")));
  const { confirmation, submissions, ledger } = outcome.record;
  if (plan.confirm && !confirmation) return undefined;
  if (awaitsTransfer(plan) && submissions.some((one) => one.scores && one.standing !== "disqualified"))
    return undefined;
  if (ledger && (await ledgerCount(plan, ledger.id)) > ledger.count) return undefined;
  emit({ type: "started", life: livesIn(earlier).length, agents: plan.ids });
  emit({ type: "finished" });
  return outcome;
}

const headSchema = z.object({ ledger: z.string(), count: z.number() });

/** How many entries the sealed scorer's ledger has by now; 0 where it is another's, which is not read from here. */
async function ledgerCount({ dir }: LabPlan, id: string): Promise<number> {
  const text = await readFile(join(dir, "scorer", "head.json"), "utf8").catch(() => undefined);
  if (text === undefined) return 0;
  const { ledger, count } = headSchema.parse(JSON.parse(text));
  return ledger === id ? count : 0;
}

function livesIn(entries: readonly JournalEntry[]): EntryOf<"life">[] {
  return entries.filter((entry): entry is EntryOf<"life"> => entry.type === "life");
}

function checkedRecord(plan: LabPlan, earlier: readonly JournalEntry[]): { readonly [key: string]: Json } {
  const record = planRecord(plan);
  const last = livesIn(earlier).at(-1);
  if (last) checkSame(plan, last.plan, record);
  return record;
}

/** Budgets may differ, and agents may be added; all else would make what is in the folder mean something different. */
function checkSame({ dir }: LabPlan, before: Json, now: Readonly<Record<string, Json>>): void {
  const earlier = before as Readonly<Record<string, Json>>;
  for (const key of [
    "testbeds",
    "data",
    "seeds",
    "sealedSeeds",
    "parts",
    "carve",
    "canaries",
    "feedback",
    "teacherLabels",
  ]) {
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
