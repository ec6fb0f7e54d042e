import type { ExperimentRecord } from "../experiment/record.js";
import { Markup, markup } from "./markup.js";
import { dark, light } from "./palette.js";
import { panelsInWords, pgrPanel, scorePanel } from "./panels.js";
import { type Layout, loadPlot } from "./plot.js";
import { metricTitle } from "./rows.js";
import { plain } from "./text.js";
import { headline } from "./words.js";

/** How a picture is made. */
export interface SvgOptions {
  /** Width in pixels. Default 860; below 600 the two panels stand one above the other, names above their rows. */
  readonly width?: number;
}

const EDGE = 12;
const VALUES = 56;
const TITLE = 8;

/**
 * The results as one SVG picture: accuracy and PGR with intervals, drawn by Observable Plot. It carries its own
 * background and colours for light and dark, needs no font of its own and says the result in words in its `<desc>`.
 */
export async function toSvg(record: ExperimentRecord, options: SvgOptions = {}): Promise<string> {
  const width = options.width ?? 860;
  const draw = await loadPlot();
  const [score, pgr] = [scorePanel(record), pgrPanel(record)];
  if (width < 600) {
    const layout: Layout = { width, left: 16, right: 16, rowHeight: 46, names: "above" };
    const [above, below] = [draw(score, layout), draw(pgr, layout)];
    const middle = EDGE + TITLE + above.height + 2 * EDGE;
    return frame(record, width, middle + TITLE + below.height + EDGE, [
      title(score.title, layout.left, EDGE),
      above.at(0, EDGE + TITLE),
      title(pgr.title, layout.left, middle),
      below.at(0, middle + TITLE),
    ]);
  }
  const longest = Math.max(...score.rows.map((row) => row.name.length));
  const names = Math.min(0.26 * width, 24 + longest * 7.4);
  const plot = (width - 3 * EDGE - names - 2 * VALUES - EDGE) / 2;
  const shape = { right: VALUES, rowHeight: 30 };
  const first = draw(score, { ...shape, width: names + plot + VALUES, left: names, names: "left" });
  const second = draw(pgr, { ...shape, width: EDGE + plot + VALUES, left: EDGE, names: "none" });
  const half = EDGE + names + plot + VALUES + EDGE;
  return frame(record, width, EDGE + TITLE + first.height + EDGE, [
    title(score.title, EDGE + names, EDGE),
    first.at(EDGE, EDGE + TITLE),
    title(pgr.title, half + EDGE, EDGE),
    second.at(half, EDGE + TITLE),
  ]);
}

function title(text: string, x: number, y: number): Markup {
  return markup`<text class="w2s-ink" x="${x}" y="${y + 6}" font-size="14" font-weight="600" fill="${light.ink}">${text}</text>`;
}

function frame(record: ExperimentRecord, width: number, height: number, parts: readonly Markup[]): string {
  const id = `results-${width}`;
  const style = new Markup(`@media screen and (prefers-color-scheme: dark) {
.w2s-ink { fill: ${dark.ink} } .w2s-muted { fill: ${dark.muted} } .w2s-paper { fill: ${dark.paper} }
.w2s-note { fill: ${dark.ink}; stroke: ${dark.paper} } .w2s-grid { stroke: ${dark.rule} } .w2s-line { stroke: ${dark.muted} }
.w2s-fill { fill: ${dark.accent} } .w2s-stroke { stroke: ${dark.accent} }
.w2s-hollow { fill: ${dark.paper}; stroke: ${dark.accent} }
}`);
  const words = `${headline(record).replaceAll("`", "")} With 95% intervals: ${panelsInWords(record)}`;
  return markup`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" role="img" aria-labelledby="${id}-title" aria-describedby="${id}-desc">
<title id="${id}-title">${metricTitle(record)} and performance gap recovered on ${plain(record.testbed.name)}</title>
<desc id="${id}-desc">${words}</desc>
<style>${style}</style>
<rect class="w2s-paper" width="${width}" height="${height}" fill="${light.paper}"/>
${parts}
</svg>
`.text;
}
