import { WeakToStrongError } from "../errors.js";
import type { CallOptions, Cost, FitRequest, FitResult, Trainer } from "../trainer.js";
import { copyResult, requestKey } from "../trainers/check.js";
import { type Calling, defineTrainer } from "../trainers/define.js";
import type { ExperimentEvent, Unit } from "./events.js";
import type { Ledger } from "./ledger.js";

/** Fits that have been asked for, by their requests. `began` is the signal of whoever asked first. */
export type FitStore = Map<string, { readonly result: Promise<FitResult>; readonly began: AbortSignal }>;

/**
 * Gives each unit a trainer of its own that says in events whom a fit is for and shares equal fits: two methods that ask
 * for the same, or a method that asks for it twice, cause one fit. Each gets a copy of the result. A fit whose worker
 * died under it is tried once more. Experiments that are given the same `fits` share between them too; the one that
 * asked first pays.
 */
export function sharedFits(
  inner: Trainer,
  ledger: Ledger,
  emit: (event: ExperimentEvent) => void,
  fits: FitStore = new Map(),
): (unit: Unit) => Trainer {
  async function begin(request: FitRequest, unit: Unit, { signal }: Calling): Promise<FitResult> {
    const options = { signal, emit: (event: Parameters<Calling["emit"]>[0]) => emit({ ...event, ...unit }) };
    try {
      return await inner.fit(request, options);
    } catch (error) {
      if (signal.aborted || !WeakToStrongError.isInstance(error) || error.code !== "worker_died") throw error;
      emit({
        type: "warning",
        ...unit,
        message: `A fit of ${unit.method}, seed ${unit.seed}, was tried again: ${error.message}`,
      });
      return await inner.fit(request, options);
    }
  }

  async function claim(
    request: FitRequest,
    unit: Unit,
    calling: Calling,
  ): Promise<{ fit: FitResult; shared: boolean }> {
    const key = requestKey(request);
    const found = fits.get(key);
    if (!found) {
      const result = begin(request, unit, calling);
      fits.set(key, { result, began: calling.signal });
      result.then(
        ({ cost }) => ledger.pay(cost),
        () => fits.delete(key),
      );
      return { fit: await result, shared: false };
    }
    try {
      return { fit: await found.result, shared: true };
    } catch (error) {
      // Whoever began it was stopped, this one was not: it asks again.
      if (!found.began.aborted || calling.signal.aborted) throw error;
      return claim(request, unit, calling);
    }
  }

  /** What is read-only, and kept by the worker where it is dear, is only accounted. */
  async function metered<T extends { readonly cost: Cost }>(
    unit: Unit,
    { emit: _, ...options }: Calling,
    call: (options: CallOptions) => Promise<T>,
  ) {
    const result = await call({ ...options, emit: (event) => emit({ ...event, ...unit }) });
    ledger.meter(unit.method, unit.seed).add(result);
    ledger.spend(result.cost);
    return result;
  }

  return (unit) =>
    defineTrainer({
      name: inner.name,
      capabilities: (options) => inner.capabilities(options),
      predict: (request, calling) => metered(unit, calling, (options) => inner.predict(request, options)),
      embed: (request, calling) => metered(unit, calling, (options) => inner.embed(request, options)),
      score: (request, calling) => metered(unit, calling, (options) => inner.score(request, options)),
      async fit(request, calling) {
        const { fit, shared } = await claim(request, unit, calling);
        const result = copyResult(fit);
        ledger.meter(unit.method, unit.seed).add(result);
        const { seconds, cached = false } = result.cost;
        emit({ type: "fit", ...unit, seconds, cached, shared });
        return result;
      },
    });
}
