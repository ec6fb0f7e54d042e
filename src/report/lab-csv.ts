import type { LabRecord } from "../lab/record.js";
import { csv, csvText } from "./csv.js";

/** Columns of an evaluation. */
export const labCsvHeader = [
  "testbed",
  "author",
  "baseline",
  "method",
  "research_hours",
  "at",
  "seeds",
  "examples",
  "told",
  "accuracy",
  "pgr",
  "pgr_low",
  "pgr_high",
  "snapshot",
  "evaluation",
];

/** One line an evaluation, in the scorer's order, as RFC 4180 has it; an undefined PGR is empty. All of the development split. */
export function toLabCsv({ evaluations }: LabRecord): string {
  const lines = evaluations.map(
    ({ testbed, author, baseline, method, hours, at, seeds, score, told, snapshot, id }) => [
      csvText(testbed),
      csvText(author),
      String(baseline),
      csvText(method),
      String(hours),
      csvText(at),
      seeds.join(" "),
      ...(score ? [String(score.pgr.n), String(told), String(score.accuracy)] : ["", String(told), ""]),
      ...(score?.pgr.status === "ok" ? [score.pgr.estimate, ...score.pgr.interval].map(String) : ["", "", ""]),
      csvText(snapshot ?? ""),
      csvText(id),
    ],
  );
  return csv([labCsvHeader, ...lines]);
}
