import type { ExperimentRecord, ResultRow } from "../experiment/record.js";
import type { Pgr } from "../stats/pgr.js";
import {
  compared,
  comparedRows,
  familyInWords,
  lettersOf,
  notToldFrom,
  pInWords,
  resolvableInWords,
  upright,
} from "./differences.js";
import { isReference, type Notes, notes, ordered, subsetNames, subsetParts } from "./rows.js";
import { ascii, bracketed, columns, grid, pad, wrapped } from "./terminal.js";
import { count, duration, plain, plural, sentence, shorten } from "./text.js";
import { modelInWords } from "./words.js";

const WIDTH = 80;
const WIDEST = 100;
const LONGEST_NAME = 28;

/**
 * The results as text for a terminal: at most 100 columns, 80 where the method names are short. The metric and PGR each
 * with their 95% interval, weak first, ceiling last; below it which methods are told apart, why a PGR is undefined, what
 * failed and what to beware of. Other measures where there is room for them.
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
  const head = facts.map(([name, fact]) => wrapped(`${pad(name, label)}  `, fact, WIDTH));
  const cached = cost.cachedFits > 0 ? ` (${count(cost.cachedFits)} from the cache)` : "";
  const tokens = cost.tokens > 0 ? `, ${count(cost.tokens)} tokens (paid by the first fit that needs them)` : "";
  const table = body(record, remarks);
  const foot = [
    ...remarks.texts.map((text, i) => wrapped(`(${i + 1}) `, text, WIDTH)),
    ...differences(record, table.lettered),
    `Brackets are 95% intervals.${record.conditionalOn.length > 0 ? " They take as given:" : ""}`,
    ...record.conditionalOn.map((condition) => wrapped("- ", sentence(condition), WIDTH)),
    wrapped(
      "",
      `Cost: ${plural(cost.fits, "fit")}${cached}, ${duration(cost.seconds)} of device time${tokens}.`,
      WIDTH,
    ),
    ...record.warnings.map((warning) => wrapped("Warning: ", sentence(warning), WIDTH)),
  ];
  return [head.join("\n"), table.text, ...subsets(record, remarks), foot.join("\n")].join("\n\n");
}

/** A column: its two lines of heading, and a cell a row. */
interface Column {
  readonly head: readonly [string, string];
  readonly cells: readonly string[];
  /** Set flush right. */
  readonly right?: boolean;
}

/** The rows, and whether letters found room in them. */
function body(record: ExperimentRecord, remarks: Notes): { readonly text: string; readonly lettered: boolean } {
  const shown = ordered(record);
  const pgrs = pgrCells(
    shown.map((row) => (isReference(row) ? null : row.pgr)),
    remarks,
  );
  const scores = shown.map((row) => {
    const remark = remarks.of(row);
    const mark = remark === undefined ? "" : ` (${remark})`;
    if (row.score === null) return `failed${mark}`;
    return `${ascii(row.score, 3)}${row.scoreInterval === null ? "" : ` ${bracketed(row.scoreInterval, 3)}`}${mark}`;
  });
  const first: Column[] = [
    { head: ["", "method"], cells: shown.map((row) => clipped(row.method)) },
    { head: [clipped(record.metric), "[interval]"], cells: scores },
    { head: ["PGR", "[interval]"], cells: pgrs },
  ];
  const signs = lettersOf(record);
  const last: Column[] = [];
  if (shown.some((row) => row.seeds !== record.seeds.length)) {
    last.push({ head: ["", "seeds"], cells: shown.map((row) => count(row.seeds)), right: true });
  }
  last.push({ head: ["device", "time"], cells: shown.map((row) => duration(row.seconds)), right: true });
  const ties: Column = { head: ["", "ties"], cells: shown.map((row) => signs.get(row.method) ?? "") };
  const middle = signs.size > 0 && fits([...first, ties, ...last], WIDEST) ? [ties] : [];
  const lettered = middle.length > 0;
  for (const measure of otherMeasures(record, shown)) {
    if (fits([...first, ...middle, measure, ...last], WIDTH)) middle.push(measure);
  }
  return { text: set([...first, ...middle, ...last]), lettered };
}

/** What is measured beside the metric, what is wanted most first. */
function otherMeasures({ metric }: ExperimentRecord, shown: readonly ResultRow[]): Column[] {
  const column = (head: Column["head"], of: (row: ResultRow) => number | null): Column => ({
    head,
    cells: shown.map((row) => {
      const value = of(row);
      return value === null ? "" : ascii(value, 3);
    }),
    right: true,
  });
  const accuracy = metric === "accuracy" ? [] : [column(["", "accuracy"], (row) => row.accuracy)];
  const balanced = column(["balanced", "accuracy"], (row) => row.balancedAccuracy);
  return [...accuracy, column(["", "AUROC"], (row) => row.auroc), balanced];
}

/** Which methods are told apart, in words: the one pair, what the letters mean, or a list where these did not fit. */
function differences(record: ExperimentRecord, lettered: boolean): string[] {
  const rows = comparedRows(record);
  const said: string[] = [];
  const [pair] = compared(record);
  if (rows.length === 2 && pair) {
    const { higher, lower, estimate, interval } = upright(pair);
    const verdict = pair.distinguishable ? "distinguishable" : "not distinguishable";
    said.push(
      `${clipped(higher)} minus ${clipped(lower)}: ${ascii(estimate, 2)} ${bracketed(interval, 2)} of PGR, ` +
        `${pInWords(pair.pHolm)}${record.comparisons.length > 1 ? " by Holm's rule" : ""}, ${verdict}.`,
    );
  } else if (rows.length > 2 && lettered) {
    said.push(`Ties: methods that share a letter are not distinguishable by PGR (${familyInWords(record)}).`);
  } else if (rows.length > 2) {
    said.push(`Not distinguishable by PGR (${familyInWords(record)}):`);
    for (const row of rows) {
      const others = notToldFrom(record, row.method).map((other) => clipped(other.method));
      said.push(`- ${clipped(row.method)}: ${others.length === 0 ? "differs from all" : others.join(", ")}`);
    }
  }
  const resolvable = rows.length > 1 ? resolvableInWords(record) : undefined;
  return [...said, ...(resolvable === undefined ? [] : [resolvable])].map((text) => wrapped("", text, WIDTH));
}

function subsets(record: ExperimentRecord, remarks: Notes): string[] {
  return subsetNames(record).map((subset) => {
    const rows = subsetParts(record, subset);
    const pgrs = pgrCells(
      rows.map(({ row, part }) => (isReference(row) ? null : part.pgr)),
      remarks,
    );
    const n = rows[0]?.part.pgr.n ?? 0;
    const title = `On ${clipped(subset)}, ${plural(n, "test example")}`;
    const table: Column[] = [
      { head: ["", "method"], cells: rows.map(({ row }) => clipped(row.method)) },
      { head: ["", clipped(record.metric)], cells: rows.map(({ part }) => ascii(part.score, 3)) },
      { head: ["", "PGR [interval]"], cells: pgrs },
    ];
    return `${title}\n${set(table)}`;
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

/** Lines up columns under their headings. */
function set(table: readonly Column[]): string {
  return grid(table.map(({ head, cells, right = false }) => ({ cells: [...head, ...cells], right })));
}

function fits(table: readonly Column[], width: number): boolean {
  return Math.max(...set(table).split("\n").map(columns)) <= width;
}
