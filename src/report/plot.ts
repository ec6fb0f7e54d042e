import type { Markish } from "@observablehq/plot";
import { type Drawn, FONT, loadDrawing, type Plot } from "./drawing.js";
import { light } from "./palette.js";
import type { Panel } from "./panels.js";

/** Where the parts of a panel go, in pixels. */
export interface Layout {
  readonly width: number;
  readonly left: number;
  readonly right: number;
  readonly rowHeight: number;
  /** Names left of the rows, above them (for narrow pictures), or left out because a neighbour has them. */
  readonly names: "left" | "above" | "none";
}

const TOP = 40;
const BOTTOM = 28;

/** Pixels that one em of `lineWidth` is taken for: a little more than the font has, since fonts differ. */
const EM = FONT * 1.05;

/** Loads the plotting library, which nobody needs who writes no picture. */
export async function loadPlot(): Promise<(panel: Panel, layout: Layout) => Drawn> {
  const { Plot, document, drawn } = await loadDrawing();
  return (panel, layout) => {
    const height = TOP + BOTTOM + panel.rows.length * layout.rowHeight;
    const svg = Plot.plot({
      document,
      className: "w2s-panel",
      width: layout.width,
      height,
      marginLeft: layout.left,
      marginRight: layout.right,
      marginTop: TOP,
      marginBottom: BOTTOM,
      x: { domain: [...panel.domain] },
      y: { type: "band", domain: panel.rows.map((row) => row.key), axis: null },
      marks: [scaffold(Plot, panel, layout), values(Plot, panel, layout), words(Plot, panel, layout)],
    });
    return drawn(svg, height);
  };
}

/** Guides, axis, and the dashed lines of teacher and ceiling with their names. */
function scaffold(Plot: Plot, panel: Panel, layout: Layout): Markish[] {
  const muted = { fontSize: 12, fill: light.muted, className: "w2s-muted" };
  const ticks = Math.max(3, Math.round((layout.width - layout.left - layout.right) / 70));
  return [
    Plot.gridX({ ticks, stroke: light.rule, strokeOpacity: 1, className: "w2s-grid" }),
    Plot.axisX({ ticks, tickSize: 0, ...muted }),
    Plot.ruleY(panel.rows, { y: "key", dy: dotShift(layout), stroke: light.rule, className: "w2s-grid" }),
    Plot.ruleX(panel.lines, { x: "at", stroke: light.muted, strokeDasharray: "4 3", className: "w2s-line" }),
    ...lineNames(panel, layout).map(({ line, leftwards, raised }) =>
      Plot.text([line], {
        x: "at",
        text: "name",
        frameAnchor: "top",
        lineAnchor: "bottom",
        textAnchor: leftwards ? "end" : "start",
        dx: leftwards ? 2 : -2,
        dy: raised ? -18 : -4,
        ...muted,
      }),
    ),
  ];
}

/** Dots and intervals; an arrow where an interval goes on beyond the panel, a hollow diamond for teacher and ceiling. */
function values(Plot: Plot, { rows, domain: [low, high] }: Panel, layout: Layout): Markish[] {
  const at = { y: "key", dy: dotShift(layout) };
  const accent = { fill: light.accent, className: "w2s-fill" };
  const arrow = { ...at, ...accent, symbol: "triangle", r: 5 } as const;
  const hollow = { symbol: "diamond", fill: light.paper, stroke: light.accent, strokeWidth: 2 } as const;
  const inside = rows.filter((row) => row.value !== undefined && row.value >= low && row.value <= high);
  const [references, methods] = [inside.filter((row) => row.reference), inside.filter((row) => !row.reference)];
  const spans = rows.flatMap(({ key, interval }) => (interval ? [{ key, from: interval[0], to: interval[1] }] : []));
  const [below, above] = [spans.filter((span) => span.from < low), spans.filter((span) => span.to > high)];
  const within = (value: number) => Math.min(high, Math.max(low, value));
  return [
    Plot.ruleY(spans, {
      ...at,
      x1: (span) => within(span.from),
      x2: (span) => within(span.to),
      stroke: light.accent,
      strokeWidth: 2.5,
      className: "w2s-stroke",
    }),
    Plot.dot(below, { ...arrow, x: () => low, rotate: -90 }),
    Plot.dot(above, { ...arrow, x: () => high, rotate: 90 }),
    Plot.dot(methods, { ...at, ...accent, x: "value", r: 5 }),
    Plot.dot(references, { ...at, ...hollow, x: "value", r: 5, className: "w2s-hollow" }),
  ];
}

/** Names and numbers of the rows, and what is said where there is no number. */
function words(Plot: Plot, { rows }: Panel, layout: Layout): Markish[] {
  const { names, width, left } = layout;
  const above = names === "above";
  const text = { fill: light.ink, stroke: light.paper, strokeWidth: 4, className: "w2s-note", y: "key" };
  const place = above ? { dy: -8, lineWidth: (width - 100) / EM } : { dx: -left, lineWidth: (left - 16) / EM };
  const noted = rows.filter((row) => row.note !== undefined);
  return [
    names === "none"
      ? null
      : Plot.text(rows, { ...text, ...place, text: "name", frameAnchor: "left", textOverflow: "ellipsis-middle" }),
    Plot.text(rows, {
      ...text,
      ...(above ? { dy: -8 } : { dx: 10, textAnchor: "start" }),
      text: (row) => row.label ?? "",
      frameAnchor: "right",
      fontVariant: "tabular-nums",
    }),
    Plot.text(noted, { ...text, text: "note", frameAnchor: "left", dx: above ? 0 : 4, dy: dotShift(layout) }),
  ];
}

/** How far below the middle of its row a dot stands: names above need room. */
function dotShift({ names }: Layout): number {
  return names === "above" ? 8 : 0;
}

/** On which side of its dashed line each name stands, so that no two cover one another. */
function lineNames({ domain: [low, high], lines }: Panel, { width, left, right }: Layout) {
  const scale = (width - left - right) / (high - low);
  const places = lines.map((line) => ({ line, x: (line.at - low) * scale }));
  const [first, last] = places.toSorted((a, b) => a.x - b.x);
  const near = first !== undefined && last !== undefined && last.x - first.x < 84;
  const apart = near && first.x + left > 44 && last.x < width - left - 52;
  return places.map((place) => ({
    line: place.line,
    leftwards: apart ? place === first : place.x > (width - left - right) / 2,
    raised: near && !apart && place === last,
  }));
}
