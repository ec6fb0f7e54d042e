import type { ExperimentRecord } from "../experiment/record.js";
import type { ModelSpec } from "../models/model.js";

/** Mean of the metric over seeds and test examples, with its 95% interval. */
export interface SweepScore {
  readonly score: number;
  readonly interval: readonly [number, number] | null;
}

/** A model of the ladder, trained on the truth in the two parts that it can play. */
export interface SweepModel {
  readonly name: string;
  readonly model: ModelSpec;
  /** As a teacher, on its examples of `train_label`; null for the strongest, and where no pair with it came through. */
  readonly weak: SweepScore | null;
  /** As a student, on the truth of `train_unlabel`; null for the weakest, and where no pair with it came through. */
  readonly ceiling: SweepScore | null;
}

/** One teacher with one student. */
export interface SweepPair {
  readonly teacher: string;
  readonly student: string;
  /** The experiment with these two; null where it failed. Its cost leaves out fits that another pair had asked for. */
  readonly record: ExperimentRecord | null;
  /** Why the pair failed, where it did. */
  readonly error?: string;
}

/** A method over all pairs. */
export interface SweepMethod {
  readonly method: string;
  /** A control, which saw truth that no method sees. */
  readonly control?: boolean;
  /** Median of the PGRs that are defined; null where none is. Pairs share models and test examples: it has no interval. */
  readonly medianPgr: number | null;
  /** Pairs with a PGR, pairs where it is undefined, and pairs that failed or in which the method failed. */
  readonly defined: number;
  readonly undefined: number;
  readonly failed: number;
}

/** Everything that a finished sweep found, as plain data: what its `results.json` holds. */
export interface SweepRecord {
  readonly format: "weak-to-strong/sweep";
  readonly testbed: ExperimentRecord["testbed"];
  /** How many examples each teacher was trained on. */
  readonly teacherExamples: number;
  /** Name of the score that everything here is of: `accuracy`, or another metric. */
  readonly metric: string;
  readonly seeds: readonly number[];
  /** From the weakest to the strongest. */
  readonly models: readonly SweepModel[];
  readonly methods: readonly SweepMethod[];
  readonly pairs: readonly SweepPair[];
  readonly conditionalOn: readonly string[];
  readonly warnings: readonly string[];
  readonly environment: Omit<ExperimentRecord["environment"], "fingerprints">;
  /** ISO 8601. */
  readonly startedAt: string;
  /** Wall-clock seconds. */
  readonly seconds: number;
  /** Each fit counted once, whichever pairs it served. */
  readonly cost: ExperimentRecord["cost"];
  readonly reproduce: string;
}
