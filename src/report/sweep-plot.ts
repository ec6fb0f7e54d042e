import type { Markish, SymbolType } from "@observablehq/plot";
import { Markup } from "./markup.js";
import { light } from "./palette.js";
import type { SweepLine, SweepPanel, SweepPanels } from "./sweep-panels.js";
import { styleOf } from "./sweep-style.js";
import { shorten } from "./text.js";

type Plot = typeof import("@observablehq/plot");

/** Draws panels and their legend; each is an `<svg>` element to be put into a picture. */
export interface SweepPlotter {
  panel(panels: SweepPanels, panel: SweepPanel, width: number): SweepDrawn;
  legend(panels: SweepPanels, width: number): SweepDrawn;
}

export interface SweepDrawn {
  readonly height: number;
  at(x: number, y: number): Markup;
}

const FONT = 13;
/** Pixels that a letter is taken for: a little more than it has, since fonts differ. */
const LETTER = 7.2;
const LEFT = 44;
const RIGHT = 16;
const HEIGHT = 230;
const muted = { fontSize: 12, fill: light.muted, className: "w2s-muted" };

/** Loads the plotting library, which nobody needs who draws no picture. */
export async function loadSweepPlot(): Promise<SweepPlotter> {
  const [Plot, { DOMParser }] = await Promise.all([import("@observablehq/plot"), import("linkedom")]);
  const document = new DOMParser().parseFromString("<svg/>", "image/svg+xml");

  function drawn(svg: ReturnType<Plot["plot"]>, height: number): SweepDrawn {
    svg.setAttribute("font-size", String(FONT));
    svg.querySelector("style")?.remove();
    // The picture is one image to a screen reader, described as a whole; labels on its groups would not be allowed.
    for (const group of svg.querySelectorAll("[aria-label]")) group.removeAttribute("aria-label");
    return {
      height,
      at(x, y) {
        svg.setAttribute("x", String(x));
        svg.setAttribute("y", String(y));
        return new Markup(svg.outerHTML);
      },
    };
  }

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
      let [x, y] = [0, 8];
      const entries = lines.map((line, i) => {
        const text = i === lines.length - 1 ? line.name : `taught by ${shorten(line.name, 28)}`;
        const wide = 34 + text.length * LETTER;
        if (x > 0 && x + wide > width) [x, y] = [0, y + 20];
        const entry = { x, y, text, at: i };
        x += wide + 10;
        return entry;
      });
      const height = y + 10;
      const svg = Plot.plot({
        document,
        className: "w2s-panel",
        width,
        height,
        margin: 0,
        x: { type: "identity", axis: null },
        y: { type: "identity", axis: null },
        marks: [
          ...entries.flatMap(({ x, y, at }) => {
            const points = [x, x + 24].map((x) => ({ x, y }));
            if (at === lines.length - 1) return [Plot.line(points, { x: "x", y: "y", ...dashed })];
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
          }),
          Plot.text(entries, {
            x: (entry) => entry.x + 30,
            y: "y",
            text: "text",
            textAnchor: "start",
            fill: light.ink,
            className: "w2s-ink",
          }),
        ],
      });
      return drawn(svg, height);
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
