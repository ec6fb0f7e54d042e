import type { ExperimentRecord, ResultRow } from "../experiment/record.js";
import type { Pgr } from "../stats/pgr.js";
import { isReference, metricName, metricTitle, ordered, undefinedBriefly } from "./rows.js";
import { count, decimal, plain } from "./text.js";

/** One row of a picture: a value with its interval, or words in place of it. */
export interface PanelRow {
  /** Position, as text: unlike names these are always different. */
  readonly key: string;
  readonly name: string;
  /** The teacher and the ceiling are drawn hollow. */
  readonly reference: boolean;
  readonly value?: number;
  /** The value as it is written. */
  readonly label?: string;
  readonly interval?: readonly [number, number];
  /** Said in the row where there is no value. */
  readonly note?: string;
}

/** One of the two pictures, as numbers and words. */
export interface Panel {
  readonly title: string;
  readonly domain: readonly [number, number];
  readonly rows: readonly PanelRow[];
  /** Dashed lines for the teacher and the ceiling. */
  readonly lines: readonly { readonly at: number; readonly name: string }[];
}

/** The metric, of teacher, methods and ceiling. */
export function scorePanel(record: ExperimentRecord): Panel {
  const rows = ordered(record).map((row, i): PanelRow => {
    const { score, scoreInterval } = row;
    const base = { key: String(i), name: plain(row.method), reference: isReference(row) };
    if (score === null) return { ...base, note: "failed" };
    return {
      ...base,
      value: score,
      label: decimal(score, 3),
      ...(scoreInterval === null ? {} : { interval: scoreInterval }),
    };
  });
  const ends = extent(rows, 0.5);
  const room = Math.max(0.01, 0.06 * (ends[1] - ends[0]));
  return {
    title: `${metricTitle(record, 24)} on ${count(record.testbed.sizes.test)} test examples`,
    domain: [Math.max(0, ends[0] - room), Math.min(1, ends[1] + room)],
    rows,
    lines: rows.flatMap((row) => (row.reference && row.value !== undefined ? [{ at: row.value, name: row.name }] : [])),
  };
}

/** PGR of the methods between the lines of 0 and 1. What lies beyond -1 or 2 is cut off and marked. */
export function pgrPanel(record: ExperimentRecord): Panel {
  const rows = ordered(record).map((row, i): PanelRow => {
    const base = { key: String(i), name: plain(row.method), reference: isReference(row) };
    if (!base.reference) return { ...base, ...pgrMark(row.pgr) };
    return row.pgr?.status === "ok" ? { ...base, value: row.pgr.estimate, label: decimal(row.pgr.estimate, 0) } : base;
  });
  const [low, high] = extent(rows, 0, 1);
  return {
    title: "Performance gap recovered (PGR)",
    domain: [Math.max(-1, low - 0.1), Math.min(2, high + 0.1)],
    rows,
    lines: [
      { at: 0, name: "weak" },
      { at: 1, name: "ceiling" },
    ],
  };
}

/** The picture in words, for those who do not see it. */
export function panelsInWords(record: ExperimentRecord): string {
  return ordered(record)
    .map((row) => rowInWords(row, metricName(record)))
    .join(" ");
}

function rowInWords(row: ResultRow, metric: string): string {
  const name = plain(row.method);
  if (row.score === null) return `${name}: failed.`;
  const interval = row.scoreInterval;
  const score = `${name}: ${metric} ${decimal(row.score, 3)}${interval === null ? "" : ` (${range(interval, 3)})`}`;
  if (isReference(row) || row.pgr === null) return `${score}.`;
  if (row.pgr.status === "undefined") return `${score}, PGR ${undefinedBriefly(row.pgr)}.`;
  return `${score}, PGR ${decimal(row.pgr.estimate, 2)} (${range(row.pgr.interval, 2)}).`;
}

/** `0.74 to 0.98`: a dash would look like a minus. */
export function range([low, high]: readonly [number, number], digits: number): string {
  return `${decimal(low, digits)} to ${decimal(high, digits)}`;
}

function pgrMark(pgr: Pgr | null): Pick<PanelRow, "value" | "label" | "interval" | "note"> {
  if (pgr === null) return { note: "failed" };
  if (pgr.status === "undefined") return { note: undefinedBriefly(pgr) };
  return { value: pgr.estimate, label: decimal(pgr.estimate, 2), interval: pgr.interval };
}

function extent(rows: readonly PanelRow[], ...always: number[]): [number, number] {
  const values = rows.flatMap((row) => [...(row.value === undefined ? [] : [row.value]), ...(row.interval ?? [])]);
  const all = always.length === 1 && values.length > 0 ? values : [...values, ...always];
  return [Math.min(...all), Math.max(...all)];
}
