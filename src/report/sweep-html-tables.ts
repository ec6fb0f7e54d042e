import type { SweepMethod, SweepRecord, SweepScore } from "../sweep/record.js";
import { isolated, table } from "./html-tables.js";
import { type Markup, markup } from "./markup.js";
import { range } from "./panels.js";
import {
  medianInWords,
  rowOf,
  type SweepCell,
  type SweepCells,
  sweepMetric,
  sweepTies,
  tiesInWords,
} from "./sweep-cells.js";
import { decimal, duration, plain, plural, sentence } from "./text.js";
import { modelInWords } from "./words.js";

/** Every model of the ladder, trained on the truth. */
export function modelsTable(record: SweepRecord): Markup {
  const rows = record.models.map(
    ({
      name,
      model,
      weak,
      ceiling,
    }) => markup`<tr><th scope="row">${isolated(name)} <span class="aside">${sentence(modelInWords(model)).slice(0, -1)}</span></th>
<td>${scoreOf(weak)}</td>
<td>${scoreOf(ceiling)}</td></tr>
`,
  );
  const caption = `Mean ${sweepMetric(record)} over ${plural(record.seeds.length, "seed")} on ${plural(record.testbed.sizes.test, "test example")}, with 95% intervals.`;
  return table("full", caption, ["Model", "As a teacher", "Ceiling"], rows);
}

/** PGR of one method: teachers down, students across. */
export function matrixTable(record: SweepRecord, method: SweepMethod, cells: SweepCells): Markup {
  const names = record.models.map(({ name }) => name);
  const students = names.slice(1);
  const rows = names.slice(0, -1).map((teacher) => {
    const ofTeacher = students.map((student) => markup`<td>${pgrOf(cells.of(method.method, teacher, student))}</td>\n`);
    return markup`<tr><th scope="row">${isolated(teacher)}</th>
${ofTeacher}</tr>
`;
  });
  const caption = `${sentence(medianInWords(method))} Teachers down, students across, with 95% intervals.`;
  const control = method.control ? markup` <span class="aside">a control</span>` : markup``;
  return markup`<h3>${isolated(method.method)}${control}</h3>
${table("", caption, ["Teacher", ...students.map(plain)], rows)}
`;
}

/** The mean score of every student. */
export function pairsTable(record: SweepRecord): Markup {
  const rows = record.pairs.map((pair) => {
    const scores = record.methods.map(({ method }) => {
      const row = rowOf(pair, method);
      return markup`<td>${row && row.score !== null ? scoreOf({ score: row.score, interval: row.scoreInterval }) : "failed"}</td>\n`;
    });
    const time = pair.record ? duration(pair.record.cost.seconds) : "";
    return markup`<tr><th scope="row">${isolated(pair.teacher)} → ${isolated(pair.student)}</th>
${scores}<td>${time}</td></tr>
`;
  });
  const heads = ["Pair", ...record.methods.map(({ method }) => plain(method)), "Device time"];
  const caption = `Mean ${sweepMetric(record)} of the student by method, and device time; a fit that several pairs share is counted with the first.`;
  return table("", caption, heads, rows);
}

/** Which methods are told apart within each pair; nothing with one method. */
export function tiesTable(record: SweepRecord): Markup | undefined {
  const found = sweepTies(record);
  if (found.length === 0) return undefined;
  const rows = found.map(({ pair, letters }) => {
    const methods = letters.map(([method, signs], i) => markup`${i === 0 ? "" : ", "}${isolated(method)} (${signs})`);
    return markup`<tr><th scope="row">${isolated(pair.teacher)} → ${isolated(pair.student)}</th>
<td class="text">${methods}</td></tr>
`;
  });
  return table("full differs", tiesInWords, ["Pair", "Methods by falling PGR, with letters"], rows);
}

function scoreOf(score: SweepScore | null): Markup {
  if (score === null) return markup`<span class="aside">not measured</span>`;
  const { interval } = score;
  return markup`<span class="value">${decimal(score.score, 3)}</span>${interval === null ? "" : markup` <span class="interval">${range(interval, 3)}</span>`}`;
}

function pgrOf(cell: SweepCell | undefined): Markup {
  if (cell === undefined) return markup``;
  if (cell.status !== "ok") return markup`${cell.status}, <a href="#note-${cell.note}">note ${cell.note}</a>`;
  return markup`<span class="value">${decimal(cell.estimate, 2)}</span> <span class="interval">${range(cell.interval, 2)}</span>`;
}
