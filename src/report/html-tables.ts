import type { ExperimentRecord, ResultRow } from "../experiment/record.js";
import type { Pgr } from "../stats/pgr.js";
import { type Markup, markup } from "./markup.js";
import { range } from "./panels.js";
import { isControl, isReference, metricTitle, type Notes, ordered, subsetNames, subsetParts } from "./rows.js";
import { count, decimal, duration, plain, plural } from "./text.js";

const none = markup``;

const explanations = new Map([
  ["weak", "the teacher"],
  ["ceiling", "the student, trained on the truth"],
]);

/** The metric and PGR of every method on the whole test split. */
export function resultsTable(record: ExperimentRecord, notes: Notes): Markup {
  const rows = ordered(record).map(
    (row) => markup`<tr>${explainedName(row)}
<td>${scoreOf(row, notes)}</td>
<td>${pgrOf(row, row.pgr, notes)}</td></tr>
`,
  );
  const seeds = record.seeds.length === 1 ? "One seed" : `Means over ${plural(record.seeds.length, "seed")}`;
  const caption = `${seeds} on ${plural(record.testbed.sizes.test, "test example")}, with 95% intervals.`;
  return table("full", caption, ["Method", metricTitle(record), "PGR"], rows);
}

/** Seeds and device time of every method. */
export function costTable(record: ExperimentRecord): Markup {
  const rows = ordered(record).map(
    (row) => markup`<tr>${nameCell(row)}
<td>${count(row.seeds)}</td>
<td>${duration(row.seconds)}</td></tr>
`,
  );
  const caption = "By method, over all seeds. A fit that several methods share is counted in each.";
  return table("", caption, ["Method", "Seeds that count", "Device time"], rows);
}

/** The same on each named subset of the test split. */
export function subsetTables(record: ExperimentRecord, notes: Notes): Markup[] {
  return subsetNames(record).map((subset) => {
    const parts = subsetParts(record, subset);
    const rows = parts.map(
      ({ row, part }) => markup`<tr>${nameCell(row)}
<td><span class="value">${decimal(part.score, 3)}</span></td>
<td>${pgrOf(row, part.pgr, notes)}</td></tr>
`,
    );
    const caption = `On the ${plural(parts[0]?.part.pgr.n ?? 0, "example")} of ${plain(subset)}; PGR with its 95% interval.`;
    return markup`<h3>${isolated(subset)}</h3>
${table("", caption, ["Method", metricTitle(record), "PGR"], rows)}`;
  });
}

/** The metric of every method with every seed. */
export function seedTable(record: ExperimentRecord): Markup {
  const rows = ordered(record).map((row) => {
    const cells = record.seeds.map((seed) => {
      const run = record.runs.find((one) => one.method === row.method && one.seed === seed && one.split === "test");
      const score = run?.score ?? null;
      return markup`<td>${score === null ? "failed" : decimal(score, 3)}</td>`;
    });
    return markup`<tr>${nameCell(row)}${cells}</tr>
`;
  });
  const heads = ["Method", ...record.seeds.map((seed) => `Seed ${seed}`)];
  return table("", `${metricTitle(record)} on the whole test split, one column a seed.`, heads, rows);
}

/** Measures beside the metric, every one a mean over seeds. */
export function measuresTable(record: ExperimentRecord): Markup {
  const columns: [string, (row: ResultRow) => number | null][] = [
    ["Balanced accuracy", (row) => row.balancedAccuracy],
    ["AUROC", (row) => row.auroc],
  ];
  if (record.metric !== "accuracy") columns.unshift(["Accuracy", (row) => row.accuracy]);
  const rows = ordered(record).map((row) => {
    const cells = columns.map(([, of]) => {
      const value = of(row);
      return markup`<td>${value !== null ? decimal(value, 3) : row.score === null ? "failed" : "undefined"}</td>`;
    });
    return markup`<tr>${nameCell(row)}${cells}</tr>
`;
  });
  const caption =
    record.testbed.classes.length > 2
      ? "Means over seeds. AUROC is the mean over classes, each against the rest."
      : "Means over seeds.";
  return table("", caption, ["Method", ...columns.map(([head]) => head)], rows);
}

/** Text from elsewhere, kept from turning the direction of what stands around it. */
export function isolated(text: string): Markup {
  return markup`<bdi>${plain(text)}</bdi>`;
}

/** A table that scrolls by itself where it is too wide, also by keyboard. */
export function table(kind: string, caption: string, heads: readonly string[], rows: readonly Markup[]): Markup {
  const columns = heads.map((head) => markup`<th scope="col">${head}</th>`);
  return markup`<div class="scroll" role="group" aria-label="${caption}" tabindex="0">
<table${kind === "" ? none : markup` class="${kind}"`}>
<caption>${caption}</caption>
<thead><tr>${columns}</tr></thead>
<tbody>
${rows}</tbody>
</table>
</div>`;
}

export function nameCell(row: ResultRow): Markup {
  return markup`<th scope="row">${isolated(row.method)}</th>`;
}

/** The name, with a word on what it is where it is no method. */
function explainedName(row: ResultRow): Markup {
  const what = explanations.get(row.method) ?? (isControl(row) ? "a control" : undefined);
  if (what === undefined) return nameCell(row);
  return markup`<th scope="row">${isolated(row.method)} <span class="aside">${what}</span></th>`;
}

function scoreOf(row: ResultRow, notes: Notes): Markup {
  const mark = noteLink(notes.of(row));
  if (row.score === null) return markup`failed${mark}`;
  return markup`<span class="value">${decimal(row.score, 3)}</span>${intervalOf(row.scoreInterval, 3)}${mark}`;
}

function pgrOf(row: ResultRow, pgr: Pgr | null, notes: Notes): Markup {
  if (pgr === null) return markup`not measured`;
  if (pgr.status === "undefined") return markup`undefined${noteLink(notes.of(pgr))}`;
  if (isReference(row)) return markup`${decimal(pgr.estimate, 0)} <span class="interval">by definition</span>`;
  return markup`<span class="value">${decimal(pgr.estimate, 2)}</span>${intervalOf(pgr.interval, 2)}`;
}

function intervalOf(interval: readonly [number, number] | null, digits: number): Markup {
  return interval === null ? none : markup` <span class="interval">${range(interval, digits)}</span>`;
}

function noteLink(number: number | undefined): Markup {
  return number === undefined ? none : markup`, <a href="#note-${number}">note ${number}</a>`;
}
