import { expect, test } from "vitest";
import { toCsv } from "../../src/report/csv.js";
import { brown, failing, hostile, hostileNames } from "./records.js";

/** RFC 4180, written apart from the code under test. */
function parse(csv: string): string[][] {
  const rows: string[][] = [[]];
  const cell = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n)/gy;
  for (const [, raw, end] of csv.matchAll(cell)) {
    rows.at(-1)!.push(raw!.startsWith('"') ? raw!.slice(1, -1).replaceAll('""', '"') : raw!);
    if (end === "\r\n") rows.push([]);
  }
  expect(rows.pop()).toEqual([]);
  return rows;
}

test("one line a run under a header, numbers at full precision", () => {
  const record = brown();
  const [header, ...lines] = parse(toCsv(record));
  expect(header?.join(",")).toBe(
    "method,seed,split,metric,score,accuracy,balanced_accuracy,auroc,seconds,device,tokens,cached,checkpoint,error",
  );
  expect(lines).toHaveLength(record.runs.length);
  const [first] = record.runs;
  expect(lines[0]).toEqual([
    "weak",
    "0",
    "test",
    "accuracy",
    ...[first!.score, first!.accuracy, first!.balancedAccuracy, first!.auroc].map(String),
    "0.4",
    "cpu (2 threads)",
    "0",
    "false",
    "weak-0",
    "",
  ]);
});

test("a failed run has no accuracy and its error", () => {
  const line = parse(toCsv(failing())).find(([method, seed]) => method === "my-method" && seed === "4")!;
  expect(line.slice(4, 8)).toEqual(["", "", "", ""]);
  expect(line[13]).toContain("out of memory (asked for 9.1 GB)");
});

test("hostile names come back as they were, but none as a formula", () => {
  const methods = parse(toCsv(hostile()))
    .slice(1)
    .map(([method]) => method!);
  expect(methods.filter((method) => /^[=+\-@\t\r\n]/.test(method))).toEqual([]);
  expect(new Set(methods.map((method) => method.replace(/^'/, "")))).toEqual(
    new Set(["weak", ...hostileNames, "ceiling"]),
  );
});

test("the metric is named in every line, kept from being a formula", () => {
  const lines = parse(toCsv({ ...brown(), metric: "=rubric" })).slice(1);
  expect(new Set(lines.map((line) => line[3]))).toEqual(new Set(["'=rubric"]));
});

test("no path of this machine", () => {
  expect(toCsv(brown())).not.toContain("/secret");
});
