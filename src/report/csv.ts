import type { ExperimentRecord, ResultRun } from "../experiment/record.js";

/** Columns of a run. */
export const csvHeader = [
  "method",
  "seed",
  "split",
  "metric",
  "score",
  "accuracy",
  "balanced_accuracy",
  "auroc",
  "seconds",
  "device",
  "tokens",
  "cached",
  "checkpoint",
  "error",
];

/**
 * One line a run, as RFC 4180 has it (UTF-8, CRLF, quotes doubled). Numbers have full precision; what was not measured
 * is empty. Text that a spreadsheet would take for a formula gets an apostrophe in front, as OWASP advises; JSON has
 * the names as they are.
 */
export function toCsv(record: ExperimentRecord): string {
  return csv([csvHeader, ...record.runs.map((run) => runCells(run, record.metric))]);
}

/** Lines of cells, quoted where they have to be. */
export function csv(lines: readonly (readonly string[])[]): string {
  return lines.map((line) => `${line.map(quoted).join(",")}\r\n`).join("");
}

/** What a run has in the columns of {@link csvHeader}. */
export function runCells(run: ResultRun, metric: string): string[] {
  const { method, seed, split, score, accuracy, balancedAccuracy, auroc, checkpoint, cost, error } = run;
  return [
    csvText(method),
    String(seed),
    csvText(split),
    csvText(metric),
    ...[score, accuracy, balancedAccuracy, auroc].map((value) => (value === null ? "" : String(value))),
    String(cost.seconds),
    csvText(cost.device),
    String(cost.tokens),
    String(cost.cached ?? false),
    csvText(checkpoint?.id ?? ""),
    csvText(error ?? ""),
  ];
}

/** Text that no spreadsheet takes for a formula. */
export function csvText(value: string): string {
  return /^[=+\-@\t\r\n]/.test(value) ? `'${value}` : value;
}

function quoted(cell: string): string {
  return /[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
