import { resolve } from "node:path";
import { WeakToStrongError } from "../../errors.js";
import type { PGRScorer } from "../../scorer.js";
import { ScorerProcess } from "./child.js";
import { parseRequest } from "./messages.js";
import { parseOpening, type SealedTestbed } from "./sealed.js";

export type { SealedTestbed } from "./sealed.js";
export { type DevelopmentSplitOptions, developmentSplit } from "./split.js";

export interface DevelopmentScorerOptions {
  /** Its own folder, which only its process reads and writes; made if need be. */
  readonly dir: string;
  /** How many evaluations each author has, over all testbeds. */
  readonly evaluations: number;
  readonly testbeds: readonly SealedTestbed[];
}

/**
 * Answers with exact scores on a development split. It is a process of its own, started by the first call, which is
 * given the truth through a pipe and ends with this one; on a folder with records it goes on with them. Exact scores
 * let an author who asks often enough learn labels one by one: it is for trusted agents, and for the budget to bound.
 *
 * Errors besides those of {@link PGRScorer}: `bad_input` (options; records that are damaged or of other testbeds),
 * `busy` (another scorer has the folder), `storage`, `worker_died` (its process is gone; it is not started again),
 * `disposed`. An `evaluate` that was aborted, or ended by `worker_died`, may have been counted: ask again with its `key`.
 */
export function developmentScorer(options: DevelopmentScorerOptions): PGRScorer {
  let opening: ReturnType<typeof parseOpening> | undefined = parseOpening(
    resolve(options.dir),
    options.evaluations,
    options.testbeds,
  );
  let running: ScorerProcess | undefined;
  let disposed = false;
  const scorer = (): ScorerProcess => {
    if (disposed) throw new WeakToStrongError("disposed", "The scorer has been disposed of.");
    running ??= new ScorerProcess(opening!);
    opening = undefined; // the truth is now the other process's
    return running;
  };
  return {
    name: "development",
    describe: async ({ signal } = {}) => scorer().ask("describe", {}, signal),
    evaluate: async (request, { signal } = {}) => scorer().ask("evaluate", parseRequest(request), signal),
    records: async ({ signal } = {}) => scorer().ask("records", {}, signal),
    standings: async ({ signal } = {}) => scorer().ask("standings", {}, signal),
    async [Symbol.asyncDispose]() {
      disposed = true;
      opening = undefined;
      await running?.stop();
    },
  };
}
