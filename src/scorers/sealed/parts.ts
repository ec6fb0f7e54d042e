import { random, shuffled } from "../../data/random.js";
import { WeakToStrongError } from "../../errors.js";

/**
 * The parts into which truth is split: `evaluate` answers about *development*, submissions are scored on *final*, and the
 * *vault* is opened once, by a person.
 */
export type PartName = "development" | "final" | "vault";

/** Rows of each part, ascending. The vault is empty where there is none. */
export type Parts = Readonly<Record<PartName, Int32Array>>;

/** Share of the rows that each part gets; they add up to 1. */
export type PartFractions = Readonly<Record<PartName, number>>;

/** Most of what is drawn from a test set is feedback and submissions; the vault is read once, at few methods. */
export const defaultFractions: PartFractions = { development: 0.4, final: 0.4, vault: 0.2 };

export interface DrawOptions {
  /** Default .4, .4, .2. A vault of 0 is none. */
  readonly fractions?: PartFractions;
  /** A secret: whoever knows it knows which rows are kept from feedback. */
  readonly seed: string | number;
  /** One number a row, of the subset that it is in: each number is spread over the parts in proportion. */
  readonly strata?: ArrayLike<number>;
}

const partNames = Object.keys(defaultFractions) as PartName[];

/**
 * Splits rows into parts at random, groups kept together, without a look at labels. The same seed gives the same parts.
 *
 * Groups are drawn in random order, one stratum after the other, and each goes to the part that lags furthest behind its
 * share of what has been drawn so far. Every stratum, and the whole, is so within a group or two of the shares; what
 * rounding leaves over in one stratum is made good in the next. A group that spans strata counts with its most frequent.
 *
 * Errors: `bad_input` on fractions that are no shares, and where a part that has a share would be empty.
 */
export function drawParts(
  split: { readonly ids: readonly string[]; readonly groups?: Int32Array },
  { fractions = defaultFractions, seed, strata }: DrawOptions,
): Parts {
  const { ids, groups } = split;
  checkFractions(fractions);
  if (strata && strata.length !== ids.length) {
    throw bad(`strata: expected ${ids.length} numbers, one a row, found ${strata.length}.`);
  }
  const uniform = random("parts", seed);
  const unitOf = (row: number): number | string => (groups && groups[row]! >= 0 ? groups[row]! : `row ${row}`);
  const units = shuffled([...Map.groupBy(ids.keys(), unitOf).values()], uniform);
  const byStratum = strata ? Map.groupBy(units, (unit) => mostFrequent(unit, strata)) : new Map([[0, units]]);
  const rows: Record<PartName, number[]> = { development: [], final: [], vault: [] };
  let drawn = 0;
  for (const unit of shuffled([...byStratum.values()], uniform).flat()) {
    // Before this unit counts: where it goes must not depend on its own size, or small groups would gather in one part.
    const lag = (part: PartName): number => fractions[part] * drawn - rows[part].length;
    rows[partNames.reduce((most, next) => (lag(next) > lag(most) ? next : most))].push(...unit);
    drawn += unit.length;
  }
  for (const part of partNames) {
    if (rows[part].length > 0 || fractions[part] === 0) continue;
    throw bad(
      `fractions.${part}: ${fractions[part]} of ${ids.length} rows in ${units.length} groups is none; give it a larger share, or take a testbed with more groups.`,
    );
  }
  const ascending = (part: PartName): Int32Array => Int32Array.from(rows[part]).sort();
  return { development: ascending("development"), final: ascending("final"), vault: ascending("vault") };
}

function checkFractions(fractions: PartFractions): void {
  const { development, final, vault } = fractions;
  const shares = development > 0 && final > 0 && vault >= 0;
  if (shares && Math.abs(development + final + vault - 1) < 1e-9) return;
  throw bad(
    `fractions: expected { development, final, vault } that add up to 1, the first two above 0, found ${JSON.stringify(fractions)}.`,
  );
}

/** Of equally frequent strata the one that the group meets first. */
function mostFrequent(rows: readonly number[], strata: ArrayLike<number>): number {
  const members = Map.groupBy(rows, (row) => strata[row]!);
  return [...members].reduce((most, next) => (next[1].length > most[1].length ? next : most))[0];
}

function bad(message: string): WeakToStrongError {
  return new WeakToStrongError("bad_input", `drawParts: ${message}`);
}
