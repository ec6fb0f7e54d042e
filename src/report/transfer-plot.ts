import type { Markish } from "@observablehq/plot";
import type { TransferDomain } from "../transfer/record.js";
import { type Drawn, loadDrawing, type Plot } from "./drawing.js";
import { light } from "./palette.js";
import { undefinedBriefly } from "./rows.js";
import { styleOf } from "./sweep-style.js";
import { decimal, plain, shorten } from "./text.js";
import { bestRow } from "./transfer-words.js";

/** One method on one testbed: a bar, or words in place of it. */
interface Bar {
  /** Its number in the legend, which stands below it. */
  readonly key: string;
  readonly index: number;
  readonly value?: number;
  readonly interval?: readonly [number, number];
  readonly note?: string;
}

/** Draws panels and their legend; each is an `<svg>` element to be put into a picture. */
export interface TransferPlotter {
  panel(domain: TransferDomain, y: readonly [number, number], width: number): Drawn;
  legend(methods: readonly string[], width: number): Drawn;
}

const HEIGHT = 270;
const muted = { fontSize: 12, fill: light.muted, className: "w2s-muted" };
const note = { fill: light.ink, stroke: light.paper, strokeWidth: 4, className: "w2s-note" };
const dashed = { stroke: light.ink, strokeWidth: 1.75, strokeDasharray: "6 4", className: "w2s-best" };
/** Below lines that cross bars, which can be as dark as they are. */
const halo = { stroke: light.paper, strokeWidth: 4, className: "w2s-halo" };

/** From 0 to 1 at least, and as far as bars, intervals and lines go; what lies beyond -1 or 2 is cut off. */
export function pgrDomain(domains: readonly TransferDomain[]): [number, number] {
  const ends = domains.flatMap((domain) => {
    return [...barsOf(domain).flatMap(({ interval }) => interval ?? []), ...lineOf(domain)];
  });
  return [Math.max(-1, Math.min(0, ...ends) - 0.1), Math.min(2, Math.max(1, ...ends) + 0.1)];
}

/** Loads the plotting library, which nobody needs who draws no picture. */
export async function loadTransferPlot(): Promise<TransferPlotter> {
  const { Plot, document, drawn, legend } = await loadDrawing();
  return {
    panel(domain, y, width) {
      const bars = barsOf(domain);
      const svg = Plot.plot({
        document,
        className: "w2s-panel",
        width,
        height: HEIGHT,
        marginLeft: 40,
        marginRight: 8,
        marginTop: 14,
        marginBottom: 26,
        x: { type: "band", domain: bars.map(({ key }) => key), padding: 0.35, axis: null },
        y: { domain: [...y], axis: null },
        marks: [...scaffold(Plot, bars), ...values(Plot, bars, lineOf(domain), y), ...words(Plot, domain, bars)],
      });
      return drawn(svg, HEIGHT);
    },
    legend(methods, width) {
      const entries = [
        ...methods.map((name, index) => ({ text: `${index + 1} ${shorten(plain(name), 40)}`, index })),
        { text: "best tuned baseline", index: -1 },
      ];
      return legend(entries, width, ({ x, y, index }) =>
        index < 0
          ? [
              Plot.line(
                [x, x + 24].map((end) => ({ x: end, y })),
                { x: "x", y: "y", ...dashed },
              ),
            ]
          : [Plot.rect([0], { x1: x + 6, x2: x + 20, y1: y - 6, y2: y + 6, ...fillOf(index) })],
      );
    },
  };
}

function scaffold(Plot: Plot, bars: readonly Bar[]): Markish[] {
  return [
    Plot.gridY({ ticks: 6, stroke: light.rule, strokeOpacity: 1, className: "w2s-grid" }),
    Plot.axisY({ ticks: 6, tickSize: 0, label: null, ...muted }),
    Plot.text(bars, { x: "key", text: "key", frameAnchor: "bottom", lineAnchor: "top", dy: 9, ...muted }),
  ];
}

