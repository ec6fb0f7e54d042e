import type { LabRecord } from "../lab/record.js";
import { totals } from "./lab-words.js";
import { plain } from "./text.js";

/** A place in a picture: research hours, and a value. */
export interface LabPoint {
  readonly x: number;
  readonly y: number;
}

/** One line a member of the team. `index` gives its colour and symbol, the same in all pictures. */
export interface LabLine {
  readonly index: number;
  readonly points: readonly LabPoint[];
}

/** One picture over research hours, as numbers and words. */
export interface LabPanel {
  readonly title: string;
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
  /** Thin, one an agent; as dots alone where they are `scattered`. */
  readonly lines: readonly LabLine[];
  readonly scattered?: boolean;
  /** Values hold until the next one, or are joined by straight lines. */
  readonly steps: boolean;
  /** The bold line. */
  readonly bold: readonly LabPoint[];
  /** Interval of the bold line's last value, where it was reached. */
  readonly interval?: LabPoint & { readonly low: number; readonly high: number };
  readonly band: readonly { readonly x: number; readonly low: number; readonly high: number }[];
  /** Hollow diamonds at hour 0. */
  readonly baselines: readonly LabPoint[];
  /** Squares. */
  readonly human: readonly LabPoint[];
  /** A dashed line across. */
  readonly line?: { readonly at: number; readonly name?: string };
  /** Said where there is nothing to draw. */
  readonly empty?: string;
}

/** What a legend explains. */
export interface LabLegend {
  readonly agents: readonly { readonly name: string; readonly index: number }[];
  readonly frontier: boolean;
  readonly baselines: boolean;
  readonly human: boolean;
}

export function labLegend(record: LabRecord): LabLegend {
  return {
    agents: record.agents.map(({ agent }, index) => ({ name: plain(agent), index })),
    frontier: record.progress.some(({ frontier }) => frontier.length > 0),
    baselines: record.progress.some(({ baselines }) => baselines.length > 0),
    human: record.human.length > 0,
  };
}

/** PGR over research hours, one picture a testbed. */
export function pgrPanels(record: LabRecord): LabPanel[] {
  return record.progress.map(({ testbed, baselines, lines, frontier }): LabPanel => {
    const human = record.human.filter((one) => one.testbed === testbed).map(({ hours, pgr }) => ({ x: hours, y: pgr }));
    const x = hoursDomain(record, ...human.map((one) => one.x));
    const last = frontier.at(-1);
    const pgr = record.evaluations.find(({ id }) => id === last?.evaluation)?.score?.pgr;
    const interval =
      last && pgr?.status === "ok"
        ? { interval: { x: last.hours, y: last.pgr, low: pgr.interval[0], high: pgr.interval[1] } }
        : {};
    const held = (points: readonly { hours: number; pgr: number }[]) => extended(points.map(at), x[1]);
    const start = baselines.length === 0 ? undefined : Math.max(...baselines.map((one) => one.pgr));
    const values = [
      ...baselines.map((one) => one.pgr),
      ...human.map((one) => one.y),
      ...lines.flatMap(({ points }) => points.map((one) => one.pgr)),
      ...(interval.interval ? [interval.interval.low, interval.interval.high] : []),
    ];
    return {
      title: `PGR on ${plain(testbed)}`,
      x,
      y: domain(values, [0, 0.5], [-1, 2]),
      steps: true,
      lines: lines.map(({ points }, index) => ({ index, points: held(points) })),
      bold: held(frontier),
      ...interval,
      band: [],
      baselines: baselines.map((one) => ({ x: 0, y: one.pgr })),
      human,
      ...(start !== undefined && { line: { at: start } }),
      ...(values.length === 0 && { empty: "no PGR yet" }),
    };
  });
}

/** Entropy of the ideas' families over research hours. */
export function diversityPanel(record: LabRecord): LabPanel {
  const { curve, families } = record.diversity;
  const most = Math.log2(families.length);
  return {
    ...bare(record),
    title: "Diversity of ideas (bits)",
    y: [0, most * 1.04],
    steps: false,
    bold: curve.map(({ hours, entropy }) => ({ x: hours, y: entropy })),
    band: curve.flatMap(({ hours, band }) => (band ? [{ x: hours, low: band[0], high: band[1] }] : [])),
    line: { at: most, name: `all ${families.length} families alike` },
    ...(curve.length === 0 && { empty: "no ideas yet" }),
  };
}

/** Complexity of methods over research hours: each agent's, and the median over agents of the latest. */
export function complexityPanel(record: LabRecord): LabPanel {
  const { measure, methods } = record.complexity;
  const base = bare(record);
  const latest = new Map<string, number>();
  const bold = methods
    .toSorted((a, b) => a.hours - b.hours)
    .map(({ agent, hours, value }) => {
      latest.set(agent, value);
      return { x: hours, y: median([...latest.values()]) };
    });
  return {
    ...base,
    title: `Complexity of methods (${plain(measure)})`,
    y: [0, Math.max(1, ...methods.map(({ value }) => value)) * 1.06],
    steps: true,
    scattered: true,
    lines: record.agents.map(({ agent }, index) => ({
      index,
      points: methods.filter((one) => one.agent === agent).map(({ hours, value }) => ({ x: hours, y: value })),
    })),
    bold: extended(bold, base.x[1]),
    ...(methods.length === 0 && { empty: "no method with code yet" }),
  };
}

function bare(record: LabRecord): Pick<LabPanel, "x" | "lines" | "band" | "baselines" | "human"> {
  return { x: hoursDomain(record), lines: [], band: [], baselines: [], human: [] };
}

function at({ hours, pgr }: { readonly hours: number; readonly pgr: number }): LabPoint {
  return { x: hours, y: pgr };
}

/** Held at its last value to the end. */
function extended(points: readonly LabPoint[], end: number): LabPoint[] {
  const last = points.at(-1);
  return last && last.x < end ? [...points, { x: end, y: last.y }] : [...points];
}

/** From hour 0 to the end, or to whatever stands beyond it. */
function hoursDomain(record: LabRecord, ...more: number[]): [number, number] {
  const end = Math.max(totals(record).hours, ...more, ...record.evaluations.map(({ hours }) => hours));
  return [0, end > 0 ? end : 1];
}

/** Wide enough for all values and for `least`, never wider than `most`. */
function domain(
  values: readonly number[],
  least: readonly [number, number],
  most: readonly [number, number],
): [number, number] {
  const [low, high] = [Math.min(least[0], ...values), Math.max(least[1], ...values)];
  const room = 0.05 * (high - low);
  return [Math.max(most[0], low - (low < 0 ? room : 0)), Math.min(most[1], high + room)];
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
