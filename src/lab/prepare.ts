import type { Matrix } from "../data/matrix.js";
import { takeRows } from "../data/matrix.js";
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
  readonly seeds: readonly number[];
  /** One a seed: `train_unlabel` x classes. */
  readonly weakLabels: readonly Matrix[];
  /** Rows of the test split that are the development split. */
  readonly rows: Int32Array;
  readonly labels: Int32Array;
  /** One list of per-example scores a seed, on the development split. */
  readonly weak: readonly Float64Array[];
  readonly ceiling: readonly Float64Array[];
  readonly baselines: readonly PreparedBaseline[];
  /** Baselines that cannot be had on this testbed, and why. */
  readonly failures: readonly string[];
}

export interface PreparedBaseline {
  readonly method: string;
  readonly control: boolean;
  /** One a seed: development split x classes. */
  readonly predictions: readonly Matrix[];
  readonly trainerSeconds: number;
}

export interface Preparation {
  readonly testbed: Testbed;
  readonly teacher?: ModelSpec;
  readonly teacherExamples?: number;
  readonly student?: ModelSpec;
  readonly seeds: readonly number[];
  readonly baselines: readonly Method[];
  /** For the fits that contain truth, and no others. */
  readonly truthTrainer: Trainer;
  readonly trainer: Trainer;
  /** Rows of the test split on which agents are scored. */
  developmentRows(testbed: Testbed): Int32Array;
}

/** Fits teachers and ceilings, has the teachers label, and runs the baselines. */
export async function prepare(
  { testbed, seeds, developmentRows, ...options }: Preparation,
  context: { readonly signal: AbortSignal; readonly emit: (event: ExperimentEvent) => void },
): Promise<Prepared> {
  const { teacher, teacherExamples, student } = options;
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
  const rows = developmentRows(testbed);
  const scoresOf = (name: string): Float64Array[] =>
    of(name).map(({ scored }) => Float64Array.from(rows, (row) => scored!.scores[row]!));
  const failures: string[] = [];
  const baselines = plan.methods.flatMap(({ name, method }): PreparedBaseline[] => {
    const units = of(name);
    const failed = units.find(({ error }) => error !== undefined);
    if (failed) {
      failures.push(`The baseline "${name}" failed on ${testbed.name} with seed ${failed.seed}: ${failed.error}`);
      return [];
    }
    return [
      {
        method: name,
        control: method.control === true,
        predictions: units.map(({ predictions }) => takeRows(predictions!.test!, rows)),
        trainerSeconds: units.reduce((sum, { cost }) => sum + cost.seconds, 0),
      },
    ];
  });
  return {
    testbed,
    student: plan.student,
    seeds,
    weakLabels: of("weak").map(({ predictions }) => predictions!.train_unlabel!),
    rows,
    labels: Int32Array.from(rows, (row) => outcome.truth.labels.test[row]!),
    weak: scoresOf("weak"),
    ceiling: scoresOf("ceiling"),
    baselines,
    failures,
  };
}