/**
 * Bars from zero up or down, the dashed line, and intervals and values above both. What goes on beyond the panel ends at its
 * edge with an arrow.
 */
function values(
  Plot: Plot,
  bars: readonly Bar[],
  best: readonly number[],
  [low, high]: readonly [number, number],
): Markish[] {
  const within = (value: number) => Math.min(high, Math.max(low, value));
  const drawn = bars.flatMap(({ value, interval, ...bar }) => {
    if (value === undefined || interval === undefined) return [];
    const [from, to] = [within(interval[0]), within(interval[1])];
    // The value stands beyond the interval, or where that leaves the panel on the other side of zero.
    const above = value < 0 ? interval[0] < low : interval[1] <= high;
    return [{ ...bar, end: within(value), from, to, above, label: decimal(value, 2) }];
  });
  const [above, below] = [drawn.filter((bar) => bar.above), drawn.filter((bar) => !bar.above)];
  const lines = best.filter((at) => at >= low && at <= high);
  const interval = { x: "key", y1: "from", y2: "to" };
  const label = { ...note, x: "key", text: "label", fontVariant: "tabular-nums" };
  const arrow = { x: "key", fill: light.ink, symbol: "triangle", r: 4, className: "w2s-ink" } as const;
  const cut = { below: drawn.filter(({ from }) => from <= low), above: drawn.filter(({ to }) => to >= high) };
  return [
    ...drawn.map((bar) => Plot.barY([bar], { x: "key", y1: () => 0, y2: "end", ...fillOf(bar.index) })),
    Plot.ruleY([0], { stroke: light.muted, className: "w2s-line" }),
    Plot.ruleY(lines, halo),
    Plot.ruleY(lines, dashed),
    Plot.ruleX(drawn, { ...interval, ...halo }),
    Plot.ruleX(drawn, { ...interval, stroke: light.ink, strokeWidth: 1.75, className: "w2s-interval" }),
    Plot.dot(cut.below, { ...arrow, y: () => low, rotate: 180 }),
    Plot.dot(cut.above, { ...arrow, y: () => high }),
    Plot.text(above, { ...label, y: ({ to }) => Math.max(0, to), lineAnchor: "bottom", dy: -4 }),
    Plot.text(below, { ...label, y: ({ from }) => Math.min(0, from), lineAnchor: "top", dy: 4 }),
  ];
}

/** What is said where there is no bar: once where the gap is to blame, which all methods share. */
function words(Plot: Plot, { results }: TransferDomain, bars: readonly Bar[]): Markish[] {
  const shared = results.map(({ pgr }) => pgr).find((pgr) => pgr?.status === "undefined");
  if (shared && bars.every(({ value }) => value === undefined)) {
    return [Plot.text([undefinedBriefly(shared)], { ...note, frameAnchor: "middle", dy: -14 })];
  }
  const noted = bars.filter((bar) => bar.note !== undefined);
  return [Plot.text(noted, { ...note, x: "key", y: () => 0, text: "note", textAnchor: "start", dy: -6, rotate: -90 })];
}

function barsOf({ results }: TransferDomain): Bar[] {
  return results
    .filter(({ baseline }) => !baseline)
    .map(({ pgr }, index): Bar => {
      const bar = { key: String(index + 1), index };
      if (pgr === null) return { ...bar, note: "failed" };
      if (pgr.status === "undefined") return { ...bar, note: "undefined" };
      return { ...bar, value: pgr.estimate, interval: pgr.interval };
    });
}

function lineOf(domain: TransferDomain): number[] {
  const row = bestRow(domain);
  return row?.pgr?.status === "ok" ? [row.pgr.estimate] : [];
}

function fillOf(index: number): { readonly fill: string; readonly className: string } {
  const style = styleOf(index);
  return { fill: style.light, className: style.dot };
}
