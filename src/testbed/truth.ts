import { WeakToStrongError } from "../errors.js";
import type { SplitName, Testbed } from "./testbed.js";

/** The ground truth of a testbed, and what could betray it. */
export interface Truth {
  /** SHA-256 over inputs and truth: names the data in a report. Whoever knows all labels but a few can find these by trying. */
  readonly hash: string;
  /** The right class of each example of a split, in the split's order. */
  readonly labels: Readonly<Record<SplitName, Int32Array>>;
  /** Rows of the test split, by name of the subset. */
  readonly subsets: Readonly<Record<string, Int32Array>>;
}

/**
 * Truth is kept beside testbeds, not in them: nothing that is reachable from a testbed, printed or serialised leads
 * here. Only the teacher and ceiling steps and scorers open it; the package's public entries do not export this.
 */
const sealed = new WeakMap<Testbed, Truth>();

/** Puts the truth of a testbed under seal. */
export function sealTruth(testbed: Testbed, truth: Truth): void {
  sealed.set(testbed, truth);
}

/** The truth of a testbed. */
export function openTruth(testbed: Testbed): Truth {
  const truth = sealed.get(testbed);
  if (truth) return truth;
  throw new WeakToStrongError(
    "bad_input",
    "testbed: expected one made by loadTestbed, createTestbed, digits or brown, found another object. A copy (by spread or JSON) has no truth; pass the original.",
  );
}
