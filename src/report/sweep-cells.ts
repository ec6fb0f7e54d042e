import type { ResultRow } from "../experiment/record.js";
import type { PgrOk } from "../stats/pgr.js";
import type { SweepMethod, SweepPair, SweepRecord } from "../sweep/record.js";
import { lettersOf } from "./differences.js";
import { decimal, plain, plural, shorten, stopped } from "./text.js";

/** One method with one pair: its PGR, or the number of the note that says why there is none. */
export type SweepCell = PgrOk | { readonly status: "undefined" | "failed"; readonly note: number };

/** All PGRs of a sweep, and notes on those that are missing, numbered from 1. */
export interface SweepCells {
  readonly notes: readonly string[];
  /** Nothing where the first model does not teach the second. */
  of(method: string, teacher: string, student: string): SweepCell | undefined;
}

export function sweepCells(record: SweepRecord): SweepCells {
  const cells = new Map<string, SweepCell>();
  // What several pairs have in common is one note.
  const pairsOf = new Map<string, Set<string>>();
  for (const pair of record.pairs) {
    for (const { method } of record.methods) {
      const cell = cellOf(method, pair, (text) => {
        const pairs = pairsOf.get(text) ?? new Set();
        pairsOf.set(text, pairs.add(pairName(pair)));
        return [...pairsOf.keys()].indexOf(text) + 1;
      });
      cells.set(keyOf(method, pair), cell);
    }
  }
  const notes = [...pairsOf].map(([text, [first, ...more]]) => {
    const rest = more.length > 1 ? ` and ${more.length} more pairs` : more.map((pair) => `, ${pair}`).join("");
    return `${first}${rest}: ${text}`;
  });
  return { notes, of: (method, teacher, student) => cells.get(keyOf(method, { teacher, student })) };
}

function cellOf(method: string, pair: SweepPair, note: (text: string) => number): SweepCell {
  const row = rowOf(pair, method);
  if (!row) return { status: "failed", note: note(stopped(pair.error ?? "it was not measured")) };
  if (row.pgr === null) {
    return { status: "failed", note: note(`${plain(method)} ${stopped(row.error ?? "was not measured")}`) };
  }
  if (row.pgr.status === "ok") return row.pgr;
  return { status: "undefined", note: note(`PGR is undefined: ${stopped(row.pgr.reason)}`) };
}

function keyOf(method: string, { teacher, student }: Pick<SweepPair, "teacher" | "student">): string {
  return JSON.stringify([method, teacher, student]);
}

/** A method's row in a pair's experiment. */
export function rowOf({ record }: SweepPair, method: string): ResultRow | undefined {
  return record?.rows.find((row) => row.method === method);
}

/** `small → large` */
export function pairName({ teacher, student }: Pick<SweepPair, "teacher" | "student">): string {
  return `${plain(teacher)} \u2192 ${plain(student)}`;
}

/** The name of the metric in a sentence. */
export function sweepMetric({ metric }: SweepRecord): string {
  return shorten(plain(metric), 24);
}

/** `median PGR 0.31 over 2 of 3 pairs (undefined for 1)`. */
export function medianInWords({ medianPgr, defined, undefined: none, failed }: SweepMethod): string {
  const pairs = plural(defined + none + failed, "pair");
  const rest = [...(none > 0 ? [`undefined for ${none}`] : []), ...(failed > 0 ? [`failed for ${failed}`] : [])];
  const without = rest.length > 0 ? ` (${rest.join(", ")})` : "";
  if (medianPgr === null) return `no median PGR over ${pairs}${without}`;
  const over = defined + none + failed === defined ? pairs : `${defined} of ${pairs}`;
  return `median PGR ${decimal(medianPgr, 2)} over ${over}${without}`;
}

/** What the letters of {@link sweepTies} are, and what they are not adjusted for. */
export const tiesInWords =
  "Within a pair of models, methods that share a letter are not distinguishable by PGR. " +
  "Each pair of models is a family of tests of its own (Holm's rule, 95% level), not adjusted over pairs of models: " +
  "the more of these there are, the more likely a wrong verdict in one.";

/** For each pair of models in which two methods or more were compared: their letters, by falling PGR. */
export function sweepTies({ pairs }: SweepRecord) {
  return pairs.flatMap((pair) => {
    const letters = pair.record ? [...lettersOf(pair.record, 2)] : [];
    return letters.length === 0 ? [] : [{ pair, letters }];
  });
}

/** What was found, in one or two sentences of plain words; method names in backticks. */
export function sweepHeadline(record: SweepRecord): string {
  const { models, methods, pairs, testbed } = record;
  const ladder = `On ${plain(testbed.name)}, with ${plural(models.length, "model")} in ${plural(pairs.length, "pair")}`;
  const measured = methods.filter(({ control, medianPgr }) => control !== true && medianPgr !== null);
  const best = measured.toSorted((a, b) => b.medianPgr! - a.medianPgr!)[0];
  if (!best)
    return `${ladder}, no method has a PGR: none of the gaps between teacher and ceiling is clearly positive, or what was run failed.`;
  const among = measured.length === 1 ? "" : `, the highest of ${measured.length} methods; no test compares medians`;
  const name = `\`${shorten(plain(best.method).replaceAll("`", "'"), 48)}\``;
  return `${ladder}, ${name} has a ${medianInWords(best)}${among}.`;
}
