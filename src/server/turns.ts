import type { Json, ToolOutput } from "../agent.js";
import { WeakToStrongError } from "../errors.js";
import type { Cost } from "../trainer.js";
import type { Estimates, HelperCall, Quote } from "./estimates.js";
import type { FairQueue } from "./fair-queue.js";
import { summaryOf } from "./summary.js";

/** What the lab keeps back from an agent's budget for one call of the trainer. */
export interface Reservation {
  /** Device seconds that the call may take; then it is stopped. */
  readonly most: number;
  /** Called once, however the call ended. */
  settle(spent: TrainerSpent): void | Promise<void>;
}

/** What a call of the trainer came to. */
export interface TrainerSpent extends Omit<Cost, "cached"> {
  readonly call: HelperCall;
  /** The answer came from a cache; the other fields are what it had cost. Agents are not told. */
  readonly cached: boolean;
}

/** A call as the journal keeps it: arrays as their shapes. */
export interface HelperRecord {
  readonly tool: string;
  readonly input: Json;
  readonly output: ToolOutput;
  /** From asking to answering, waiting included. */
  readonly seconds: number;
  readonly queued: number;
}

export interface TurnsOptions {
  readonly agent: string;
  /** Shared by all agents of the lab. */
  readonly queue: FairQueue;
  /** Shared by all agents of the lab. */
  readonly estimates: Estimates;
  /** Seconds after which any call is stopped. Default 3,600. */
  readonly mostSeconds?: number;
  /** Called when a call's turn has come. `seconds`: what it is expected to take, if known. Throws `exhausted`. */
  reserve(planned: { readonly call: HelperCall; readonly seconds: number | null }): Reservation | Promise<Reservation>;
  /** Called before a call is answered. */
  record(done: HelperRecord): void | Promise<void>;
}

/** A request that has been found good. */
export interface Planned<T> {
  /** Calls of one kind cost alike. */
  readonly kind: string;
  /** Examples, times epochs for a fit. */
  readonly examples: number;
  perform(options: { readonly signal: AbortSignal }): Promise<T>;
}

/** Lets one agent's calls have their turns at the trainer: reserved before, settled and journalled after. */
export interface Turns {
  /** `plan` checks what was asked: what it refuses is journalled, and waits and costs nothing. */
  take<T extends { readonly cost: Cost }>(
    call: HelperCall,
    asked: object,
    plan: () => Planned<T> | Promise<Planned<T>>,
    options: { readonly signal: AbortSignal },
  ): Promise<{ readonly result: T; readonly queued: number }>;
  quote(kind: string, examples: number): Quote;
}

/** Milliseconds; beyond it Node's timers fire at once. */
const longestTimer = 2 ** 31 - 1;

export function turns(options: TurnsOptions): Turns {
  const { agent, queue, estimates, mostSeconds = 3600 } = options;

  async function perform<T extends { readonly cost: Cost }>(
    call: HelperCall,
    planned: Planned<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const { kind, examples } = planned;
    const { seconds } = estimates.expect(kind, examples);
    const held = await options.reserve({ call, seconds });
    const most = Math.min(held.most, mostSeconds);
    const overtime = new AbortController();
    const timer = setTimeout(() => overtime.abort(tooLong(call, most)), Math.min(most * 1000, longestTimer));
    const begun = performance.now();
    let cost: Cost = { seconds: 0, device: "none", tokens: 0 };
    try {
      const result = await planned.perform({ signal: AbortSignal.any([signal, overtime.signal]) });
      cost = result.cost;
      if (!cost.cached) estimates.add(kind, examples, cost.seconds);
      return result;
    } catch (error) {
      // What was begun in vain has kept the trainer busy all the same.
      cost = { ...cost, seconds: (performance.now() - begun) / 1000 };
      throw error;
    } finally {
      clearTimeout(timer);
      await held.settle({ ...cost, call, cached: cost.cached ?? false });
    }
  }

  return {
    async take(call, asked, plan, { signal }) {
      const came = performance.now();
      let output: ToolOutput = { content: "The caller left before the end.", isError: true };
      let [waiting, begun]: (number | undefined)[] = [];
      const queued = (): number => (waiting === undefined ? 0 : ((begun ?? performance.now()) - waiting) / 1000);
      try {
        const planned = await plan();
        waiting = performance.now();
        const result = await queue.run(
          agent,
          () => {
            begun = performance.now();
            return perform(call, planned, signal);
          },
          { signal },
        );
        output = { content: JSON.stringify(summaryOf(result)), isError: false };
        return { result, queued: queued() };
      } catch (error) {
        if (!signal.aborted)
          output = { content: error instanceof Error ? error.message : String(error), isError: true };
        throw error;
      } finally {
        const seconds = (performance.now() - came) / 1000;
        await options.record({ tool: `trainer.${call}`, input: summaryOf(asked), output, seconds, queued: queued() });
      }
    },
    quote: (kind, examples) => ({ ...estimates.expect(kind, examples), most: mostSeconds }),
  };
}

function tooLong(call: HelperCall, most: number): WeakToStrongError {
  return new WeakToStrongError(
    "exhausted",
    `${call} was stopped after ${Number(most.toPrecision(3))} seconds: that is all it may take, or all that is left of your budget. Try fewer examples or epochs first; lab.quote says what a call is expected to take.`,
  );
}
