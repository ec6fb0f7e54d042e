import { type Dataset, dataset } from "../data/dataset.js";
import type { Matrix } from "../data/matrix.js";
import type { ModelSpec } from "../models/model.js";
import type { Split, Testbed } from "../testbed/testbed.js";

/** A testbed as agents of a lab may know it: no truth, and no test example outside the development split. */
export interface LabTestbed extends Pick<Testbed, "kind" | "classes"> {
  /** Names its folder inside sandboxes: letters, digits, `-`, `_`, `.`; it begins with a letter or digit. */
  readonly name: string;
  /** What methods train on, `train_unlabel`. */
  readonly train: Split;
  /** What predictions are evaluated on. */
  readonly development: Split;
  /**
   * All inputs that the testbed has for training and test, in one order for all who work on it: features that are learned
   * (patches) are learned from these, so that they are the same everywhere. Only rows of `train` and `development` can be
   * asked for. Default: these two, in that order.
   */
  readonly everything?: Dataset;
  /** What the teacher was trained from, with its true labels, where the lab shows that. */
  readonly labelled?: { readonly split: Split; readonly labels: Int32Array };
  /** Seeds that have weak labels. */
  readonly seeds: readonly number[];
  /** The teacher's soft labels: training examples x classes. */
  weakLabels(seed: number): Matrix;
  readonly student: ModelSpec;
  /** Further models that agents may train, by the names under which they ask for them. */
  readonly models: Readonly<Record<string, ModelSpec>>;
}

/** What {@link LabTestbed.everything} is to be, in a lab and in a clean room alike. */
export function everythingOf(train: Dataset, test: Dataset): Dataset {
  return dataset([...train.inputs, ...test.inputs]);
}
