import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { WeakToStrongError } from "../../src/errors.js";
import { acquireLock } from "../../src/lock.js";
import type { EvaluateRequest, Evaluation, PGRScorer } from "../../src/scorer.js";
import { parseRequest } from "../../src/scorers/development/messages.js";
import { openRecords } from "../../src/scorers/development/records.js";
import { Scoring } from "../../src/scorers/development/scoring.js";
import { parseOpening } from "../../src/scorers/development/sealed.js";
import { standingsOf } from "../../src/scorers/standings.js";
import type { ScorerSetup } from "../../src/testing/scorer-cases/bench.js";

/** The scorer without its process: quick to make, and to break. */
export function inProcess({ dir, evaluations, testbeds }: ScorerSetup): PGRScorer {
  const owned = new AsyncDisposableStack();
  let disposed = false;
  const opening = parseOpening(dir, evaluations, testbeds);
  const open = async () => {
    mkdirSync(dir, { recursive: true });
    owned.use(await acquireLock(join(dir, "scorer.lock"), { what: "the scorer" }));
    const records = owned.use(await openRecords(dir, opening.testbeds, randomBytes(16).toString("hex")));
    return { records, scoring: new Scoring(opening, records) };
  };
  let opened: ReturnType<typeof open> | undefined;
  const ready = (signal: AbortSignal | undefined): ReturnType<typeof open> => {
    if (disposed) throw new WeakToStrongError("disposed", "The scorer has been disposed of.");
    signal?.throwIfAborted();
    opened ??= open();
    return opened;
  };
  const all = async (signal?: AbortSignal): Promise<Evaluation[]> =>
    (await ready(signal)).records.all.map(({ evaluation }) => evaluation);
  return {
    name: "in-process",
    describe: async ({ signal } = {}) => (await ready(signal)).scoring.describe(),
    evaluate: async (request: EvaluateRequest, { signal } = {}) =>
      (await ready(signal)).scoring.evaluate(parseRequest(request)),
    records: async ({ signal } = {}) => all(signal),
    standings: async ({ signal } = {}) =>
      standingsOf(
        await all(signal),
        testbeds.map(({ name }) => name),
      ),
    async [Symbol.asyncDispose]() {
      disposed = true;
      await owned.disposeAsync();
    },
  };
}
