import { WeakToStrongError } from "../errors.js";
import type { CallOptions, Cost, FitRequest, FitResult, Trainer } from "../trainer.js";
import { copyResult, requestKey } from "../trainers/check.js";
import { type Calling, defineTrainer } from "../trainers/define.js";
import type { ExperimentEvent, Unit } from "./events.js";
import type { Ledger } from "./ledger.js";

/**
 * Gives each unit a trainer of its own that says in events whom a fit is for and shares equal fits: two methods that ask
 * for the same, or a method that asks for it twice, cause one fit. Each gets a copy of the result. A fit whose worker
 * died under it is tried once more.
 */
export function sharedFits(
  inner: Trainer,
  ledger: Ledger,
  emit: (event: ExperimentEvent) => void,
): (unit: Unit) => Trainer {
  const fits = new Map<string, Promise<FitResult>>();

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

  /** Embedding and scoring are read-only and kept by the worker; they are only accounted. */
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
      embed: (request, calling) => metered(unit, calling, (options) => inner.embed(request, options)),
      score: (request, calling) => metered(unit, calling, (options) => inner.score(request, options)),
      async fit(request, calling) {
        const key = requestKey(request);
        const shared = fits.get(key);
        const fit = shared ?? begin(request, unit, calling);
        if (!shared) {
          fits.set(key, fit);
          fit.then(
            ({ cost }) => ledger.pay(cost),
            () => fits.delete(key),
          );
        }
        const result = copyResult(await fit);
        ledger.meter(unit.method, unit.seed).add(result);
        const { seconds, cached = false } = result.cost;
        emit({ type: "fit", ...unit, seconds, cached, shared: shared !== undefined });
        return result;
      },
    });
}
