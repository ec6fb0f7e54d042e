import type { Markish, SymbolType } from "@observablehq/plot";
import { type Drawn, loadDrawing, type Plot } from "./drawing.js";
import type { LabLegend, LabPanel, LabPoint } from "./lab-panels.js";
import { light } from "./palette.js";
import { styleOf } from "./sweep-style.js";
import { shorten } from "./text.js";

/** Draws panels and their legend; each is an `<svg>` element to be put into a picture. */
export interface LabPlotter {
  panel(panel: LabPanel, width: number): Drawn;
  legend(legend: LabLegend, width: number): Drawn;
}

const LEFT = 44;
const RIGHT = 16;
const muted = { fontSize: 12, fill: light.muted, className: "w2s-muted" };
const bold = { stroke: light.ink, strokeWidth: 3.5, className: "w2s-bold" };
const hollow = {
  symbol: "diamond",
  fill: light.paper,
  stroke: light.ink,
  strokeWidth: 2,
  r: 5,
  className: "w2s-base",
} as const;
const square = {
  symbol: "square",
  fill: light.ink,
  stroke: light.paper,
  strokeWidth: 1.5,
  r: 6,
  className: "w2s-human",
} as const;

/** Loads the plotting library, which nobody needs who draws no picture. */
export async function loadLabPlot(): Promise<LabPlotter> {
  const { Plot, document, drawn, legend } = await loadDrawing();

  return {
    panel(panel, width) {
      const height = Math.round(Math.min(300, Math.max(230, 0.36 * width)));
      const svg = Plot.plot({
        document,
        className: "w2s-panel",
        width,
        height,
        marginLeft: LEFT,
        marginRight: RIGHT,
        marginTop: 14,
        marginBottom: 40,
        x: { domain: [...panel.x] },
        y: { domain: [...panel.y] },
        marks: [...scaffold(Plot, panel, width), ...marks(Plot, panel)],
      });
      return drawn(svg, height);
    },
    legend: (shown, width) => legend(entriesOf(shown), width, (entry) => signOf(Plot, entry)),
  };
}

/** Grid, axes, the dashed line across, and what is said where there is nothing. */
function scaffold(Plot: Plot, panel: LabPanel, width: number): Markish[] {
  const dashed = { stroke: light.muted, strokeDasharray: "4 3", className: "w2s-line" };
  const { line, empty } = panel;
  return [
    Plot.gridY({ ticks: 5, stroke: light.rule, strokeOpacity: 1, className: "w2s-grid" }),
    Plot.axisY({ ticks: 5, tickSize: 0, label: null, ...muted }),
    Plot.axisX({ ticks: Math.max(3, Math.round(width / 90)), tickSize: 0, label: null, ...muted }),
    // Not the axis's own label: that one keeps its colour on a dark page.
    Plot.text(["research hours, all agents together"], {
      frameAnchor: "bottom-right",
      lineAnchor: "top",
      dy: 24,
      ...muted,
    }),
    line ? Plot.ruleY([line.at], dashed) : null,
    line?.name === undefined
      ? null
      : Plot.text([line], {
          y: "at",
          text: "name",
          frameAnchor: "right",
          textAnchor: "end",
          lineAnchor: "bottom",
          dy: -3,
          ...muted,
        }),
    empty === undefined ? null : Plot.text([empty], { frameAnchor: "middle", ...muted }),
  ];
}

/** Lines of agents below, the bold line above them, baselines and people on top. */
function marks(Plot: Plot, panel: LabPanel): Markish[] {
  const { band, interval, baselines, human } = panel;
  const curve = panel.steps ? "step-after" : "linear";
  const [low, high] = panel.y;
  const inside = ({ y }: LabPoint) => y >= low && y <= high;
  const within = (points: readonly LabPoint[]) =>
    points.map(({ x, y }) => ({ x, y: Math.min(high, Math.max(low, y)) }));
  return [
    Plot.areaY(band, { x: "x", y1: "low", y2: "high", fill: light.rule, className: "w2s-area" }),
    ...panel.lines.flatMap(({ index, points }) => {
      const line = panel.scattered ? [] : within(points);
      // The last point of a line only holds its value to the edge.
      const own = panel.scattered ? points : points.slice(0, Math.max(1, points.length - 1));
      return member(Plot, index, line, own.filter(inside));
    }),
    Plot.line(within(panel.bold), { x: "x", y: "y", curve, ...bold, strokeWidth: panel.scattered ? 2.5 : 3.5 }),
    interval
      ? Plot.ruleX([interval], {
          x: "x",
          y1: ({ low: from }) => Math.max(low, from),
          y2: ({ high: to }) => Math.min(high, to),
          ...bold,
          strokeWidth: 1.75,
        })
      : null,
    Plot.dot(baselines.filter(inside), { x: "x", y: "y", ...hollow }),
    Plot.dot(human.filter(inside), { x: "x", y: "y", ...square }),
  ];
}

/** An agent's line, and dots where it rises. */
function member(Plot: Plot, index: number, line: readonly LabPoint[], dots: readonly LabPoint[]): Markish[] {
  const style = styleOf(index);
  const at = { x: "x", y: "y" } as const;
  const thin = { curve: "step-after", stroke: style.light, strokeWidth: 1.25, className: style.line } as const;
  const symbol = style.symbol as SymbolType;
  return [
    Plot.line(line, { ...at, ...thin }),
    Plot.dot(dots, { ...at, symbol, fill: style.light, r: 2.75, className: style.dot }),
  ];
}

interface LegendEntry {
  readonly text: string;
  /** What stands before the text. */
  readonly sign: "bold" | "baseline" | "people" | number;
}

function entriesOf({ agents, frontier, baselines, human }: LabLegend): LegendEntry[] {
  return [
    ...(frontier ? [{ text: "best so far", sign: "bold" as const }] : []),
    ...(baselines ? [{ text: "baseline", sign: "baseline" as const }] : []),
    ...(human ? [{ text: "people", sign: "people" as const }] : []),
    ...agents.map(({ name, index }) => ({ text: shorten(name, 24), sign: index })),
  ];
}

function signOf(Plot: Plot, { x, y, sign }: LegendEntry & LabPoint): Markish[] {
  const at = { x: "x", y: "y" } as const;
  const middle = { x: x + 12, y };
  const line = [x, x + 24].map((end) => ({ x: end, y }));
  if (sign === "bold") return [Plot.line(line, { ...at, ...bold })];
  if (sign === "baseline") return [Plot.dot([middle], { ...at, ...hollow })];
  if (sign === "people") return [Plot.dot([middle], { ...at, ...square })];
  return member(Plot, sign, line, [middle]);
}
