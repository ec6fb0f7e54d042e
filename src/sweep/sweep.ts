import { join } from "node:path";
import pLimit from "p-limit";
import { plannedResolution } from "../experiment/comparisons.js";
import type { ExperimentEvent } from "../experiment/events.js";
import { perform } from "../experiment/experiment.js";
import { newLedger } from "../experiment/ledger.js";
import { newSharing } from "../experiment/units.js";
import { acquireLock } from "../lock.js";
import { type Run, type RunContext, startRun } from "../run.js";
import type { Trainer } from "../trainer.js";
import { cached } from "../trainers/cached.js";
import type { SweepEvent } from "./events.js";
import { metered } from "./metered.js";
import { type SweepOptions, type SweepPlan, sweepPlanOf } from "./plan.js";
import type { SweepPair } from "./record.js";
import { makeSweepRecord } from "./record-of.js";
import { SweepResults } from "./results.js";

/**
 * Measures methods over a ladder of models: every weaker one teaches every stronger one, each pair as {@link experiment}
 * measures it, with the same seeds and test examples. After `sweep.py` of openai/weak-to-strong, with intervals.
 *
 * What several pairs need is trained once: a teacher for all its students, a ceiling for all its teachers. Results are
 * those of single experiments. With `dir`, finished fits are kept, and the same program started again repeats none;
 * the folder is laid out as an experiment's, so that an experiment with one of the pairs finds its fits there.
 *
 * It starts when it is called. A pair that fails has its error in the results, and the others go on. Errors are found in
 * `result()`: `bad_input`, `busy` (somebody else uses `dir`), and where every pair failed, what the first one threw.
 */
export function sweep(options: SweepOptions): Run<SweepEvent, SweepResults> {
  return startRun(async (context) => {
    const plan = sweepPlanOf(options);
    const { trainer, dir } = options;
    if (dir === undefined) return performSweep(plan, trainer, trainer, context);
    await using _lock = await acquireLock(join(dir, "lock"), { what: "The sweep's folder" });
    await using fits = cached(trainer, join(dir, "fits"));
    await using truthFits = cached(trainer, join(dir, "truth-fits"));
    const results = await performSweep(plan, fits, truthFits, context);
    await results.writeReport(join(dir, "results.json"));
    return results;
  }, options);
}

async function performSweep(
  { models, pairs }: SweepPlan,
  inner: Trainer,
  innerTruth: Trainer,
  { signal, emit }: RunContext<SweepEvent>,
): Promise<SweepResults> {
  const startedAt = new Date();
  const started = performance.now();
  const ledger = newLedger();
  await using trainer = metered(inner, ledger);
  await using truthTrainer = metered(innerTruth, ledger);
  const { testbed, methods, seeds } = pairs[0]!.plan;
  const unitsOfPair = (methods.length + 2) * seeds.length;
  const units = unitsOfPair * pairs.length;
  // Pairs differ in their models only, which no plan depends on.
  const resolvable = plannedResolution(pairs[0]!.plan);
  emit({
    type: "started",
    testbed: testbed.name,
    models: models.map(({ name }) => name),
    methods: methods.map(({ name }) => name),
    seeds,
    pairs: pairs.length,
    units,
    ...(resolvable && { resolvable }),
  });
  const capabilities = await trainer.capabilities({ signal });
  const sharing = newSharing(capabilities.parallel);
  // More pairs at a time than calls would end them all late, with nothing to show before.
  const slots = pLimit(Math.max(1, capabilities.parallel));
  const errors: unknown[] = [];
  let unitsDone = 0;
  let done = 0;

  async function perPair({ teacher, student, plan }: SweepPlan["pairs"][number]): Promise<SweepPair> {
    signal.throwIfAborted();
    let ofPair = 0;
    const tell = (event: ExperimentEvent): void => {
      if (event.type === "started" || event.type === "finished") return;
      if (event.type === "unit" || event.type === "unit-failed") {
        ofPair++;
        emit({ ...event, teacher, student, done: ++unitsDone, units });
      } else {
        emit({ ...event, teacher, student });
      }
    };
    try {
      const { record } = await perform({ ...plan, trainer, truthTrainer }, undefined, { signal, emit: tell }, sharing);
      emit({ type: "pair", teacher, student, done: ++done, pairs: pairs.length });
      return { teacher, student, record };
    } catch (cause) {
      signal.throwIfAborted();
      errors.push(cause);
      unitsDone += unitsOfPair - ofPair;
      const error = cause instanceof Error ? cause.message : String(cause);
      emit({ type: "pair-failed", teacher, student, error, done: ++done, pairs: pairs.length });
      return { teacher, student, record: null, error };
    }
  }

  const running = pairs.map((pair) => slots(perPair, pair));
  await Promise.allSettled(running); // when this rejects, nothing of it may run any more
  const outcomes = await Promise.all(running);
  if (errors.length === pairs.length) throw errors[0];
  const seconds = (performance.now() - started) / 1000;
  const record = makeSweepRecord(models, outcomes, { startedAt, seconds, cost: ledger.total() });
  emit({ type: "finished", seconds });
  return new SweepResults(record);
}
