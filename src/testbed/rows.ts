import type { ExampleRow } from "./examples.js";
import type { Split, Testbed } from "./testbed.js";

/** A split with its truth, in the format of its kind. */
export function rowsOf({ dataset, groups, answers }: Split, labels: Int32Array, { kind }: Testbed): ExampleRow[] {
  return dataset.inputs.map((input, row) => {
    const label = labels[row]!;
    return {
      ...input,
      label: kind === "preference" ? (["A", "B"] as const)[label] : kind === "verification" ? label === 1 : label,
      ...(groups && groups[row]! >= 0 && { group: groups[row] }),
      ...(answers?.[row] !== undefined && { consistency_key: answers[row] }),
    } as ExampleRow;
  });
}
