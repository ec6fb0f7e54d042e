import type { Dataset, Kind } from "../data/dataset.js";
import type { ModelSpec } from "../models/model.js";

/**
 * `train_label`: for the teacher, with truth. `train_unlabel`: for the student, truth withheld. `test`: measured on,
 * truth withheld.
 */
export type SplitName = "train_label" | "train_unlabel" | "test";

export const splitNames: readonly SplitName[] = ["train_label", "train_unlabel", "test"];

/** One split without its truth. Ids are opaque and the order is theirs, so that neither tells anything about a label. */
export interface Split {
  readonly dataset: Dataset;
  /** One an example; made of the example's content. */
  readonly ids: readonly string[];
  /** One an example, -1 where it has none: examples of a group share a number. */
  readonly groups?: Int32Array;
  /** Verification: one an example, the final answer of its `choice` where the source gives it. */
  readonly answers?: readonly (string | undefined)[];
}

/** A teacher and a student between which a testbed has a clear gap. */
export interface Pair {
  readonly teacher: ModelSpec;
  readonly teacherExamples: number;
  readonly student: ModelSpec;
}

/** A data set cut for weak-to-strong supervision. Its truth is held elsewhere. */
export interface Testbed {
  readonly name: string;
  readonly kind: Kind;
  /** Names of the classes; a class is its index here. */
  readonly classes: readonly string[];
  /** Where the data come from and how they were cut. */
  readonly description: string;
  /** SHA-256 over the inputs and class names; nothing of the truth. */
  readonly hash: string;
  readonly splits: Readonly<Record<SplitName, Split>>;
  /** Names of subsets of the test split that are reported on apart; which examples are in them is sealed. */
  readonly subsets: readonly string[];
  /** What `experiment` uses where it is given no teacher or student. */
  readonly pair?: Pair;
}
