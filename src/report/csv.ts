import type { ExperimentRecord, ResultRun } from "../experiment/record.js";

const header = [
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
  return [header, ...record.runs.map((run) => cells(run, record.metric))]
    .map((line) => `${line.map(quoted).join(",")}\r\n`)
    .join("");
}

function cells(run: ResultRun, metric: string): string[] {
  const { method, seed, split, score, accuracy, balancedAccuracy, auroc, checkpoint, cost, error } = run;
  return [
    text(method),
    String(seed),
    text(split),
    text(metric),
    ...[score, accuracy, balancedAccuracy, auroc].map((value) => (value === null ? "" : String(value))),
    String(cost.seconds),
    text(cost.device),
    String(cost.tokens),
    String(cost.cached ?? false),
    text(checkpoint?.id ?? ""),
    text(error ?? ""),
  ];
}

function text(value: string): string {
  return /^[=+\-@\t\r\n]/.test(value) ? `'${value}` : value;
}

function quoted(cell: string): string {
  return /[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
