import type { ExperimentRecord, MethodComparison, ResultRow } from "../experiment/record.js";
import { letters } from "./letters.js";
import { isReference, ordered } from "./rows.js";
import { decimal, percent } from "./text.js";

/** A comparison whose difference is defined. */
export type Compared = MethodComparison & {
  readonly difference: { readonly status: "ok" };
  readonly pHolm: number;
};

/** The comparisons that have a difference. */
export function compared({ comparisons }: ExperimentRecord): Compared[] {
  return comparisons.filter((one): one is Compared => one.difference.status === "ok" && one.pHolm !== null);
}

/** A comparison the way round in which the difference is not negative. */
export function upright({ a, b, difference }: Compared) {
  return turned(a, b, difference);
}

/** The same by the difference in the score itself, which is there where PGR is undefined too. */
export function uprightScores({ a, b, difference, scorePHolm }: MethodComparison) {
  const { scoreDifference } = difference;
  if (scoreDifference === undefined || scorePHolm === null) return undefined;
  return { ...turned(a, b, scoreDifference), p: scoreDifference.p, pHolm: scorePHolm };
}

function turned(
  a: string,
  b: string,
  { estimate, interval }: { estimate: number; interval: readonly [number, number] },
) {
  if (estimate >= 0) return { higher: a, lower: b, estimate, interval };
  return { higher: b, lower: a, estimate: -estimate, interval: [-interval[1], -interval[0]] as const };
}

/** The comparison of two methods, in either order; absent where one failed or there is no difference. */
export function pairOf(record: ExperimentRecord, a: string, b: string): Compared | undefined {
  return compared(record).find((pair) => (pair.a === a && pair.b === b) || (pair.a === b && pair.b === a));
}

/** The rows of the methods that are compared, by falling PGR; empty where fewer than two are. */
export function comparedRows(record: ExperimentRecord): ResultRow[] {
  const names = new Set(compared(record).flatMap(({ a, b }) => [a, b]));
  const estimate = ({ pgr }: ResultRow) => (pgr?.status === "ok" ? pgr.estimate : Number.NEGATIVE_INFINITY);
  return ordered(record)
    .filter((row) => !isReference(row) && names.has(row.method))
    .sort((one, other) => estimate(other) - estimate(one));
}

/** The methods that are not distinguishable from this one, by falling PGR. */
export function notToldFrom(record: ExperimentRecord, method: string): ResultRow[] {
  return comparedRows(record).filter(
    (row) => row.method !== method && pairOf(record, method, row.method)?.distinguishable !== true,
  );
}

/**
 * Letters by method, by falling PGR: those that share one are not distinguishable. None for fewer methods than `least`.
 * Ties are of PGR: where it is undefined there are none, whatever the scores' own differences are.
 */
export function lettersOf(record: ExperimentRecord, least = 3): ReadonlyMap<string, string> {
  const rows = comparedRows(record);
  if (rows.length < least) return new Map();
  const apart = new Set(
    compared(record)
      .filter(({ distinguishable }) => distinguishable)
      .flatMap(({ a, b }) => [JSON.stringify([a, b]), JSON.stringify([b, a])]),
  );
  const signs = letters(rows.length, (i, j) => apart.has(JSON.stringify([rows[i]!.method, rows[j]!.method])));
  return new Map(rows.map(({ method }, i) => [method, signs[i]!]));
}

/** `p < 0.001`, `p = 0.034`. */
export function pInWords(p: number): string {
  if (p < 0.001) return "p < 0.001";
  return `p = ${decimal(p, p < 0.1 ? 3 : 2)}`;
}

/** `all 15 pairs, adjusted by Holm's rule, 95% level`. */
export function familyInWords(record: ExperimentRecord): string {
  const level = compared(record)[0]?.difference.level ?? 0.95;
  const pairs = record.comparisons.length;
  return `${pairs === 1 ? "one pair" : `all ${pairs} pairs, adjusted by Holm's rule`}, ${percent(level)} level`;
}

/** The minimum detectable difference of PGR, as planned and as measured; absent where neither is known. */
export function resolvableInWords({ resolvable }: ExperimentRecord): string | undefined {
  const { planned, measured } = resolvable ?? {};
  const known = measured ?? planned;
  if (!known) return undefined;
  const figure = (value: number) => (value > 1 ? "more than 1" : decimal(value, 2));
  const holm = known.comparisons > 1 ? " after Holm's rule" : "";
  const said: string[] = [];
  if (planned) {
    // Infinity is null in JSON.
    const size = Number.isFinite(planned.difference) ? figure(planned.difference) : "none";
    said.push(`${size} as planned (for a gap of ${decimal(planned.gap, 2)})`);
  }
  if (measured) {
    const { difference, least, most, comparisons } = measured;
    const spread = comparisons > 1 && figure(least) !== figure(most);
    const range = spread ? ` for the median pair, ${figure(least)} to ${figure(most)} over the pairs` : "";
    said.push(`by the gap and variances measured, ${figure(difference)}${range}`);
  }
  return `Smallest difference of PGR found with probability ${percent(known.power)}${holm}: ${said.join("; ")}.`;
}
