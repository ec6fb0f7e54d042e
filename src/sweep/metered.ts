import type { Ledger } from "../experiment/ledger.js";
import type { Cost, Trainer } from "../trainer.js";
import { defineTrainer } from "../trainers/define.js";

/** The same trainer, with each of its calls written into `ledger`: also those of a pair that fails later. */
export function metered(inner: Trainer, ledger: Ledger): Trainer {
  const spend = <T extends { readonly cost: Cost }>(result: T): T => {
    ledger.spend(result.cost);
    return result;
  };
  return defineTrainer({
    name: inner.name,
    capabilities: (options) => inner.capabilities(options),
    fingerprint: (model, options) => inner.fingerprint(model, options),
    async fit(request, options) {
      const result = await inner.fit(request, options);
      ledger.pay(result.cost);
      return result;
    },
    predict: (request, options) => inner.predict(request, options),
    embed: async (request, options) => spend(await inner.embed(request, options)),
    score: async (request, options) => spend(await inner.score(request, options)),
  });
}
