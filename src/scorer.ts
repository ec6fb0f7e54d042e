import type { Json } from "./agent.js";
import type { CleanTraces, Code } from "./clean-room.js";
import type { Matrix } from "./data/matrix.js";
import type { Pgr } from "./stats/pgr.js";

/**
 * Holds the truth, split once into parts: *development*, about which `evaluate` answers as far as the feedback mode allows;
 * *final*, on which `submit` has a method run again from its code; and a *vault* that `confirm` opens once. Everything it
 * answers stands in an append-only ledger, the only source of standings: what an agent says of its own work is not evidence.
 *
 * `settle`, `results`, `queries`, `audited`, `decide` and `confirm` are for people: no agent may reach them.
 */
export interface PGRScorer extends AsyncDisposable {
  readonly name: string;
  /** What can be asked, without any truth. */
  describe(options?: ScorerCall): Promise<ScorerDescription>;
  /**
   * Scores predictions on the development part. Throws `bad_input` (naming the field; the words depend on no label),
   * `not_found` (the testbed), `exhausted` (this author's evaluations are spent). What is thrown costs no evaluation; one
   * that was aborted or cut off may have been counted, and is found again by its `key`.
   */
  evaluate(request: EvaluateRequest, options?: ScorerCall): Promise<Evaluation>;
  /**
   * Has the method run again from its code, on seeds and examples that its author never saw. Resolves when it has. A method
   * that fails is a result; throws as `evaluate`. One that was cut off goes on where it was when asked again with its `key`.
   */
  submit(request: SubmitRequest, options?: ScorerCall): Promise<Submission>;
  /** Every evaluation and submission so far, in order, as agents may see them. */
  records(options?: ScorerCall): Promise<readonly ScorerRecord[]>;
  /** From the ledger alone: the best of each agent and of each baseline on each testbed, best first, by released values. */
  standings(options?: ScorerCall): Promise<Standings>;
  /** Runs what was begun and cut off, such as at the end of its author's time; answers how many there were. */
  settle(options?: ScorerCall): Promise<number>;
  /** Every submission with all that is known of it. */
  results(options?: ScorerCall): Promise<readonly SubmissionResult[]>;
  /** Every evaluation with the predictions that were asked about. */
  queries(options?: ScorerCall): Promise<readonly AskedEvaluation[]>;
  /** Keeps what an audit found of a submission. */
  audited(audit: AuditRecord, options?: ScorerCall): Promise<Receipt>;
  /** Keeps a person's verdict on a submission; a later one replaces it. */
  decide(verdict: Verdict, options?: ScorerCall): Promise<Receipt>;
  /** Opens the vault for the best submissions, once: asked again, it gives what it gave. Throws `unsupported` without a vault. */
  confirm(request: ConfirmRequest, options?: ScorerCall): Promise<Confirmation>;
}

export interface ScorerCall {
  readonly signal?: AbortSignal;
}

/**
 * `exact`: every evaluation is answered with its score. `rounded`: with its score, rounded to 1 / sqrt(n). `ladder`: with its
 * score only where it is better than the author's best so far by a step that noise does not reach.
 */
export type FeedbackMode = "ladder" | "rounded" | "exact";

export interface ScorerDescription {
  readonly feedback: FeedbackMode;
  /** How many of each every author has over all testbeds, the lab's baselines aside. */
  readonly evaluations: number;
  readonly submissions: number;
  readonly testbeds: readonly ScoredTestbed[];
  /** What the whole lab has asked so far, and how many bits about labels the answers can have told at most. */
  readonly asked: { readonly evaluations: number; readonly submissions: number; readonly bits: number };
  /** Its ledger: receipts are signed with this key (Ed25519, DER in base64). */
  readonly ledger: { readonly id: string; readonly publicKey: string };
  /** What happened to the ledger that a person should know, a sentence each: a line that a crash had cut off. */
  readonly notices: readonly string[];
}

