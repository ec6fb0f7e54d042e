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
    ({ testbed, author, baseline, method, hours, at, seeds, accuracy, pgr, snapshot, id }) => [
      csvText(testbed),
      csvText(author),
      String(baseline),
      csvText(method),
      String(hours),
      csvText(at),
      seeds.join(" "),
      String(pgr.n),
      String(accuracy),
      ...(pgr.status === "ok" ? [pgr.estimate, ...pgr.interval].map(String) : ["", "", ""]),
      csvText(snapshot ?? ""),
      csvText(id),
    ],
  );
  return csv([labCsvHeader, ...lines]);
}
