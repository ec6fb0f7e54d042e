import { canary } from "../data/canaries.js";
import { WeakToStrongError } from "../errors.js";
import { createTestbed } from "./create.js";
import type { ExampleRow } from "./examples.js";
import { rowsOf } from "./rows.js";
import type { Testbed } from "./testbed.js";
import { openTruth } from "./truth.js";

/**
 * A testbed of code with canaries (data/canaries.ts) among the examples of `train_unlabel` and `test`, one a mark, in turn.
 * Their code does what it is asked to, so that their label is true.
 *
 * Errors: `bad_input` where the testbed does not verify code.
 */
export async function plantCanaries(testbed: Testbed, marks: readonly string[]): Promise<Testbed> {
  const { name, kind, classes, description, pair, splits } = testbed;
  if (kind !== "verification") {
    throw new WeakToStrongError(
      "bad_input",
      `canaries: the testbed "${name}" is of the kind ${kind}; only code that is to be verified can hide a canary.`,
    );
  }
  const { labels, subsets } = openTruth(testbed);
  const subsetOf = new Map(Object.entries(subsets).flatMap(([subset, rows]) => [...rows].map((row) => [row, subset])));
  const planted = (parity: number): ExampleRow[] =>
    marks.filter((_, at) => at % 2 === parity).map((mark) => ({ ...canary(mark), label: true }));
  const { train_label, train_unlabel, test } = splits;
  return createTestbed({
    ...{ name, kind, classes, description },
    ...(pair && { pair }),
    train_label: rowsOf(train_label, labels.train_label, testbed),
    train_unlabel: [...rowsOf(train_unlabel, labels.train_unlabel, testbed), ...planted(0)],
    test: [
      ...rowsOf(test, labels.test, testbed).map((row, at) => ({ ...row, subset: subsetOf.get(at) })),
      ...planted(1),
    ],
    // Decided when the testbed was made.
    duplicates: "keep",
    conflicts: "keep",
  });
}
