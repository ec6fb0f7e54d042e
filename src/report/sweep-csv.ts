import type { SweepPair, SweepRecord } from "../sweep/record.js";
import { csv, csvHeader, csvText, runCells } from "./csv.js";

/**
 * One line a pair and run: teacher and student, then the columns of an experiment's CSV. A pair that failed has one line
 * with its error.
 */
export function toSweepCsv(record: SweepRecord): string {
  return csv([["teacher", "student", ...csvHeader], ...record.pairs.flatMap(linesOf)]);
}

function linesOf({ teacher, student, record, error = "" }: SweepPair): string[][] {
  const pair = [csvText(teacher), csvText(student)];
  if (!record) return [[...pair, ...csvHeader.map((name) => (name === "error" ? csvText(error) : ""))]];
  return record.runs.map((run) => [...pair, ...runCells(run, record.metric)]);
}
