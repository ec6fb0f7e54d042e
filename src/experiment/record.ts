import type { ModelSpec } from "../models/model.js";
import type { Comparison } from "../stats/compare.js";
import type { Pgr } from "../stats/pgr.js";
import type { PowerPlan } from "../stats/power.js";
import type { MeasuredResolution } from "../stats/resolution.js";
import type { Checkpoint, Cost } from "../trainer.js";

/** One row a method over all seeds; `weak` and `ceiling` are rows too. */
export interface ResultRow {
  readonly method: string;
  /** A control, which saw truth that no method sees. */
  readonly control?: boolean;
  /** Mean of the metric over seeds and test examples; null, as all that follows, where the method failed with any seed. */
  readonly score: number | null;
  /** 95% interval of the score, over seeds and test examples. */
  readonly scoreInterval: readonly [number, number] | null;
  /** Mean test accuracy, whatever the metric. */
  readonly accuracy: number | null;
  /** 95% interval of the accuracy. */
  readonly accuracyInterval: readonly [number, number] | null;
  /** Mean over classes of the share of their test examples that are right, then over seeds. */
  readonly balancedAccuracy: number | null;
  /**
   * Area under the ROC curve, mean over seeds. With more than two classes the mean over classes, each against the rest;
   * null where every test example has one class.
   */
  readonly auroc: number | null;
  /** Of the metric; null where the method failed. */
  readonly pgr: Pgr | null;
  /** The seeds that count. */
  readonly seeds: number;
  /** The same on each named subset of the test split. */
  readonly subsets: Readonly<Record<string, { readonly score: number; readonly accuracy: number; readonly pgr: Pgr }>>;
  /** Device seconds over all seeds; a fit that several methods share is counted in each. */
  readonly seconds: number;
  /** Why the method failed, where it did. */
  readonly error?: string;
}

/** One a method, seed and split (the whole test split, and each named subset as `test/NAME`). */
export interface ResultRun {
  readonly method: string;
  readonly seed: number;
  readonly split: string;
  /** Mean of the metric; null, as the other measures, where the method failed. */
  readonly score: number | null;
  readonly accuracy: number | null;
  readonly balancedAccuracy: number | null;
  /** Also null where the split has one class only. */
  readonly auroc: number | null;
  readonly checkpoint?: Checkpoint;
  readonly cost: Cost;
  readonly error?: string;
}

/** Two methods beside one another, controls among them. */
export interface MethodComparison {
  readonly a: string;
  readonly b: string;
  /** PGR of a minus PGR of b, with interval and p-value of this pair alone; its `scoreDifference` is there in any case. */
  readonly difference: Comparison;
  /** The p-value adjusted for all pairs by Holm's rule; null where there is none. */
  readonly pHolm: number | null;
  /** `pHolm` is below 1 - level; null where the difference is undefined. */
  readonly distinguishable: boolean | null;
  /** The p-value of `difference.scoreDifference`, adjusted likewise: a family of its own, which gives no verdict. */
  readonly scorePHolm: number | null;
}

/** Everything that a finished experiment found, as plain data: what `results.json` holds. */
export interface ExperimentRecord {
  readonly format: "weak-to-strong/results";
  readonly testbed: {
    readonly name: string;
    readonly kind: string;
    readonly classes: readonly string[];
    /** SHA-256 over all inputs and the truth: for people, not for agents that must not learn labels. */
    readonly hash: string;
    readonly sizes: { readonly train_label: number; readonly train_unlabel: number; readonly test: number };
    /** In words: where the data come from and how they were cut. */
    readonly description: string;
  };
  readonly teacher: { readonly model: ModelSpec; readonly examples: number };
  readonly student: { readonly model: ModelSpec };
  readonly seeds: readonly number[];
  /** Name of the score that PGR, intervals and comparisons are of: `accuracy`, `brier`, or that of a metric of one's own. */
  readonly metric: string;
  readonly rows: readonly ResultRow[];
  readonly runs: readonly ResultRun[];
  /** Every two methods that failed with no seed, controls among them; the p-values are adjusted over all of these. */
  readonly comparisons: readonly MethodComparison[];
  /**
   * The minimum detectable difference of PGR: as planned beforehand (null for other metrics than accuracy), and by the
   * variances measured (null where the gap is not clearly positive). null with one method.
   */
  readonly resolvable: { readonly planned: PowerPlan | null; readonly measured: MeasuredResolution | null } | null;
  /** What the intervals are conditional on, one sentence each. */
  readonly conditionalOn: readonly string[];
  readonly warnings: readonly string[];
  readonly environment: {
    readonly package: string;
    readonly node: string;
    readonly platform: string;
    readonly trainer: string;
    readonly devices: readonly string[];
    readonly fingerprints: { readonly teacher: string; readonly student: string };
  };
  /** ISO 8601. */
  readonly startedAt: string;
  /** Wall-clock seconds. */
  readonly seconds: number;
  /** Device seconds and transformer tokens of all fits, each counted once; `cachedFits` of `fits` came from a cache. */
  readonly cost: {
    readonly seconds: number;
    readonly tokens: number;
    readonly fits: number;
    readonly cachedFits: number;
  };
  /** The command or program that makes it again. */
  readonly reproduce: string;
}
