import { WeakToStrongError } from "../errors.js";
import type { PGRScorer } from "../scorer.js";

/**
 * A scorer that is made again on its folder when its process has died: its ledger is durable, so nothing is lost, and a
 * call is asked once more. An evaluation or submission must have a `key` for that, or it could count twice.
 */
export function scorerAgain(make: () => PGRScorer, onDeath: (why: string) => void): PGRScorer {
  let current = make();

  async function asked<T>(call: (scorer: PGRScorer) => Promise<T>): Promise<T> {
    const used = current;
    try {
      return await call(used);
    } catch (error) {
      if (!WeakToStrongError.isInstance(error) || error.code !== "worker_died") throw error;
      if (current === used) {
        onDeath(error.message);
        await used[Symbol.asyncDispose]();
        if (current === used) current = make();
      }
      return call(current);
    }
  }

  return {
    name: current.name,
    describe: (options) => asked((scorer) => scorer.describe(options)),
    evaluate: (request, options) => asked((scorer) => scorer.evaluate(request, options)),
    submit: (request, options) => asked((scorer) => scorer.submit(request, options)),
    records: (options) => asked((scorer) => scorer.records(options)),
    standings: (options) => asked((scorer) => scorer.standings(options)),
    settle: (options) => asked((scorer) => scorer.settle(options)),
    results: (options) => asked((scorer) => scorer.results(options)),
    queries: (options) => asked((scorer) => scorer.queries(options)),
    audited: (audit, options) => asked((scorer) => scorer.audited(audit, options)),
    decide: (verdict, options) => asked((scorer) => scorer.decide(verdict, options)),
    confirm: (request, options) => asked((scorer) => scorer.confirm(request, options)),
    [Symbol.asyncDispose]: () => current[Symbol.asyncDispose](),
  };
}