export interface ScoredTestbed {
  readonly name: string;
  readonly classes: number;
  /** Opaque ids of the development part, in the order of the rows of predictions. */
  readonly ids: readonly string[];
  /** Seeds with a teacher and a ceiling, whose weak labels agents were given. */
  readonly seeds: readonly number[];
  /** How many rows each part has. */
  readonly rows: { readonly development: number; readonly final: number; readonly vault: number };
}

export interface EvaluateRequest {
  /** Whose evaluation it is; the lab fills it in. */
  readonly author: string;
  readonly testbed: string;
  /** What the author calls the method: 1 to 80 characters. */
  readonly method: string;
  /** One entry a seed: class probabilities, development rows x classes. All seeds, but where feedback is exact. */
  readonly predictions: readonly { readonly seed: number; readonly probabilities: Matrix }[];
  /** Hash of the code that made them. */
  readonly snapshot?: string;
  /** An evaluation with a key that its author has used before is that evaluation, whatever it asks, and costs nothing. */
  readonly key?: string;
  /**
   * The lab's own: counts for no budget, is always answered with a score (rounded but for the mode `exact`, since agents see
   * it), and stands in standings from hour 0.
   */
  readonly baseline?: boolean;
}

/** What every record of the scorer has. */
export interface RecordShare {
  /** Names it for posts and standings. */
  readonly id: string;
  /** Position in the records, from 0. */
  readonly index: number;
  readonly author: string;
  readonly testbed: string;
  readonly method: string;
  /** ISO 8601. */
  readonly at: string;
  /** How many of these its author has left. */
  readonly left: number;
  /** Of the ledger's entry; covers what is released, and hidden values as salted commitments only. */
  readonly receipt: Receipt;
}

/** An answered evaluation. */
export interface Evaluation extends RecordShare {
  readonly type: "evaluation";
  readonly seeds: readonly number[];
  readonly feedback: FeedbackMode;
  /**
   * On the development part against teacher and ceiling of `seeds`, as exact as the feedback mode has it. Absent: it is not
   * better than the author's best so far on this testbed (before the first, than the baseline that all begin with).
   */
  readonly score?: Score;
  /** Whether it is the best of its standings row on this testbed so far. */
  readonly improved: boolean;
  /** The id of an earlier evaluation with nearly the same predictions, from which this one was answered. */
  readonly sameAs?: string;
  readonly snapshot?: string;
  readonly baseline: boolean;
}

/** An evaluation with what was asked. */
export interface AskedEvaluation extends Evaluation {
  /** As in {@link EvaluateRequest}, each with its accuracy. */
  readonly predictions: readonly { readonly seed: number; readonly probabilities: Matrix; readonly accuracy: number }[];
  /** What these predictions score, in full, whatever was told of it. */
  readonly exact: Score;
}

/** Mean accuracy, and PGR with its interval or why there is none. */
export interface Score {
  readonly accuracy: number;
  readonly pgr: Pgr;
}

export interface SubmitRequest {
  readonly author: string;
  readonly testbed: string;
  /** 1 to 80 characters. */
  readonly method: string;
  readonly code: Code;
  /** How it works and what was tried without its parts, so that somebody else could build it again: 1 to 20,000 characters. */
  readonly writeUp: string;
  readonly key?: string;
  /** As in {@link EvaluateRequest}. */
  readonly baseline?: boolean;
}

/** An answered submission, as its author may see it. */
export interface Submission extends RecordShare {
  readonly type: "submission";
  /** Hash of the code. */
  readonly code: string;
  /**
   * `better` than the author's best submission so far on this testbed (before the first, than the baseline that all begin
   * with) on the final part, by more than noise; or not; or it did not run through with every seed.
   */
  readonly outcome: "better" | "not-better" | "failed";
  /** Seconds of all runs together, rounded up to 1, 1.5, 2, 3, 5 or 7 times a power of ten; the answer waits as long. */
  readonly seconds: number;
  readonly baseline: boolean;
  /** What `fit` wrote in each run; for its author, not kept in the ledger. Absent in `records`. */
  readonly logs?: readonly string[];
}

