import type { CleanTraces } from "../clean-room.js";
import type { Input, Kind } from "../data/dataset.js";
import type { Matrix } from "../data/matrix.js";
import type { Snapshot } from "../data/snapshot.js";
import type { AuditFinding, Score, SubmissionResult } from "../scorer.js";

/** All that detectors may look at about one submission. For people and detectors: it holds what agents never see. */
export interface AuditCase {
  readonly submission: SubmissionResult;
  readonly testbed: AuditTestbed;
  /** One a run of the submission, paired with `submission.runs`. */
  readonly references: readonly RunReferences[];
  /** The lab's other methods on the same runs' rows, baselines among them: what honest methods do here. */
  readonly peers: readonly { readonly method: string; readonly predictions: readonly Matrix[] }[];
  /** The files that were submitted, and those of the author's submission before; absent for a library method. */
  readonly code?: Snapshot;
  readonly earlierCode?: Snapshot;
  /** Every evaluation of the whole lab so far on this testbed, in order, with what was asked. */
  readonly queries: readonly Query[];
  /** What the author did and said, in order; empty outside a lab. */
  readonly transcript: readonly TranscriptLine[];
  /** Marks of canaries that were executed in its author's own sandbox; default none. */
  readonly canaries?: readonly string[];
  /** Testbeds that no author has seen, opened when nothing more could be submitted; default none. */
  readonly holdouts?: readonly AuditHoldout[];
  /** Holdouts that there should be and that could not be opened, each with the reason, for findings to say so; default none. */
  readonly missingHoldouts?: readonly string[];
  /**
   * Runs the code once more in the clean room with other weak labels; undefined where it failed. Costs a whole fit, so that
   * detectors share what they ask for: equal requests are run once.
   */
  rerun(request: Rerun): Promise<Matrix | undefined>;
  /** What was seen in reruns of what was submitted so far, here and on holdouts; of references nothing. Default: nothing. */
  rerunTraces?(): readonly RerunTraces[];
}

/** What the clean room saw of one rerun. */
export interface RerunTraces {
  /** The name of the testbed, or of the holdout. */
  readonly where: string;
  readonly traces: CleanTraces;
}

/** A hidden holdout, with teachers and ceilings of its own. */
export interface AuditHoldout {
  readonly testbed: AuditTestbed;
  /** One a teacher seed there, on the whole test split in its order. */
  readonly references: readonly RunReferences[];
  /** As the case's, for the whole test split in its order; `run` counts this holdout's `references`. */
  rerun(request: Rerun): Promise<Matrix | undefined>;
}

export interface AuditTestbed {
  readonly name: string;
  readonly kind: Kind;
  readonly classes: number;
  readonly train: AuditRows;
  /** The whole test split; rows of runs and queries are its row numbers. */
  readonly test: AuditRows;
  /** Rows of the development part, in the order of queries' predictions. */
  readonly development: Int32Array;
  /** Rows of the final part; of a holdout all. */
  readonly final: Int32Array;
  /** What predictions for these rows are worth by the truth, one score an example. */
  score(predictions: Matrix, rows: Int32Array): Float64Array;
}

export interface AuditRows {
  readonly inputs: readonly Input[];
  /** -1 where an example stands alone. */
  readonly groups?: Int32Array;
  readonly answers?: readonly (string | undefined)[];
}

/** What teacher and ceiling of one run's teacher seed say. */
export interface RunReferences {
  /** Training examples x classes: what the method was given. */
  readonly weakLabels: Matrix;
  /** On the rows of the run: class probabilities. */
  readonly weak: Matrix;
  readonly ceiling: Matrix;
}

export interface Query {
  readonly id: string;
  readonly author: string;
  readonly method: string;
  /** Whether its score was released. */
  readonly answered: boolean;
  /** Where it was released: the exact score behind what was released. */
  readonly score?: Score;
  /** Hash of the code that made the predictions, where the author gave one. */
  readonly snapshot?: string;
  /** One a seed: development rows x classes, with its exact accuracy where the scorer gives it. */
  readonly predictions: readonly {
    readonly seed: number;
    readonly probabilities: Matrix;
    readonly accuracy?: number;
  }[];
}

export interface TranscriptLine {
  /** `journal.jsonl`'s `seq`, for a person to find it. */
  readonly seq: number;
  readonly kind: "said" | "tool" | "answer" | "post";
  readonly text: string;
}

export interface Rerun {
  /** Which of the submission's runs: its rows, and its seed. */
  readonly run: number;
  readonly weakLabels: Matrix;
  /** Default: the run's own. */
  readonly seed?: number;
  /** A method of the library by its name, as a reference, in place of what was submitted. */
  readonly reference?: string;
}

/** Looks for one kind of cheating and says what it found. It never throws for what a method did. */
export interface Detector {
  readonly name: string;
  /** What it looks for and how, in a sentence. */
  readonly about: string;
  /** Whether it needs reruns, each of which costs a fit. */
  readonly reruns: boolean;
  audit(subject: AuditCase, options: { readonly signal: AbortSignal }): Promise<AuditFinding>;
}
