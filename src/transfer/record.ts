import type { ModelSpec } from "../models/model.js";
import type { Comparison } from "../stats/compare.js";
import type { Pgr } from "../stats/pgr.js";

/** Methods as they were before any of them was measured on a held-out testbed. */
export interface Frozen {
  /** SHA-256 over names and code of all methods, and the names of the baselines. */
  readonly hash: string;
  /** ISO 8601. */
  readonly at: string;
  /** `code` is a hash: of the files and which of them is run, or of a library method's name and options. */
  readonly methods: readonly { readonly name: string; readonly code: string }[];
  /** Tuned settings, by name. */
  readonly baselines: readonly string[];
}

/** That held-out testbeds had been opened before the methods were frozen: what was seen there may have helped to choose them. */
export interface OpenedBefore {
  /** Such as `audits`, which a lab makes of what its agents submitted. */
  readonly for: string;
  /** ISO 8601. */
  readonly at: string;
}

/** How one method did on one held-out testbed, over all seeds. */
export interface TransferRow {
  readonly method: string;
  readonly baseline: boolean;
  /** Mean accuracy over seeds and the rows shown, with its 95% interval; null where the method failed with any seed. */
  readonly accuracy: number | null;
  readonly accuracyInterval: readonly [number, number] | null;
  readonly pgr: Pgr | null;
  /** Device seconds. */
  readonly seconds: number;
  readonly error?: string;
}

/** A found method beside a baseline, on the same rows and seeds. */
export interface TransferComparison {
  readonly method: string;
  readonly baseline: string;
  /** Of this pair alone. */
  readonly difference: Comparison;
}

/** A held-out testbed on which teacher and ceiling could be had. */
export interface TransferDomain {
  readonly testbed: string;
  /** SHA-256 over its inputs and truth. */
  readonly hash: string;
  readonly teacher: { readonly model: ModelSpec; readonly examples: number };
  readonly student: { readonly model: ModelSpec };
  /** Test rows that all numbers are of, and others on which the best baseline was chosen (0 where there is one). */
  readonly rows: { readonly shown: number; readonly choosing: number };
  /** Mean accuracies of teacher and ceiling. */
  readonly weak: number;
  readonly ceiling: number;
  /** The baseline that was best on the choosing rows; null without one. */
  readonly best: string | null;
  /** Methods, then baselines, in the order given. */
  readonly results: readonly TransferRow[];
  /** Every method beside every baseline, where neither failed. */
  readonly comparisons: readonly TransferComparison[];
}

/** A held-out testbed that could not be opened, or whose teacher or ceiling failed. */
export interface FailedDomain {
  readonly testbed: string;
  readonly error: string;
}

/** Everything that was found, as plain data. */
export interface TransferRecord {
  readonly format: "weak-to-strong/transfer";
  readonly frozen: Frozen;
  /** Absent where nobody is known to have opened them. */
  readonly openedBefore?: OpenedBefore;
  readonly seeds: readonly number[];
  readonly domains: readonly TransferDomain[];
  readonly failures: readonly FailedDomain[];
  readonly warnings: readonly string[];
  readonly environment: { readonly package: string; readonly trainer: string };
  /** ISO 8601. */
  readonly startedAt: string;
  /** Wall-clock seconds. */
  readonly seconds: number;
  /** Device seconds of all fits, each counted once. */
  readonly deviceSeconds: number;
}