export type ScorerRecord = Evaluation | Submission;

/** A submission with what agents never see. */
export interface SubmissionResult extends Omit<Submission, "logs"> {
  readonly writeUp: string;
  readonly program: Code;
  readonly runs: readonly SubmissionRun[];
  /** Over all runs, on each part; absent where a run failed. The vault's only once it is open. */
  readonly scores?: { readonly development: Score; readonly final: Score; readonly vault?: Score };
  readonly audits: readonly AuditRecord[];
  readonly verdict?: Verdict;
  /**
   * What stands: the last verdict, else the worst of the audits, else `unaudited`. A lab's outcome calls it that until every
   * detector has looked.
   */
  readonly standing: Standing;
}

export type Standing = "unaudited" | "clean" | "elicitation" | "review" | "disqualified";

export interface SubmissionRun {
  /** Its weak labels are those of the teacher with this seed. */
  readonly teacherSeed: number;
  /** The method's own, drawn after the code was frozen. */
  readonly seed: number;
  /** Class probabilities on the rows `rows` of the test split, in that order; absent where it failed. */
  readonly predictions?: Matrix;
  readonly rows: Int32Array;
  readonly failure?: string;
  readonly seconds: { readonly fit: number; readonly predict: number };
  readonly traces: CleanTraces;
}

/** What the detectors said of a submission. */
export interface AuditRecord {
  readonly submission: string;
  readonly findings: readonly AuditFinding[];
}

export interface AuditFinding {
  readonly detector: string;
  readonly verdict: "clean" | "elicitation" | "review" | "disqualified";
  /** Why, in a sentence or two. */
  readonly words: string;
  /** What it rests on: numbers and places. */
  readonly evidence: readonly { readonly what: string; readonly value: string }[];
}

export interface Verdict {
  readonly submission: string;
  readonly verdict: "clean" | "elicitation" | "disqualified";
  readonly reason: string;
  /** Who decides. */
  readonly by: string;
}

export interface ConfirmRequest {
  /** How many of the best submissions by the final part, disqualified ones left out; one an author and testbed. */
  readonly top: number;
  readonly by: string;
}

/** What the vault said. */
export interface Confirmation {
  readonly at: string;
  readonly by: string;
  /** Of all intervals together: each is at 1 - (1 - level) / number of rows (Bonferroni). */
  readonly level: number;
  /** The best first, by the final part. */
  readonly rows: readonly ConfirmedRow[];
  readonly receipt: Receipt;
}

export interface ConfirmedRow {
  readonly submission: string;
  readonly author: string;
  readonly testbed: string;
  readonly method: string;
  /** With intervals adjusted for the number of rows. */
  readonly development: Score;
  readonly final: Score;
  readonly vault: Score;
  /** PGR of the author's best evaluation minus that on the vault: the optimism of the search. Null where one is undefined. */
  readonly optimism: number | null;
}

/**
 * The scorer's word that an entry stands in its ledger: anybody with the public key can check it (docs/ledger.md). It holds
 * nothing that the entry hides.
 */
export interface Receipt {
  /** Id of the ledger: SHA-256 of its public key. */
  readonly ledger: string;
  /** Position of the entry, from 0, and the hash of the one before. */
  readonly seq: number;
  readonly prev: string;
  readonly at: string;
  /** What the clock said where it had jumped back. */
  readonly clock?: string;
  readonly type: string;
  readonly released: Json;
  /** To what is hidden, salted. */
  readonly commitment?: string;
  /** Hash of the entry. */
  readonly entry: string;
  /** How far the ledger went when the receipt was made: a later one that is shorter, or has another entry there, has lost something. */
  readonly head: { readonly count: number; readonly hash: string };
  /** Ed25519 over the canonical JSON of all other fields, base64. */
  readonly signature: string;
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
  /** Its last submission that was better than all before, on each testbed. */
  readonly submitted: Readonly<Record<string, Submission>>;
  /** The least PGR over the testbeds; null where one is missing or undefined. */
  readonly worst: number | null;
}
