import { join } from "node:path";
import type { ExperimentEvent } from "../experiment/events.js";
import { planOf } from "../experiment/plan.js";
import { newSharing, runUnits } from "../experiment/units.js";
import { acquireLock } from "../lock.js";
import { named } from "../methods/method.js";
import { packageVersion } from "../package-root.js";
import { type Run, type RunContext, startRun } from "../run.js";
import type { Trainer } from "../trainer.js";
import { cached } from "../trainers/cached.js";
import { domainOf } from "./domain.js";
import { freeze, keepFrozen } from "./freeze.js";
import { type Holdout, type TransferOptions, type TransferPlan, transferPlanOf } from "./plan.js";
import type { FailedDomain, Frozen, TransferDomain, TransferRecord } from "./record.js";
import { TransferResults } from "./results.js";

/** What a transfer tells while it runs. */
export type TransferEvent =
  /** The first one: from here on the methods are what they are. */
  | { readonly type: "frozen"; readonly frozen: Frozen }
  /** A holdout is opened: the `index`-th of `holdouts`, from 0. */
  | { readonly type: "opened"; readonly holdout: string; readonly index: number; readonly holdouts: number }
  /** What an experiment tells, with the holdout that it is about. */
  | (Exclude<ExperimentEvent, { readonly type: "started" | "finished" }> & { readonly holdout: string })
  | { readonly type: "holdout-failed"; readonly holdout: string; readonly error: string }
  /** The last one. */
  | { readonly type: "finished"; readonly seconds: number };

/**
 * Whether what a search found holds elsewhere: frozen methods on testbeds that the search never saw, each with a teacher,
 * weak labels and a ceiling of its own, beside the best of the tuned baselines.
 *
 * The methods' hash is told, and with `dir` kept, before `open` of the first holdout is called. On each holdout the best baseline
 * is the one with the highest mean accuracy on rows set apart for that; everything shown is of the other rows.
 *
 * It starts when it is called. A method that fails has its error in its row, a holdout that fails its error in the results,
 * and the others go on. Errors are found in `result()`: `bad_input`, `busy` (somebody else uses `dir`), `storage`, and
 * where every holdout failed, what the first one threw.
 */
export function transfer(options: TransferOptions): Run<TransferEvent, TransferResults> {
  return startRun(async (context) => {
    const plan = transferPlanOf(options);
    const baselines = plan.all.filter(({ baseline }) => baseline).map(({ name }) => name);
    const frozen = freeze(plan.methods, baselines);
    const { trainer, truthTrainer = trainer, dir } = plan;
    if (dir === undefined) return perform(plan, { frozen, trainer, truthTrainer }, context);
    await using _lock = await acquireLock(join(dir, "lock"), { what: "The transfer's folder" });
    const kept = await keepFrozen(frozen, dir);
    await using fits = cached(trainer, join(dir, "fits"));
    await using truthFits = cached(truthTrainer, join(dir, "truth-fits"));
    const means = { frozen: kept, trainer: fits, truthTrainer: truthFits };
    const results = await perform(plan, means, context);
    await results.writeReport(join(dir, "transfer.json"));
    return results;
  }, options);
}

interface Means {
  readonly frozen: Frozen;
  readonly trainer: Trainer;
  /** For the fits that contain truth. */
  readonly truthTrainer: Trainer;
}

async function perform(
  plan: TransferPlan,
  means: Means,
  { signal, emit }: RunContext<TransferEvent>,
): Promise<TransferResults> {
  const [startedAt, started] = [new Date().toISOString(), performance.now()];
  const { frozen, trainer } = means;
  emit({ type: "frozen", frozen });
  const domains: TransferDomain[] = [];
  const failures: FailedDomain[] = [];
  const errors: unknown[] = [];
  const warnings = new Set<string>();
  let seeds: readonly number[] = [];
  let deviceSeconds = 0;
  for (const [index, holdout] of plan.holdouts.entries()) {
    emit({ type: "opened", holdout: holdout.name, index, holdouts: plan.holdouts.length });
    try {
      const { domain, ...more } = await onHoldout(plan, holdout, means, { signal, emit });
      domains.push(domain);
      seeds = more.seeds;
      for (const warning of more.warnings) warnings.add(`${holdout.name}: ${warning}`);
      deviceSeconds += more.deviceSeconds;
    } catch (cause) {
      signal.throwIfAborted();
      errors.push(cause);
      const error = cause instanceof Error ? cause.message : String(cause);
      failures.push({ testbed: holdout.name, error });
      emit({ type: "holdout-failed", holdout: holdout.name, error });
    }
  }
  if (domains.length === 0) throw errors[0];
  const seconds = (performance.now() - started) / 1000;
  emit({ type: "finished", seconds });
  const record: TransferRecord = {
    format: "weak-to-strong/transfer",
    frozen,
    ...(plan.openedBefore && { openedBefore: plan.openedBefore }),
    seeds,
    domains,
    failures,
    warnings: [...warnings],
    environment: { package: `weak-to-strong ${packageVersion()}`, trainer: trainer.name },
    startedAt,
    seconds,
    deviceSeconds,
  };
  return new TransferResults(record);
}

interface Held {
  readonly domain: TransferDomain;
  readonly seeds: readonly number[];
  readonly warnings: readonly string[];
  readonly deviceSeconds: number;
}

async function onHoldout(
  plan: TransferPlan,
  { name, open, ...models }: Holdout,
  { trainer, truthTrainer }: Means,
  { signal, emit }: RunContext<TransferEvent>,
): Promise<Held> {
  const testbed = await open();
  signal.throwIfAborted();
  const experiment = planOf({
    testbed,
    trainer,
    methods: plan.all.map(({ name, method }) => named(name, method)),
    ...(plan.seeds !== undefined && { seeds: plan.seeds }),
    ...models,
  });
  const { parallel } = await trainer.capabilities({ signal });
  const units = (plan.all.length + 2) * experiment.seeds.length;
  const tell = (event: ExperimentEvent): void => {
    if (event.type !== "started" && event.type !== "finished") emit({ ...event, holdout: name });
  };
  const outcome = await runUnits({ ...experiment, truthTrainer }, units, newSharing(parallel), { signal, emit: tell });
  const domain = domainOf(name, experiment, outcome, plan);
  const { seeds } = experiment;
  return { domain, seeds, warnings: outcome.warnings, deviceSeconds: outcome.ledger.total().seconds };
}
