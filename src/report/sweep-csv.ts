import type { SweepPair, SweepRecord } from "../sweep/record.js";
import { toCsv } from "./csv.js";

const end = "\r\n";

/**
 * One line a pair and run: teacher and student, then the columns of an experiment's CSV. A pair that failed has one line
 * with its error.
 */
export function toSweepCsv(record: SweepRecord): string {
  const some = record.pairs.find((pair) => pair.record !== null)?.record;
  const columns = some
    ? toCsv({ ...some, runs: [] })
        .trimEnd()
        .split(",")
    : ["error"];
  return [`teacher,student,${columns.join(",")}${end}`, ...record.pairs.map((pair) => linesOf(pair, columns))].join("");
}

function linesOf({ teacher, student, record, error = "" }: SweepPair, columns: readonly string[]): string {
  const pair = `${cell(teacher)},${cell(student)},`;
  if (!record) return `${pair}${columns.map((name) => (name === "error" ? cell(error) : "")).join(",")}${end}`;
  // One run at a time: an error may have line breaks of its own.
  return record.runs
    .map((run) => toCsv({ ...record, runs: [run] }))
    .map((text) => pair + text.slice(text.indexOf(end) + end.length))
    .join("");
}

/** As the cells of `toCsv`. */
function cell(value: string): string {
  const text = /^[=+\-@\t\r\n]/.test(value) ? `'${value}` : value;
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
