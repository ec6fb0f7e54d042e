import type { Matrix } from "./data/matrix.js";
import type { Snapshot } from "./data/snapshot.js";

/**
 * Runs a submitted method again from its code, where it sees what it is given and nothing else. It knows inputs, and no
 * truth: the scorer says what to run and keeps what comes of it.
 */
export interface CleanRoom {
  /**
   * Runs a method once: `fit` on the training inputs and `weakLabels`, then `predict` on `rows`. A method that fails, ends
   * late or answers nonsense is a result; what throws is a room that could not do its work (`worker_died`, `storage`, ...).
   */
  run(request: CleanRequest, options?: { readonly signal?: AbortSignal }): Promise<CleanRun>;
}

export interface CleanRequest {
  readonly code: Code;
  readonly testbed: string;
  /** The method's own seed. */
  readonly seed: number;
  /** The teacher's soft labels: training examples x classes. */
  readonly weakLabels: Matrix;
  /** Rows of the test split that are to be predicted, in the order in which the method is shown them. */
  readonly rows: Int32Array;
}

/** A frozen method: a `method.py` among the files of a snapshot, or one of the library's own by name. */
export type Code =
  | { readonly type: "program"; readonly snapshot: Snapshot; readonly file: string }
  | {
      readonly type: "library";
      readonly name: string;
      readonly options: Readonly<Record<string, string | number | boolean>>;
    };

export type CleanRun =
  | (CleanShare & { readonly status: "ok" /** Class probabilities: `rows` x classes. */; readonly predictions: Matrix })
  | (CleanShare & {
      readonly status: "failed";
      readonly phase: "fit" | "predict";
      /** What happened, for people alone: it may tell of inputs that nobody else sees. */
      readonly detail: string;
    });

/** What all runs tell. */
export interface CleanShare {
  /** What `fit` wrote, for its author. It saw training inputs only. */
  readonly fitLog: string;
  readonly seconds: { readonly fit: number; readonly predict: number };
  /** What was seen of the judged processes from outside, for audits. */
  readonly traces: CleanTraces;
}

export interface CleanTraces {
  /** Marks of canaries (data/canaries.ts) whose execution left a trace. */
  readonly canaries: readonly string[];
  /** Programs that were seen to run inside besides the two that the room started, by their files' names, and how many. */
  readonly processes: Readonly<Record<string, number>>;
  /** What was asked of the door and refused, a sentence each. */
  readonly refused: readonly string[];
  /** Files outside of what it was handed, and addresses, that its Python opened: a tripwire, which code can evade. */
  readonly opened: readonly string[];
}
