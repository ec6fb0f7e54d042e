import type { Assignment, Json, ModelCall, ModelUsage, Spend, ToolDescription, ToolOutput } from "../agent.js";
import { WeakToStrongError } from "../errors.js";
import { untilAborted } from "../run.js";
import type { Budget, Reservation } from "./budget.js";
import type { EntryOf } from "./entries.js";
import type { History, Step } from "./history.js";
import type { Journal } from "./journal.js";
import type { Stopwatch } from "./stopwatch.js";
import { tokensOf } from "./usage.js";

export interface SeatOptions {
  readonly id: string;
  readonly briefing: string;
  readonly tools: readonly ToolDescription[];
  /** Absent in a replay: a step that the journal lacks is an error then. */
  readonly live?: {
    readonly journal: Journal;
    readonly budget: Budget;
    readonly watch: Stopwatch;
    /** Runs a tool; rejects only on abort. */
    run(tool: string, input: unknown, signal: AbortSignal): Promise<ToolOutput>;
    /** Called after whatever can have changed a budget. */
    spent(): void;
  };
  readonly history: History;
  readonly signal: AbortSignal;
}

/** An agent's place, and how many steps it has taken from there. */
export interface Seat {
  readonly assignment: Assignment;
  taken(): number;
}

const interrupted =
  "The lab was stopped while this ran, and it may have run in part. Look at what is there before you do it again.";

/**
 * An agent's place in a lab: answers its steps from the journal of earlier lives as far as that goes, and from there on
 * performs and journals them. A step's beginning is written before it is performed, and its end before it is answered.
 */
export function takeSeat(options: SeatOptions): Seat {
  const { id, signal, history, live } = options;
  let next = 0;

  /** The earlier life's step at a place, checked to be the same as now. */
  function earlier<K extends Step["kind"]>(
    step: number,
    kind: K,
    same: (found: Extract<Step, { kind: K }>) => boolean,
  ) {
    const found = history.steps[step];
    if (!found) {
      if (live) return undefined;
      throw new WeakToStrongError(
        "bad_input",
        `The journal ends before step ${step} of ${id}: there is no more to replay.`,
      );
    }
    if (found.kind === kind && same(found as Extract<Step, { kind: K }>)) return found as Extract<Step, { kind: K }>;
    throw new WeakToStrongError(
      "bad_input",
      `Step ${step} of ${id} was ${described(found)} when the lab ran before, and is another now: the agent's code, its briefing or its settings have changed, or it decides by something that it did not journal (the clock, a random number: see Assignment.note). Start it as it was, or begin in a new folder.`,
    );
  }

  /** Without the budget for it the call is refused, and the journal says so: what the agent does next rests on it. */
  function reserved(step: number, { model, key, maximum }: ModelCall<Json>): Reservation {
    const { journal, budget } = live!;
    try {
      return budget.reserve({ ...maximum });
    } catch (error) {
      journal.append({ type: "model-began", agent: id, step, model, key, maximum: { usd: 0, tokens: 0 } });
      journal.append({ type: "model-ended", agent: id, step, seconds: 0, error: failureOf(error) });
      throw error;
    }
  }

  const assignment: Assignment = {
    id,
    briefing: options.briefing,
    tools: options.tools,
    signal,
    budget: () => live?.budget.left() ?? { closing: false },

    async call(tool, input) {
      signal.throwIfAborted();
      const step = next++;
      const plain = toJson(input);
      const found = earlier(
        step,
        "tool",
        ({ began }) => began.tool === tool && JSON.stringify(began.input) === JSON.stringify(plain),
      );
      if (found?.ended) return found.ended.output;
      const { journal, watch, run, spent } = live!;
      if (found) {
        const output = { content: interrupted, isError: true, interrupted: true };
        journal.append({ type: "tool-ended", agent: id, step, tool, output, seconds: 0, queued: 0 });
        return output;
      }
      journal.append({ type: "tool-began", agent: id, step, tool, input: plain });
      const done = watch.step();
      const output = await run(tool, plain, signal).catch((error: unknown) => {
        done();
        throw error;
      });
      const { seconds, queued } = done();
      journal.append({ type: "tool-ended", agent: id, step, tool, output, seconds, queued });
      spent();
      return output;
    },

    async model<T extends Json>(call: ModelCall<T>): Promise<T> {
      signal.throwIfAborted();
      checkSpend("maximum", call.maximum);
      const step = next++;
      const found = earlier(step, "model", ({ began }) => began.key === call.key && began.model === call.model);
      if (found?.ended) return resultOf<T>(found.ended);
      const { journal, budget, watch, spent } = live!;
      const { model, key, maximum } = call;
      const reservation = reserved(step, call);
      try {
        journal.append({ type: "model-began", agent: id, step, model, key, maximum });
        // Written already; that the disk has it, and everything before it, costs nothing while the call is under way.
        const durable = journal.durable();
        durable.catch(() => undefined);
        const done = watch.step();
        const pay = (usage: ModelUsage): void => {
          checkSpend("pay", { usd: usage.usd, tokens: tokensOf(usage) });
          budget.spend("usd", usage.usd);
          budget.spend("tokens", tokensOf(usage));
          journal.append({ type: "model-paid", agent: id, step, model, usage });
        };
        try {
          const result = await untilAborted(call.perform({ signal, pay }), signal);
          await durable;
          const { seconds } = done();
          journal.append({ type: "model-ended", agent: id, step, seconds, result });
          return result;
        } catch (error) {
          const { seconds } = done();
          // Aborted, it is as if killed: it is made again in the next life, and both are counted.
          signal.throwIfAborted();
          journal.append({ type: "model-ended", agent: id, step, seconds, error: failureOf(error) });
          throw error;
        }
      } finally {
        reservation.release();
        spent();
      }
    },

    async note<T extends Json>(name: string, make: () => T | Promise<T>): Promise<T> {
      signal.throwIfAborted();
      const step = next++;
      const found = earlier(step, "note", ({ note }) => note.name === name);
      if (found) return found.note.value as T;
      const value = await make();
      live!.journal.append({ type: "note", agent: id, step, name, value: toJson(value) });
      return value;
    },
  };
  return { assignment, taken: () => next };
}

function resultOf<T extends Json>({ result, error }: EntryOf<"model-ended">): T {
  if (error) throw new WeakToStrongError(error.code as WeakToStrongError["code"], error.message);
  return (result ?? null) as T;
}

function failureOf(error: unknown): { code: string; message: string } {
  const message = error instanceof Error ? error.message : String(error);
  return { code: WeakToStrongError.isInstance(error) ? error.code : "failed", message };
}

function described(step: Step): string {
  if (step.kind === "note") return `a note "${step.note.name}"`;
  return step.kind === "tool" ? `a call of the tool "${step.began.tool}"` : `a call of the model ${step.began.model}`;
}

/** A number that is none would lift every limit that it is added to. */
function checkSpend(where: string, { usd, tokens }: Spend): void {
  if (usd >= 0 && tokens >= 0 && usd < Infinity && tokens < Infinity) return;
  throw new WeakToStrongError(
    "bad_input",
    `Assignment.model: ${where}: expected dollars and tokens of at least 0, found ${usd} and ${tokens}.`,
  );
}

/** As the journal will give it back. */
function toJson(value: unknown): Json {
  if (value === undefined) return null;
  try {
    return JSON.parse(JSON.stringify(value)) as Json;
  } catch (cause) {
    throw new WeakToStrongError("bad_input", `Expected something that JSON can hold: ${(cause as Error).message}.`, {
      cause,
    });
  }
}
