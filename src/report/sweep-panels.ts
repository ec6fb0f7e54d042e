import type { SweepRecord } from "../sweep/record.js";
import { rowOf, sweepMetric } from "./sweep-cells.js";
import { plain } from "./text.js";

/** A score where a model stands on the ladder. */
export interface SweepPoint {
  /** Position on the ladder, as text: unlike names these are always different. */
  readonly key: string;
  readonly value: number;
  readonly interval?: readonly [number, number];
  /** The teacher's own score, drawn hollow. */
  readonly own: boolean;
}

/** One line of a picture. */
export interface SweepLine {
  readonly name: string;
  readonly points: readonly SweepPoint[];
}

/** One method's picture, as numbers and words. */
export interface SweepPanel {
  readonly title: string;
  /** One a teacher, in the order of the ladder; a teacher that no pair came through with has no points. */
  readonly teachers: readonly SweepLine[];
  readonly ceiling: SweepLine;
}

/** One panel a method, and what they have in common. */
export interface SweepPanels {
  readonly metric: string;
  readonly ladder: readonly { readonly key: string; readonly name: string }[];
  readonly domain: readonly [number, number];
  readonly panels: readonly SweepPanel[];
}

export function sweepPanels(record: SweepRecord): SweepPanels {
  const { models, methods, pairs } = record;
  const keyOf = new Map(models.map(({ name }, rank) => [name, String(rank)]));
  const point = (name: string, value: number, interval: readonly [number, number] | null, own = false): SweepPoint => ({
    key: keyOf.get(name)!,
    value,
    own,
    ...(interval && { interval }),
  });
  const ceiling = {
    name: "trained on the truth",
    points: models.flatMap(({ name, ceiling }) => (ceiling ? [point(name, ceiling.score, ceiling.interval)] : [])),
  };
  const panels = methods.map(({ method, control }): SweepPanel => {
    const teachers = models.slice(0, -1).map(({ name, weak }): SweepLine => {
      const taught = pairs.flatMap((pair) => {
        const row = pair.teacher === name ? rowOf(pair, method) : undefined;
        return row && row.score !== null ? [point(pair.student, row.score, row.scoreInterval)] : [];
      });
      return {
        name: plain(name),
        points: [...(weak ? [point(name, weak.score, weak.interval, true)] : []), ...taught],
      };
    });
    return { title: `${plain(method)}${control ? " (a control)" : ""}`, teachers, ceiling };
  });
  const values = [ceiling, ...panels.flatMap(({ teachers }) => teachers)].flatMap(({ points }) =>
    points.flatMap(({ value, interval }) => [value, ...(interval ?? [])]),
  );
  const [low, high] = values.length === 0 ? [0, 1] : [Math.min(...values), Math.max(...values)];
  const room = Math.max(0.01, 0.04 * (high - low));
  return {
    metric: sweepMetric(record),
    ladder: models.map(({ name }) => ({ key: keyOf.get(name)!, name: plain(name) })),
    domain: [Math.max(0, low - room), Math.min(1, high + room)],
    panels,
  };
}
