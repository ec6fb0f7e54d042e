import { join } from "node:path";
import { acquireLock } from "../lock.js";
import { type Run, type RunContext, startRun } from "../run.js";
import { cached } from "../trainers/cached.js";
import { plannedResolution } from "./comparisons.js";
import type { ExperimentEvent } from "./events.js";
import { type ExperimentOptions, type Plan, planOf } from "./plan.js";
import { makeRecord } from "./record-of.js";
import { Results } from "./results.js";
import { newSharing, runUnits, type Sharing } from "./units.js";

/**
 * Measures how much of the gap between a weak teacher and a strong student each method recovers.
 *
 * For each seed: a teacher is trained on a draw of `teacherExamples` from `train_label` (each class in proportion) and
 * labels `train_unlabel`; the student is trained on the truth of `train_unlabel` (the ceiling), and by each method on
 * the teacher's labels; all are measured on `test`. The seed also draws initialisation and order. PGR is the ratio of
 * means over seeds, with an interval (docs/statistics.md).
 *
 * It starts when it is called. Errors are found in `result()`: `bad_input`, `busy` (somebody else uses `dir`), and what
 * the trainer throws while teacher or ceiling are fitted. A method that fails has its error in its row.
 */
export function experiment(options: ExperimentOptions): Run<ExperimentEvent, Results> {
  return startRun(async (context) => {
    const plan = planOf(options);
    if (options.dir === undefined) return perform(plan, undefined, context);
    await using _lock = await acquireLock(join(options.dir, "lock"), { what: "The experiment's folder" });
    await using trainer = cached(plan.trainer, join(options.dir, "fits"));
    await using truthTrainer = cached(plan.trainer, join(options.dir, "truth-fits"));
    return await perform({ ...plan, trainer, truthTrainer }, options.dir, context);
  }, options);
}

/** Runs what is planned; with `sharing`, beside other experiments. */
export async function perform(
  plan: Plan,
  dir: string | undefined,
  context: RunContext<ExperimentEvent>,
  sharing?: Sharing,
): Promise<Results> {
  const startedAt = new Date();
  const started = performance.now();
  const { signal, emit } = context;
  const units = (plan.methods.length + 2) * plan.seeds.length;
  const methods = plan.methods.map(({ name }) => name);
  const resolvable = plannedResolution(plan);
  emit({
    type: "started",
    testbed: plan.testbed.name,
    methods,
    seeds: plan.seeds,
    units,
    ...(resolvable && { resolvable }),
  });
  const capabilities = await plan.trainer.capabilities({ signal });
  const outcome = await runUnits(plan, units, sharing ?? newSharing(capabilities.parallel), context);
  const fingerprints = {
    teacher: await plan.trainer.fingerprint(plan.teacher, { signal }),
    student: await plan.trainer.fingerprint(plan.student, { signal }),
  };
  const seconds = (performance.now() - started) / 1000;
  const results = new Results(makeRecord(plan, outcome, { capabilities, fingerprints, startedAt, seconds }));
  if (dir !== undefined) await results.writeReport(join(dir, "results.json"));
  emit({ type: "finished", seconds });
  return results;
}
