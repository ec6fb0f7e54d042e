import type { SweepRecord } from "../sweep/record.js";
import { Markup, markup } from "./markup.js";
import { dark, light } from "./palette.js";
import { range } from "./panels.js";
import { sweepCells, sweepHeadline, sweepMetric } from "./sweep-cells.js";
import { type SweepLine, sweepPanels } from "./sweep-panels.js";
import { loadSweepPlot } from "./sweep-plot.js";
import { darkTeachers } from "./sweep-style.js";
import { decimal, plain, shorten } from "./text.js";

/** How a picture is made. */
export interface SweepSvgOptions {
  /** Width in pixels. Default 860; below 600 the panels stand in one column. */
  readonly width?: number;
}

const EDGE = 12;
const TITLE = 22;

/**
 * A sweep as one SVG picture, after the figure of openai/weak-to-strong: the ladder of students to the right, the score
 * upwards, one line a teacher that starts at its own score (hollow), the dashed line of students trained on the truth
 * above; one panel a method. It has its own background and colours for light and dark and says all numbers in words.
 */
export async function toSweepSvg(record: SweepRecord, options: SweepSvgOptions = {}): Promise<string> {
  const width = options.width ?? 860;
  const plotter = await loadSweepPlot();
  const panels = sweepPanels(record);
  const across = width < 600 || panels.ladder.length > 7 ? 1 : Math.min(2, panels.panels.length);
  const wide = (width - EDGE * (across + 1)) / across;
  const legend = plotter.legend(panels, width - 2 * EDGE);
  const parts: Markup[] = [legend.at(EDGE, EDGE)];
  let y = EDGE + legend.height + EDGE;
  for (let i = 0; i < panels.panels.length; i += across) {
    const row = panels.panels
      .slice(i, i + across)
      .map((panel) => ({ panel, drawn: plotter.panel(panels, panel, wide) }));
    for (const [at, { panel, drawn }] of row.entries()) {
      const x = EDGE + at * (wide + EDGE);
      const title = shorten(`${panels.metric}, ${panel.title}`, Math.floor(wide / 8));
      parts.push(
        markup`<text class="w2s-ink" x="${x}" y="${y + 12}" font-size="14" font-weight="600" fill="${light.ink}">${title}</text>`,
        drawn.at(x, y + TITLE),
      );
    }
    y += TITLE + row[0]!.drawn.height + EDGE;
  }
  return frame(record, width, Math.ceil(y), parts);
}

function frame(record: SweepRecord, width: number, height: number, parts: readonly Markup[]): string {
  const id = `sweep-${width}`;
  const style = new Markup(`@media screen and (prefers-color-scheme: dark) {
.w2s-ink { fill: ${dark.ink} } .w2s-muted { fill: ${dark.muted} } .w2s-paper { fill: ${dark.paper} }
.w2s-grid { stroke: ${dark.rule} } .w2s-line { stroke: ${dark.muted} }
${darkTeachers}
}`);
  const words = `${sweepHeadline(record).replaceAll("`", "")} With 95% intervals: ${sweepInWords(record)}`;
  return markup`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" role="img" aria-labelledby="${id}-title" aria-describedby="${id}-desc">
<title id="${id}-title">${sweepMetric(record)} of every student by teacher and method on ${plain(record.testbed.name)}</title>
<desc id="${id}-desc">${words}</desc>
<style>${style}</style>
<rect class="w2s-paper" width="${width}" height="${height}" fill="${light.paper}"/>
${parts}
</svg>
`.text;
}

/** The picture in words, for those who do not see it, with the PGRs, which it does not show. */
function sweepInWords(record: SweepRecord): string {
  const { ladder, panels } = sweepPanels(record);
  const cells = sweepCells(record);
  const nameOf = new Map(ladder.map(({ key, name }) => [key, name]));
  const said = ({ points }: SweepLine, more: (key: string) => string = () => "") =>
    points
      .map(
        ({ key, value, interval, own }) =>
          `${own ? "itself" : nameOf.get(key)} ${decimal(value, 3)}${interval ? ` (${range(interval, 3)})` : ""}${own ? "" : more(key)}`,
      )
      .join(", ");
  const methods = panels.map(({ title, teachers }, at) => {
    const pgr = (teacher: string) => (key: string) => {
      const student = record.models[Number(key)]!.name;
      const cell = cells.of(record.methods[at]!.method, teacher, student);
      return cell?.status === "ok"
        ? `, PGR ${decimal(cell.estimate, 2)} (${range(cell.interval, 2)})`
        : ", PGR undefined";
    };
    const lines = teachers.map((line, i) => `taught by ${line.name}: ${said(line, pgr(record.models[i]!.name))}`);
    return `${title}, ${lines.join("; ")}.`;
  });
  const truth = panels[0] ? `Trained on the truth: ${said(panels[0].ceiling)}.` : "";
  return [truth, ...methods].join(" ");
}
