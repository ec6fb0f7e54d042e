import type { ExperimentRecord } from "../experiment/record.js";
import type { Pgr } from "../stats/pgr.js";
import { isReference, type Notes, notes, ordered, subsetNames, subsetParts } from "./rows.js";
import { count, decimal, duration, plain, plural, sentence, shorten } from "./text.js";
import { modelInWords } from "./words.js";

const WIDTH = 80;
const LONGEST_NAME = 28;

/**
 * The results as text for a terminal: at most 100 columns, 80 where the method names are short. Accuracy and PGR each
 * with their 95% interval, weak first, ceiling last; below it why a PGR is undefined, what failed and what to beware of.
 */
export function formatTable(record: ExperimentRecord): string {
  const remarks = notes(record);
  const { testbed, teacher, student, cost, seeds } = record;
  const { train_unlabel, test } = testbed.sizes;
  const sizes = `${count(teacher.examples)} labelled, ${count(train_unlabel)} weakly labelled, ${count(test)} test examples`;
  const facts: [string, string][] = [
    [clipped(testbed.name), `${sizes}; ${plural(seeds.length, "seed")}`],
    ["teacher", modelInWords(teacher.model)],
    ["student", modelInWords(student.model)],
  ];
  const label = Math.max(...facts.map(([name]) => columns(name)));
  const head = facts.map(([name, fact]) => wrapped(`${pad(name, label)}  `, fact));
  const cached = cost.cachedFits > 0 ? ` (${count(cost.cachedFits)} from the cache)` : "";
  const tokens = cost.tokens > 0 ? `, ${count(cost.tokens)} tokens (paid by the first fit that needs them)` : "";
  const foot = [
    ...remarks.texts.map((text, i) => wrapped(`(${i + 1}) `, text)),
    `Brackets are 95% intervals.${record.conditionalOn.length > 0 ? " They take as given:" : ""}`,
    ...record.conditionalOn.map((condition) => wrapped("- ", sentence(condition))),
    wrapped("", `Cost: ${plural(cost.fits, "fit")}${cached}, ${duration(cost.seconds)} of device time${tokens}.`),
    ...record.warnings.map((warning) => wrapped("Warning: ", sentence(warning))),
  ];
  return [head.join("\n"), body(record, remarks), ...subsets(record, remarks), foot.join("\n")].join("\n\n");
}

function body(record: ExperimentRecord, remarks: Notes): string {
  const shown = ordered(record);
  const pgrs = pgrCells(
    shown.map((row) => (isReference(row) ? null : row.pgr)),
    remarks,
  );
  const lines = shown.map((row, i) => {
    const remark = remarks.of(row);
    const mark = remark === undefined ? "" : ` (${remark})`;
    const accuracy =
      row.accuracy === null
        ? `failed${mark}`
        : `${ascii(row.accuracy, 3)}${row.accuracyInterval === null ? "" : ` ${bracketed(row.accuracyInterval, 3)}`}${mark}`;
    return [clipped(row.method), accuracy, pgrs[i] ?? "", count(row.seeds), duration(row.seconds)];
  });
  return grid(
    [["", "accuracy", "PGR", "", "device"], ["method", "[interval]", "[interval]", "seeds", "time"], ...lines],
    3,
  );
}

function subsets(record: ExperimentRecord, remarks: Notes): string[] {
  return subsetNames(record).map((subset) => {
    const rows = subsetParts(record, subset);
    const pgrs = pgrCells(
      rows.map(({ row, part }) => (isReference(row) ? null : part.pgr)),
      remarks,
    );
    const lines = rows.map(({ row, part }, i) => [clipped(row.method), ascii(part.accuracy, 3), pgrs[i] ?? ""]);
    const n = rows[0]?.part.pgr.n ?? 0;
    const title = `On ${clipped(subset)}, ${plural(n, "test example")}`;
    return `${title}\n${grid([["method", "accuracy", "PGR [interval]"], ...lines], 3)}`;
  });
}

/** PGRs with their intervals, the estimates lined up at their decimal points. */
function pgrCells(pgrs: readonly (Pgr | null)[], remarks: Notes): string[] {
  const estimates = pgrs.map((pgr) => (pgr?.status === "ok" ? ascii(pgr.estimate, 2) : ""));
  const width = Math.max(...estimates.map((estimate) => estimate.length));
  return pgrs.map((pgr, i) => {
    if (pgr === null) return "";
    if (pgr.status === "undefined") return `undefined (${remarks.of(pgr)})`;
    return `${estimates[i]?.padStart(width)} ${bracketed(pgr.interval, 2)}`;
  });
}

/** A name in at most `LONGEST_NAME` columns. */
function clipped(name: string): string {
  let length = LONGEST_NAME;
  while (columns(shorten(plain(name), length)) > LONGEST_NAME) length -= 1;
  return shorten(plain(name), length);
}

/** Lines up columns two spaces apart; those from `right` on end together, the others begin together. */
function grid(lines: readonly (readonly string[])[], right: number): string {
  const widths = (lines[0] ?? []).map((_, i) => Math.max(...lines.map((line) => columns(line[i] ?? ""))));
  return lines
    .map((line) => line.map((cell, i) => (i < right ? pad(cell, widths[i]) : cell.padStart(widths[i] ?? 0))).join("  "))
    .map((line) => line.trimEnd())
    .join("\n");
}

function bracketed([low, high]: readonly [number, number], digits: number): string {
  return `[${ascii(low, digits)}, ${ascii(high, digits)}]`;
}

/** With a hyphen as minus, so that a number can be copied into a program. */
function ascii(value: number, digits: number): string {
  return decimal(value, digits).replace("\u2212", "-");
}

/** Wraps words after `lead`, further lines indented as far. */
function wrapped(lead: string, text: string): string {
  const indent = columns(lead);
  const room = WIDTH - indent;
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && columns(last) + 1 + columns(word) <= room) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(shorten(word, room));
  }
  return lines.map((line, i) => (i === 0 ? lead : " ".repeat(indent)) + line).join("\n");
}

function pad(text: string, width = 0): string {
  return text + " ".repeat(Math.max(0, width - columns(text)));
}

/** Terminal columns that a text takes: two for East Asian characters, none for combining marks. */
function columns(text: string): number {
  let total = 0;
  for (const { segment } of new Intl.Segmenter("en", { granularity: "grapheme" }).segment(text)) {
    total += /^(\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Emoji_Presentation})/u.test(
      segment,
    )
      ? 2
      : 1;
  }
  return total;
}
