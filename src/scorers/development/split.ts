import { random, shuffled } from "../../data/random.js";
import { WeakToStrongError } from "../../errors.js";

/** How to choose development rows. */
export interface DevelopmentSplitOptions {
  /** Share of the rows. Default 0.5. */
  readonly fraction?: number;
  readonly seed: number;
}

/**
 * Which rows of a split (`testbed.splits.test`) are development rows, ascending: drawn at random, groups kept together,
 * without a look at labels. The others are kept back from all feedback.
 *
 * Errors: `bad_input` where one of the two parts would be empty.
 */
export function developmentSplit(
  split: { readonly ids: readonly string[]; readonly groups?: Int32Array },
  { fraction = 0.5, seed }: DevelopmentSplitOptions,
): Int32Array {
  const { ids, groups } = split;
  const rows = [...ids.keys()];
  const units = [...Map.groupBy(rows, (row) => (groups && groups[row]! >= 0 ? groups[row]! : `row ${row}`)).values()];
  const wanted = Math.round(ids.length * fraction);
  const chosen: number[] = [];
  for (const unit of shuffled(units, random("development", seed))) {
    if (chosen.length + unit.length <= wanted) chosen.push(...unit);
  }
  if (fraction > 0 && fraction < 1 && chosen.length > 0 && chosen.length < ids.length) {
    return Int32Array.from(chosen).sort();
  }
  throw new WeakToStrongError(
    "bad_input",
    `developmentSplit: fraction: ${fraction} of ${ids.length} rows in ${units.length} groups leaves one part empty; choose a number between 0 and 1, or a testbed with more groups.`,
  );
}
