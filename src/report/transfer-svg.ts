import type { TransferDomain, TransferRecord } from "../transfer/record.js";
import { Markup, markup } from "./markup.js";
import { dark, light } from "./palette.js";
import { darkTeachers } from "./sweep-style.js";
import { count, decimal, plain, shorten } from "./text.js";
import { loadTransferPlot, pgrDomain } from "./transfer-plot.js";
import { bestRow, transferHeadline, transferInWords } from "./transfer-words.js";

/** How a picture is made. */
export interface TransferSvgOptions {
  /** Width in pixels. Default 860; below 600 the panels stand in one column. */
  readonly width?: number;
}

const EDGE = 12;
const TITLE = 40;

/**
 * A transfer as one SVG picture: a panel a held-out testbed, a bar of PGR a method with its interval, below zero where it
 * is negative, and the best tuned baseline of each testbed as a dashed line. It has its own background and colours for
 * light and dark and says all numbers in words.
 */
export async function toTransferSvg(record: TransferRecord, options: TransferSvgOptions = {}): Promise<string> {
  const width = options.width ?? 860;
  const { domains } = record;
  const plotter = await loadTransferPlot();
  const methods = domains[0]!.results.filter(({ baseline }) => !baseline).map(({ method }) => method);
  const y = pgrDomain(domains);
  const across = width < 600 ? 1 : Math.min(domains.length, domains.length === 4 || methods.length > 5 ? 2 : 3);
  const wide = (width - EDGE * (across + 1)) / across;
  const legend = plotter.legend(methods, width - 2 * EDGE);
  const parts: Markup[] = [legend.at(EDGE, EDGE)];
  let bottom = EDGE + legend.height + EDGE;
  for (let i = 0; i < domains.length; i += across) {
    const row = domains.slice(i, i + across).map((domain) => ({ domain, drawn: plotter.panel(domain, y, wide) }));
    for (const [at, { domain, drawn }] of row.entries()) {
      const x = EDGE + at * (wide + EDGE);
      parts.push(title(domain, x, bottom + 12, wide), drawn.at(x, bottom + TITLE));
    }
    bottom += TITLE + row[0]!.drawn.height + EDGE;
  }
  return frame(record, width, Math.ceil(bottom), parts);
}

/** The testbed's name, and below it what the dashed line is. */
function title(domain: TransferDomain, x: number, y: number, width: number): Markup {
  const best = bestRow(domain);
  const value = best?.pgr?.status === "ok" ? `: ${decimal(best.pgr.estimate, 2)}` : "";
  const baseline = best ? `, ${plain(best.method)}${value}` : "";
  const below = shorten(`PGR, n = ${count(domain.rows.shown)}${baseline}`, Math.floor(width / 6.6));
  const name = shorten(plain(domain.testbed), Math.floor(width / 8));
  return markup`<text class="w2s-ink" x="${x}" y="${y}" font-size="14" font-weight="600" fill="${light.ink}">${name}</text>
<text class="w2s-muted" x="${x}" y="${y + 17}" font-size="12" fill="${light.muted}">${below}</text>`;
}

function frame(record: TransferRecord, width: number, height: number, parts: readonly Markup[]): string {
  const id = `transfer-${width}`;
  const style = new Markup(`@media screen and (prefers-color-scheme: dark) {
.w2s-ink { fill: ${dark.ink} } .w2s-muted { fill: ${dark.muted} } .w2s-paper { fill: ${dark.paper} }
.w2s-note { fill: ${dark.ink}; stroke: ${dark.paper} } .w2s-grid { stroke: ${dark.rule} } .w2s-line { stroke: ${dark.muted} }
.w2s-best, .w2s-interval { stroke: ${dark.ink} } .w2s-halo { stroke: ${dark.paper} }
${darkTeachers}
}`);
  const words = `${transferHeadline(record).replaceAll("`", "")} With 95% intervals: ${transferInWords(record)}`;
  return markup`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" role="img" aria-labelledby="${id}-title" aria-describedby="${id}-desc">
<title id="${id}-title">Performance gap recovered on held-out testbeds</title>
<desc id="${id}-desc">${words}</desc>
<style>${style}</style>
<rect class="w2s-paper" width="${width}" height="${height}" fill="${light.paper}"/>
${parts}
</svg>
`.text;
}
