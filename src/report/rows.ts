import type { ExperimentRecord, ResultRow } from "../experiment/record.js";
import type { Pgr } from "../stats/pgr.js";
import { plain, shorten, stopped } from "./text.js";

/** True for the two rows that are no methods: `weak` and `ceiling`. */
export function isReference(row: ResultRow): boolean {
  return row.method === "weak" || row.method === "ceiling";
}

/** True for the row of a control, which sees truth that no method has: it is shown, but never as the best method. */
export function isControl(row: ResultRow): boolean {
  return row.control === true;
}

/** The rows as they are shown: weak first, then the methods in the order given, the ceiling last. */
export function ordered(record: ExperimentRecord): ResultRow[] {
  const named = (name: string) => record.rows.filter((row) => row.method === name);
  return [...named("weak"), ...record.rows.filter((row) => !isReference(row)), ...named("ceiling")];
}

/** What PGR and intervals are of, in a sentence: `accuracy`, `brier`, or the name of a metric of one's own. */
export function metricName({ metric }: ExperimentRecord, length = 40): string {
  return shorten(plain(metric), length);
}

/** The same at the head of something: `Accuracy`, `Brier`. */
export function metricTitle(record: ExperimentRecord, length?: number): string {
  return metricName(record, length).replace(/^./u, (first) => first.toUpperCase());
}

/** Names of the test subsets that any row has. */
export function subsetNames(record: ExperimentRecord): string[] {
  return [...new Set(record.rows.flatMap((row) => Object.keys(row.subsets)))];
}

/** The rows that have a subset, with what they have there. */
export function subsetParts(record: ExperimentRecord, subset: string) {
  return ordered(record).flatMap((row) => {
    const part = Object.hasOwn(row.subsets, subset) ? row.subsets[subset] : undefined;
    return part === undefined ? [] : [{ row, part }];
  });
}

/** Remarks on single rows, numbered from 1; equal remarks share a number. */
export interface Notes {
  readonly texts: readonly string[];
  /** The number of the note on an undefined PGR or on a row with an error. */
  of(subject: Pgr | ResultRow): number | undefined;
}

/** Collects why PGRs are undefined and why methods failed. */
export function notes(record: ExperimentRecord): Notes {
  const texts: string[] = [];
  const numbers = new Map<Pgr | ResultRow, number>();
  const add = (subject: Pgr | ResultRow, text: string) => {
    if (!texts.includes(text)) texts.push(text);
    numbers.set(subject, texts.indexOf(text) + 1);
  };
  const explain = (pgr: Pgr, where: string) => {
    if (pgr.status === "undefined") add(pgr, `PGR is undefined${where}: ${stopped(pgr.reason)}`);
  };
  for (const row of ordered(record)) {
    if (row.error !== undefined) {
      add(row, `${plain(row.method)}: ${stopped(row.error)}`);
    }
    if (isReference(row)) continue;
    if (row.pgr !== null) explain(row.pgr, "");
    for (const [name, subset] of Object.entries(row.subsets)) explain(subset.pgr, ` on ${plain(name)}`);
  }
  return { texts, of: (subject) => numbers.get(subject) };
}

/** Why a PGR is undefined, in a few words that fit into a picture. */
export function undefinedBriefly(pgr: Pgr): string {
  if (pgr.n === 1) return "undefined: one test example";
  const low = pgr.gap.interval?.[0] ?? 0;
  return low > 0 ? "undefined: gap too uncertain" : "undefined: gap not clearly positive";
}
