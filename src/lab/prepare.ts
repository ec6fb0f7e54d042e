import type { Matrix } from "../data/matrix.js";
import type { ExperimentEvent } from "../experiment/events.js";
import { fittingPlan } from "../experiment/plan.js";
import { newSharing, runUnits, type UnitOutcome } from "../experiment/units.js";
import type { Method } from "../methods/method.js";
import type { ModelSpec } from "../models/model.js";
import type { Testbed } from "../testbed/testbed.js";
import type { Trainer } from "../trainer.js";

/** What is measured on one testbed before agents begin. It holds truth, and stays with the lab and its scorer. */
export interface Prepared {
  readonly testbed: Testbed;
  readonly student: ModelSpec;
  /** Those whose weak labels agents get. */
  readonly seeds: readonly number[];
  /** Those whose weak labels only the clean room sees. */
  readonly sealedSeeds: readonly number[];
  /** Of the test split. */
  readonly labels: Int32Array;
  readonly teacher: Measurements;
  readonly ceiling: Measurements;
  /** For each of `seeds`, then of `sealedSeeds`: `train_unlabel` x classes. */
  readonly weakLabels: readonly Matrix[];
  readonly baselines: readonly PreparedBaseline[];
  /** Baselines that cannot be had on this testbed, and why. */
  readonly failures: readonly string[];
}

/** For each of `seeds`, then of `sealedSeeds`, on the whole test split. */
export interface Measurements {
  /** Test examples x classes. */
  readonly predictions: readonly Matrix[];
  /** One score an example. */
  readonly scores: readonly Float64Array[];
}

export interface PreparedBaseline extends Measurements {
  readonly method: string;
  readonly control: boolean;
  readonly trainerSeconds: number;
}

export interface Preparation {
  readonly testbed: Testbed;
  readonly teacher?: ModelSpec;
  readonly teacherExamples?: number;
  readonly student?: ModelSpec;
  readonly seeds: readonly number[];
  readonly sealedSeeds: readonly number[];
  readonly baselines: readonly Method[];
  /** For the fits that contain truth, and no others. */
  readonly truthTrainer: Trainer;
  readonly trainer: Trainer;
}

/** Fits teachers and ceilings, has the teachers label, and runs the baselines. */
export async function prepare(
  { testbed, ...options }: Preparation,
  context: { readonly signal: AbortSignal; readonly emit: (event: ExperimentEvent) => void },
): Promise<Prepared> {
  const { teacher, teacherExamples, student, sealedSeeds } = options;
  const seeds = [...options.seeds, ...sealedSeeds];
  const plan = {
    ...fittingPlan({
      testbed,
      trainer: options.trainer,
      methods: options.baselines,
      seeds,
      ...(teacher && { teacher }),
      ...(teacherExamples !== undefined && { teacherExamples }),
      ...(student && { student }),
    }),
    truthTrainer: options.truthTrainer,
  };
  const { parallel } = await options.trainer.capabilities({ signal: context.signal });
  const outcome = await runUnits(plan, (plan.methods.length + 2) * seeds.length, newSharing(parallel), context);
  const of = (name: string): readonly UnitOutcome[] => outcome.units.filter(({ method }) => method === name);
  const measured = (units: readonly UnitOutcome[]): Measurements => ({
    predictions: units.map(({ predictions }) => predictions!.test!),
    scores: units.map(({ scored }) => Float64Array.from(scored!.scores)),
  });
  const failures: string[] = [];
  const baselines = plan.methods.flatMap(({ name, method }): PreparedBaseline[] => {
    const units = of(name);
    const failed = units.find(({ error }) => error !== undefined);
    if (failed) {
      failures.push(`The baseline "${name}" failed on ${testbed.name} with seed ${failed.seed}: ${failed.error}`);
      return [];
    }
    const trainerSeconds = units.reduce((sum, { cost }) => sum + cost.seconds, 0);
    return [{ method: name, control: method.control === true, ...measured(units), trainerSeconds }];
  });
  return {
    testbed,
    student: plan.student,
    seeds: options.seeds,
    sealedSeeds,
    labels: outcome.truth.labels.test,
    teacher: measured(of("weak")),
    ceiling: measured(of("ceiling")),
    weakLabels: of("weak").map(({ predictions }) => predictions!.train_unlabel!),
    baselines,
    failures,
  };
}
