import type { Matrix } from "./data/matrix.js";
import type { Pgr } from "./stats/pgr.js";

/**
 * Holds the truth and answers what the lab's feedback allows. Its records, append-only, are the only source of standings:
 * what an agent says of its own work is not evidence.
 */
export interface PGRScorer extends AsyncDisposable {
  readonly name: string;
  /** What can be asked, without any truth: which rows of each testbed are development rows, feedback, budgets. */
  describe(options?: ScorerCall): Promise<ScorerDescription>;
  /**
   * Scores predictions on the development split. Throws `bad_input` (naming the field; the words depend on no label),
   * `not_found` (the testbed), `exhausted` (this author's evaluations are spent). What is thrown costs no evaluation; one
   * that was aborted or cut off may have been counted, and is found again by its `key`.
   */
  evaluate(request: EvaluateRequest, options?: ScorerCall): Promise<Evaluation>;
  /** Every evaluation so far, in order, as agents may see them. */
  records(options?: ScorerCall): Promise<readonly Evaluation[]>;
  /** From the records alone: the best of each agent and of each baseline on each testbed, best first. */
  standings(options?: ScorerCall): Promise<Standings>;
}

export interface ScorerCall {
  readonly signal?: AbortSignal;
}

export interface ScorerDescription {
  /** `exact`: every evaluation is answered with its score. */
  readonly feedback: "exact";
  /** How many evaluations each author has over all testbeds, the lab's baselines aside. */
  readonly evaluations: number;
  readonly testbeds: readonly ScoredTestbed[];
  /** What happened to the records that a person should know, a sentence each: a line that a crash had cut off. */
  readonly notices: readonly string[];
}

export interface ScoredTestbed {
  readonly name: string;
  readonly classes: number;
  /** Opaque ids of the development split, in the order of the rows of predictions. */
  readonly ids: readonly string[];
  /** Seeds with a teacher and a ceiling, whose weak labels agents were given. */
  readonly seeds: readonly number[];
}

export interface EvaluateRequest {
  /** Whose evaluation it is; the lab fills it in. */
  readonly author: string;
  readonly testbed: string;
  /** What the author calls the method: 1 to 80 characters. */
  readonly method: string;
  /** One entry a seed: class probabilities, development rows x classes. */
  readonly predictions: readonly { readonly seed: number; readonly probabilities: Matrix }[];
  /** Hash of the code that made them. */
  readonly snapshot?: string;
  /** An evaluation with a key that its author has used before is that evaluation, whatever it asks, and costs nothing. */
  readonly key?: string;
  /** The lab's own: counts for no budget and stands in standings from hour 0. */
  readonly baseline?: boolean;
}

/** One record of the scorer. */
export interface Evaluation {
  /** Names it for posts and standings. */
  readonly id: string;
  /** Position in the records, from 0. */
  readonly index: number;
  readonly author: string;
  readonly testbed: string;
  readonly method: string;
  readonly seeds: readonly number[];
  /** ISO 8601. */
  readonly at: string;
  /** Mean accuracy on the development split. */
  readonly accuracy: number;
  /** PGR with its interval on the development split against teacher and ceiling of `seeds`, or why there is none. */
  readonly pgr: Pgr;
  /** Whether it is the best on this testbed so far of its standings row: by PGR, any before none, then by accuracy. */
  readonly improved: boolean;
  readonly snapshot?: string;
  readonly baseline: boolean;
  /** Evaluations that this author has left. */
  readonly left: number;
}

export interface Standings {
  /** Best first by `worst`, then by mean. */
  readonly rows: readonly StandingsRow[];
  /** How many evaluations all of it rests on. */
  readonly evaluations: number;
}

/** Of one agent, or of one method among the lab's baselines. */
export interface StandingsRow {
  readonly author: string;
  readonly baseline: boolean;
  /** Its best evaluation on each testbed, by the testbed's name. */
  readonly best: Readonly<Record<string, Evaluation>>;
  /** The least PGR over the testbeds; null where one is missing or undefined. */
  readonly worst: number | null;
}
