import type { Markish, SymbolType } from "@observablehq/plot";
import { type Drawn, LETTER, loadDrawing, type Plot } from "./drawing.js";
import { light } from "./palette.js";
import type { SweepLine, SweepPanel, SweepPanels } from "./sweep-panels.js";
import { styleOf } from "./sweep-style.js";
import { shorten } from "./text.js";

/** Draws panels and their legend; each is an `<svg>` element to be put into a picture. */
export interface SweepPlotter {
  panel(panels: SweepPanels, panel: SweepPanel, width: number): Drawn;
  legend(panels: SweepPanels, width: number): Drawn;
}

const LEFT = 44;
const RIGHT = 16;
const HEIGHT = 230;
const muted = { fontSize: 12, fill: light.muted, className: "w2s-muted" };

/** Loads the plotting library, which nobody needs who draws no picture. */
export async function loadSweepPlot(): Promise<SweepPlotter> {
  const { Plot, document, drawn, legend } = await loadDrawing();

  return {
    panel({ ladder, domain }, panel, width) {
      const step = (width - LEFT - RIGHT) / ladder.length;
      const slanted = Math.max(...ladder.map(({ name }) => name.length * LETTER)) > step - 8;
      // A slanted name ends under its place and must not begin beyond the edge.
      const most = slanted ? Math.max(8, Math.min(22, Math.floor((LEFT + step / 2) / (0.82 * LETTER)))) : 22;
      const names = new Map(ladder.map(({ key, name }) => [key, shorten(name, most)]));
      const longest = Math.max(...[...names.values()].map((name) => name.length * LETTER));
      const bottom = slanted ? 16 + 0.6 * longest : 26;
      const height = HEIGHT + bottom;
      const dodge = Math.min(7, (0.5 * step) / panel.teachers.length);
      const svg = Plot.plot({
        document,
        className: "w2s-panel",
        width,
        height,
        marginLeft: LEFT,
        marginRight: RIGHT,
        marginTop: 10,
        marginBottom: bottom,
        x: { type: "point", padding: 0.5, domain: ladder.map(({ key }) => key) },
        y: { domain: [...domain] },
        marks: [
          Plot.gridY({ ticks: 5, stroke: light.rule, strokeOpacity: 1, className: "w2s-grid" }),
          Plot.axisY({ ticks: 5, tickSize: 0, label: null, ...muted }),
          Plot.axisX({
            tickSize: 0,
            label: null,
            tickFormat: (key: string) => names.get(key) ?? key,
            ...(slanted && { tickRotate: -35 }),
            ...muted,
          }),
          truth(Plot, panel.ceiling),
          ...panel.teachers.map((line, i) => teacher(Plot, line, i, dodge * (i - (panel.teachers.length - 1) / 2))),
        ],
      });
      return drawn(svg, height);
    },
    legend({ panels: [first] }, width) {
      const lines = first ? [...first.teachers, first.ceiling] : [];
      const entries = lines.map(({ name }, at) => {
        const ceiling = at === lines.length - 1;
        return { text: ceiling ? name : `taught by ${shorten(name, 28)}`, at, ceiling };
      });
      return legend(entries, width, ({ x, y, at, ceiling }) => {
        const points = [x, x + 24].map((x) => ({ x, y }));
        if (ceiling) return [Plot.line(points, { x: "x", y: "y", ...dashed })];
        const style = styleOf(at);
        return [
          Plot.line(points, { x: "x", y: "y", stroke: style.light, strokeWidth: 2, className: style.line }),
          Plot.dot([{ x: x + 12, y }], {
            x: "x",
            y: "y",
            symbol: style.symbol as SymbolType,
            fill: style.light,
            r: 5,
            className: style.dot,
          }),
        ];
      });
    },
  };
}

const dashed = { stroke: light.muted, strokeWidth: 2, strokeDasharray: "5 4", className: "w2s-line" };

/** Students trained on the truth. */
function truth(Plot: Plot, { points }: SweepLine): Markish[] {
  const at = { x: "key", stroke: light.muted, className: "w2s-line" };
  return [
    Plot.line(points, { ...dashed, x: "key", y: "value" }),
    Plot.ruleX(withInterval(points), { ...at, y1: "low", y2: "high", strokeWidth: 1.5 }),
  ];
}

/** A teacher's own score, hollow, and those of the students that it taught. Moved by `dx`, so that bars stay apart. */
function teacher(Plot: Plot, { points }: SweepLine, index: number, dx: number): Markish[] {
  const style = styleOf(index);
  const stroke = { stroke: style.light, className: style.line, dx };
  const symbol = style.symbol as SymbolType;
  const at = { x: "key", y: "value", symbol, r: 5, dx } as const;
  return [
    Plot.line(points, { ...stroke, x: "key", y: "value", strokeWidth: 2 }),
    Plot.ruleX(withInterval(points), { ...stroke, x: "key", y1: "low", y2: "high", strokeWidth: 1.5 }),
    Plot.dot(
      points.filter(({ own }) => own),
      { ...at, fill: light.paper, stroke: style.light, strokeWidth: 2, className: style.hollow },
    ),
    Plot.dot(
      points.filter(({ own }) => !own),
      { ...at, fill: style.light, className: style.dot },
    ),
  ];
}

function withInterval(points: SweepLine["points"]): { key: string; low: number; high: number }[] {
  return points.flatMap(({ key, interval }) => (interval ? [{ key, low: interval[0], high: interval[1] }] : []));
}
