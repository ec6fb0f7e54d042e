import { random, shuffled } from "../data/random.js";
import { WeakToStrongError } from "../errors.js";
import { createTestbed } from "./create.js";
import { rowsOf } from "./rows.js";
import type { Split, Testbed } from "./testbed.js";
import { openTruth } from "./truth.js";

/** How much is carved, and by which draw. */
export interface CarveOptions {
  /** Share of `train_unlabel`, between 0 and 1. */
  readonly share: number;
  /** Default 0. */
  readonly seed?: number | string;
}

/**
 * A testbed with a larger test split: a random share of `train_unlabel` is moved into it, since real test sets are too
 * small to be split into parts. Groups and copies of an input move as a whole, without a look at labels. What was in a
 * subset of the test split still is; what comes in is in none.
 *
 * Errors: `bad_input` on a share that is not between 0 and 1, and where a split would be left without one of the classes.
 */
export async function carve(testbed: Testbed, { share, seed = 0 }: CarveOptions): Promise<Testbed> {
  if (!(share > 0 && share < 1)) {
    throw new WeakToStrongError("bad_input", `carve: share: expected a number between 0 and 1, found ${share}.`);
  }
  const { labels, subsets } = openTruth(testbed);
  const { train_label, train_unlabel, test } = testbed.splits;
  const total = train_unlabel.ids.length;
  const moved = new Set<number>();
  for (const unit of shuffled(inseparable(train_unlabel), random("carve", seed))) {
    if (moved.size >= Math.round(share * total)) break;
    for (const row of unit) moved.add(row);
  }
  const subsetOf = new Map(Object.entries(subsets).flatMap(([name, rows]) => [...rows].map((row) => [row, name])));
  const unlabelled = rowsOf(train_unlabel, labels.train_unlabel, testbed);
  const { name, kind, classes, description, pair } = testbed;
  return createTestbed({
    name,
    kind,
    classes,
    description: `${description} ${moved.size} of the ${total} examples of train_unlabel were moved to test.`.trim(),
    ...(pair && { pair }),
    train_label: rowsOf(train_label, labels.train_label, testbed),
    train_unlabel: unlabelled.filter((_, row) => !moved.has(row)),
    test: [
      ...rowsOf(test, labels.test, testbed).map((row, at) => ({ ...row, subset: subsetOf.get(at) })),
      ...unlabelled.filter((_, row) => moved.has(row)),
    ],
    // Decided when the testbed was made.
    duplicates: "keep",
    conflicts: "keep",
  });
}

/** Rows that must stay together: of one group or with one input, and what hangs together by way of others. */
function inseparable({ ids, groups }: Split): number[][] {
  const units = new Map<string, { rows: number[]; keys: string[] }>();
  for (const [row, id] of ids.entries()) {
    // The second example with an input has that input's id and a number behind it.
    const keys = [`input ${id.split("-")[0]}`, ...(groups && groups[row]! >= 0 ? [`group ${groups[row]}`] : [])];
    const met = [...new Set(keys.flatMap((key) => units.get(key) ?? []))];
    const whole = {
      rows: [...met.flatMap(({ rows }) => rows), row],
      keys: [...new Set([...met.flatMap((unit) => unit.keys), ...keys])],
    };
    for (const key of whole.keys) units.set(key, whole);
  }
  return [...new Set(units.values())].map(({ rows }) => rows);
}
