import type { LabRecord } from "../lab/record.js";
import { complexityPanel, diversityPanel, labLegend, pgrPanels } from "./lab-panels.js";
import { loadLabPlot } from "./lab-plot.js";
import { hoursInWords, labHeadline, totals } from "./lab-words.js";
import { Markup, markup } from "./markup.js";
import { dark, light } from "./palette.js";
import { range } from "./panels.js";
import { darkTeachers } from "./sweep-style.js";
import { decimal, plain, shorten } from "./text.js";

/** How a picture is made. */
export interface LabSvgOptions {
  /** Width in pixels. Default 860; below 600 the panels stand in one column. */
  readonly width?: number;
}

const EDGE = 12;
const TITLE = 22;

/**
 * A lab's outcome as one SVG picture: PGR on each testbed over research hours (one thin line an agent, a bold one for the
 * best so far, baselines at hour 0), the diversity of ideas with its band, and the complexity of methods. It has its own
 * background and colours for light and dark and says the main numbers in words.
 */
export async function toLabSvg(record: LabRecord, options: LabSvgOptions = {}): Promise<string> {
  const width = options.width ?? 860;
  const plotter = await loadLabPlot();
  const scores = pgrPanels(record);
  const full = width - 2 * EDGE;
  const half = width < 600 ? full : (full - EDGE) / 2;
  const legend = plotter.legend(labLegend(record), full);
  const parts: Markup[] = [legend.at(EDGE, EDGE)];
  let [x, y, row] = [EDGE, EDGE + legend.height + EDGE, 0];
  const rest = [diversityPanel(record), complexityPanel(record)];
  // A single testbed has the whole width; panels beside one another share it.
  for (const panel of [...scores, ...rest]) {
    const wide = scores.length === 1 && panel === scores[0] ? full : half;
    if (x + wide > width) [x, y] = [EDGE, y + row];
    const drawn = plotter.panel(panel, wide);
    const title = shorten(panel.title, Math.floor(wide / 8));
    parts.push(
      markup`<text class="w2s-ink" x="${x}" y="${y + 12}" font-size="14" font-weight="600" fill="${light.ink}">${title}</text>`,
      drawn.at(x, y + TITLE),
    );
    row = TITLE + drawn.height + EDGE;
    x += wide + EDGE;
  }
  return frame(record, width, Math.ceil(y + row), parts);
}

function frame(record: LabRecord, width: number, height: number, parts: readonly Markup[]): string {
  const id = `lab-${width}`;
  const style = new Markup(`@media screen and (prefers-color-scheme: dark) {
.w2s-ink { fill: ${dark.ink} } .w2s-muted { fill: ${dark.muted} } .w2s-paper { fill: ${dark.paper} }
.w2s-grid { stroke: ${dark.rule} } .w2s-line { stroke: ${dark.muted} } .w2s-area { fill: ${dark.rule} }
.w2s-bold { stroke: ${dark.ink} } .w2s-base { fill: ${dark.paper}; stroke: ${dark.ink} }
.w2s-human { fill: ${dark.ink}; stroke: ${dark.paper} }
${darkTeachers}
}`);
  return markup`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" role="img" aria-labelledby="${id}-title" aria-describedby="${id}-desc">
<title id="${id}-title">PGR, diversity and complexity over research hours</title>
<desc id="${id}-desc">${labInWords(record)}</desc>
<style>${style}</style>
<rect class="w2s-paper" width="${width}" height="${height}" fill="${light.paper}"/>
${parts}
</svg>
`.text;
}

/** The picture in words, for those who do not see it. */
function labInWords(record: LabRecord): string {
  const { progress, evaluations, diversity, complexity, human } = record;
  const scores = progress.map(({ testbed, baselines, lines, frontier }) => {
    const starts = baselines.map(({ method, pgr }) => `${plain(method)} ${decimal(pgr, 2)}`);
    const rises = frontier.slice(baselines.length > 0 ? 1 : 0);
    const steps = rises.map(({ hours, pgr }) => `${decimal(pgr, 2)} at hour ${decimal(hours, 2)}`);
    const last = evaluations.find(({ id }) => id === frontier.at(-1)?.evaluation)?.score?.pgr;
    const interval = last?.status === "ok" ? ` (95% interval ${range(last.interval, 2)})` : "";
    const best = lines.flatMap(({ agent, points }) => {
      const end = points.at(-1);
      return end ? [`${plain(agent)} ${decimal(end.pgr, 2)}`] : [];
    });
    const people = human.filter((one) => one.testbed === testbed).map(({ pgr }) => decimal(pgr, 2));
    return [
      `On ${plain(testbed)}:`,
      starts.length > 0 ? `baselines ${starts.join(", ")};` : "no baseline;",
      steps.length > 0 ? `the best so far rises to ${steps.join(", ")}${interval};` : "no agent is above that;",
      ...(people.length > 0 ? [`people ${people.join(", ")};`] : []),
      `each agent’s best: ${best.length > 0 ? best.join(", ") : "none"}.`,
    ].join(" ");
  });
  const [first, last] = [diversity.curve[0], diversity.curve.at(-1)];
  const entropy =
    first && last ? `Diversity goes from ${decimal(first.entropy, 2)} to ${decimal(last.entropy, 2)} bits.` : "";
  const values = complexity.methods.map(({ value }) => value);
  const lines =
    values.length > 0
      ? `Methods have from ${decimal(Math.min(...values), 0)} to ${decimal(Math.max(...values), 0)} ${plain(complexity.measure)}.`
      : "";
  const over = `All over ${hoursInWords(totals(record).hours)}.`;
  return [labHeadline(record).replaceAll("`", ""), ...scores, entropy, lines, over]
    .filter((part) => part !== "")
    .join(" ");
}
