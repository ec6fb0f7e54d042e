import type { JournalEntry } from "./entries.js";

/** How long agents have worked, by the journal: time in models and tools, without what was waited for a turn at a trainer. */
export interface ResearchTime {
  /** Hours that all agents together had worked when the lab had been up for so many seconds. Never falls. */
  hoursAt(up: number): number;
  readonly ofAgent: ReadonlyMap<string, { readonly hours: number; readonly queuedSeconds: number }>;
}

/** Research seconds of one step that has ended. */
export function researchSeconds(entry: JournalEntry): number {
  if (entry.type === "model-ended") return entry.seconds;
  return entry.type === "tool-ended" ? Math.max(0, entry.seconds - entry.queued) : 0;
}

/**
 * Adds up the steps of all agents. Within a step, work is taken to be spread evenly, so that what happens in the middle
 * of a long tool call, such as a script that evaluates in a loop, has its own hour.
 */
export function researchTime(entries: readonly JournalEntry[]): ResearchTime {
  const ofAgent = new Map<string, { hours: number; queuedSeconds: number }>();
  const turns: Turn[] = [];
  for (const entry of entries) {
    if (entry.type !== "model-ended" && entry.type !== "tool-ended") continue;
    const work = researchSeconds(entry);
    const sum = ofAgent.get(entry.agent) ?? { hours: 0, queuedSeconds: 0 };
    const queued = entry.type === "tool-ended" ? Math.min(entry.queued, entry.seconds) : 0;
    ofAgent.set(entry.agent, { hours: sum.hours + work / 3600, queuedSeconds: sum.queuedSeconds + queued });
    if (work === 0) continue;
    const rate = work / entry.seconds;
    turns.push({ up: entry.up - entry.seconds, rate }, { up: entry.up, rate: -rate });
  }
  turns.sort((a, b) => a.up - b.up);
  const marks: Mark[] = [];
  let [total, rate] = [0, 0];
  for (const [i, turn] of turns.entries()) {
    if (i > 0) total += Math.max(0, rate) * (turn.up - turns[i - 1]!.up);
    rate += turn.rate;
    marks.push({ up: turn.up, total, rate: Math.max(0, rate) });
  }
  return { ofAgent, hoursAt: (up) => valueAt(marks, up) / 3600 };
}

/** The number of agents at work changes here. */
interface Turn {
  readonly up: number;
  readonly rate: number;
}

interface Mark {
  readonly up: number;
  readonly total: number;
  readonly rate: number;
}

function valueAt(marks: readonly Mark[], up: number): number {
  let [low, high] = [0, marks.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (marks[middle]!.up <= up) low = middle + 1;
    else high = middle;
  }
  const mark = marks[low - 1];
  if (!mark) return 0;
  // After the last one nobody works.
  return low === marks.length ? mark.total : mark.total + mark.rate * (up - mark.up);
}
