import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Agent } from "../agent.js";
import { WeakToStrongError } from "../errors.js";
import { type Run, startRun } from "../run.js";
import type { LabEvent } from "./events.js";
import { type History, historiesOf } from "./history.js";
import { readJournal } from "./journal.js";
import { LabOutcome } from "./outcome.js";
import { takeSeat } from "./seat.js";

export interface ReplayOptions {
  /** Those that the lab had, in the same order. */
  readonly agents: readonly Agent[];
  readonly signal?: AbortSignal;
}

/**
 * Runs a finished lab again from its journal: every agent's code decides anew, and what it asks of models and tools is
 * answered with what was answered then. No model is called, no command runs, nothing is written. It shows that the journal
 * tells the whole of what happened, and lets agents' code be debugged on a real run.
 *
 * Errors in `result()`: `not_found` (no lab there, or one that has not ended), `bad_input` (an agent does something else
 * than the journal says).
 */
export function replay(dir: string, { agents, signal }: ReplayOptions): Run<LabEvent, LabOutcome> {
  return startRun<LabEvent, LabOutcome>(
    async ({ emit, signal }) => {
      const { entries } = readJournal(join(dir, "journal.jsonl"));
      if (entries.at(-1)?.type !== "lab-ended") {
        const found = entries.length === 0 ? "there is none" : "it has not ended; start it again with lab()";
        throw new WeakToStrongError("not_found", `replay: expected a finished lab in ${dir}, but ${found}.`);
      }
      const histories = [...historiesOf(entries)];
      if (histories.length !== agents.length) {
        throw new WeakToStrongError(
          "bad_input",
          `replay: agents: the lab had ${histories.length} agents, found ${agents.length}.`,
        );
      }
      const life = entries.findLast((entry) => entry.type === "life");
      emit({ type: "started", life: life?.life ?? 1, agents: histories.map(([id]) => id) });
      await Promise.all(histories.map(([id, history], index) => again(id, agents[index]!, history, { emit, signal })));
      emit({ type: "finished" });
      return LabOutcome.fromJSON(JSON.parse(await readFile(join(dir, "outcome.json"), "utf8")));
    },
    signal ? { signal } : {},
  );
}

async function again(
  id: string,
  agent: Agent,
  history: History,
  { emit, signal }: { emit(event: LabEvent): void; readonly signal: AbortSignal },
): Promise<void> {
  const { assignment, taken } = takeSeat({
    id,
    briefing: history.briefing ?? "",
    tools: history.tools ?? [],
    history,
    signal,
  });
  emit({ type: "agent-started", agent: id, name: agent.name });
  await using run = agent.start(assignment);
  for await (const event of run) emit({ type: "agent", agent: id, event });
  const ended = history.ended!;
  try {
    await run.result();
  } catch (error) {
    // One that had failed or was stopped fails at the same place again.
    if (ended.state === "finished" || taken() < history.steps.length) throw error;
  }
  if (taken() !== history.steps.length) {
    throw new WeakToStrongError(
      "bad_input",
      `replay: ${id} ended after ${taken()} steps; in the journal it has ${history.steps.length}. Its code or settings have changed.`,
    );
  }
  emit({ type: "agent-ended", agent: id, state: ended.state, summary: ended.summary });
}
