import type { SweepMethod, SweepRecord, SweepScore } from "../sweep/record.js";
import {
  medianInWords,
  type SweepCell,
  type SweepCells,
  sweepCells,
  sweepMetric,
  sweepTies,
  tiesInWords,
} from "./sweep-cells.js";
import { ascii, bracketed, columns, grid, wrapped } from "./terminal.js";
import { count, duration, plain, plural, sentence, shorten } from "./text.js";
import { modelInWords } from "./words.js";

const WIDTH = 96;
const NAME = 20;

/**
 * A sweep's results as text for a terminal, at most 96 columns wide: each model trained on the truth, then for each method
 * the PGR of every pair and their median; below it why a PGR is missing, and what to beware of.
 */
export function formatSweep(record: SweepRecord): string {
  const cells = sweepCells(record);
  const { testbed, cost, seeds } = record;
  const { train_unlabel, test } = testbed.sizes;
  const sizes = `${count(record.teacherExamples)} labelled, ${count(train_unlabel)} weakly labelled, ${count(test)} test examples`;
  const head = wrapped(`${name(testbed.name)}  `, `${sizes}; ${plural(seeds.length, "seed")}`, WIDTH);
  const cached = cost.cachedFits > 0 ? ` (${count(cost.cachedFits)} from the cache)` : "";
  const foot = [
    ...cells.notes.map((text, i) => wrapped(`(${i + 1}) `, text, WIDTH)),
    `Brackets are 95% intervals, each for itself; medians have none.${record.conditionalOn.length > 0 ? " The intervals take as given:" : ""}`,
    ...record.conditionalOn.map((condition) => wrapped("- ", sentence(condition), WIDTH)),
    `Cost: ${plural(cost.fits, "fit")}${cached}, ${duration(cost.seconds)} of device time.`,
    ...record.warnings.map((warning) => wrapped("Warning: ", sentence(warning), WIDTH)),
  ];
  const matrices = record.methods.map((method) => matrix(record, method, cells));
  return [head, modelTable(record), ...matrices, ...ties(record), foot.join("\n")].join("\n\n");
}

function modelTable(record: SweepRecord): string {
  const rows = record.models.map((model) => [
    name(model.name),
    scoreOf(model.weak),
    scoreOf(model.ceiling),
    shorten(modelInWords(model.model), 30),
  ]);
  const lines = lined([["model", "as teacher", "ceiling", ""], ...rows]);
  return `${sweepMetric(record)} [interval] of each model trained on the truth:\n${lines}`;
}

/** Teachers down, students across; as many blocks as it takes to stay within the width. */
function matrix(record: SweepRecord, method: SweepMethod, cells: SweepCells): string {
  const names = record.models.map((model) => model.name);
  const [teachers, students] = [names.slice(0, -1), names.slice(1)];
  const widest = (student: string) =>
    Math.max(
      columns(name(student)),
      ...teachers.map((teacher) => shown(cells.of(method.method, teacher, student)).length),
    );
  const lead = Math.max(7, ...teachers.map((teacher) => columns(name(teacher))));
  const blocks: string[][] = [];
  let room = 0;
  for (const student of students) {
    room -= widest(student) + 2;
    if (room < 0) {
      blocks.push([]);
      room = WIDTH - lead - widest(student) - 2;
    }
    blocks.at(-1)!.push(student);
  }
  const tables = blocks.map((block) => {
    const rows = teachers
      .map((teacher) => [name(teacher), ...block.map((student) => shown(cells.of(method.method, teacher, student)))])
      .filter((row) => row.some((text, i) => i > 0 && text !== ""));
    return lined([["teacher", ...block.map(name)], ...rows]);
  });
  const control = method.control ? " (a control)" : "";
  const title = `PGR [interval] with ${shorten(plain(method.method), 48)}${control}, by student:`;
  return [title, tables.join("\n"), medianInWords(method).replace("\u2212", "-")].join("\n");
}

/** Which methods are told apart, pair by pair; nothing with one method. */
function ties(record: SweepRecord): string[] {
  const found = sweepTies(record);
  if (found.length === 0) return [];
  const lines = found.map(({ pair, letters }) => {
    const methods = letters.map(([method, signs]) => `${shorten(plain(method), 28)} (${signs})`);
    return wrapped("- ", `${name(pair.teacher)} \u2192 ${name(pair.student)}: ${methods.join(", ")}`, WIDTH);
  });
  return [[wrapped("", `Ties: ${tiesInWords.replace(/^W/, "w")}`, WIDTH), ...lines].join("\n")];
}

/** Lines of cells, as {@link grid} sets them. */
function lined(lines: readonly (readonly string[])[]): string {
  return grid(lines[0]!.map((_, i) => ({ cells: lines.map((line) => line[i] ?? "") })));
}

function shown(cell: SweepCell | undefined): string {
  if (cell === undefined) return "";
  if (cell.status !== "ok") return `${cell.status} (${cell.note})`;
  return `${ascii(cell.estimate, 2)} ${bracketed(cell.interval, 2)}`;
}

function scoreOf(score: SweepScore | null): string {
  if (score === null) return "";
  return `${ascii(score.score, 3)}${score.interval === null ? "" : ` ${bracketed(score.interval, 3)}`}`;
}

function name(text: string): string {
  return shorten(plain(text), NAME);
}
