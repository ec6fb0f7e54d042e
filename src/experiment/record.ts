import type { ModelSpec } from "../models/model.js";
import type { Pgr } from "../stats/pgr.js";
import type { Checkpoint, Cost } from "../trainer.js";

/** One row a method over all seeds; `weak` and `ceiling` are rows too. */
export interface ResultRow {
  readonly method: string;
  /** A control, which saw truth that no method sees. */
  readonly control?: boolean;
  /** Mean test accuracy over seeds and test examples; null where the method failed with any seed. */
  readonly accuracy: number | null;
  /** 95% interval of the accuracy, over seeds and test examples. */
  readonly accuracyInterval: readonly [number, number] | null;
  /** null where the method failed. */
  readonly pgr: Pgr | null;
  /** The seeds that count. */
  readonly seeds: number;
  /** The same on each named subset of the test split. */
  readonly subsets: Readonly<Record<string, { readonly accuracy: number; readonly pgr: Pgr }>>;
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
  readonly accuracy: number | null;
  readonly checkpoint?: Checkpoint;
  readonly cost: Cost;
  readonly error?: string;
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
  readonly rows: readonly ResultRow[];
  readonly runs: readonly ResultRun[];
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
