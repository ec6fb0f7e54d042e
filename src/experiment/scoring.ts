import type { Matrix } from "../data/matrix.js";
import { type Metric, metricOf, scoresOf } from "../stats/metric.js";
import type { Truth } from "../testbed/truth.js";
import type { Unit } from "./events.js";
import { type Measures, measuresOf } from "./measures.js";

/** What the test predictions of one unit are worth. */
export interface Scored {
  /** The metric, per test example. */
  readonly scores: Float64Array;
  /** Per test example, 1 where right and 0 where wrong. */
  readonly correct: Float64Array;
  /** On the whole test split (`test`) and on each named subset (`test/NAME`). */
  readonly measures: ReadonlyMap<string, Measures>;
}

/** The scoring step: with `openTruth`, the only place where predictions meet the truth of the test split. */
export function scored(metric: Metric, test: Matrix, truth: Truth, unit: Unit): Scored {
  const labels = truth.labels.test;
  const all = Int32Array.from(labels.keys());
  const parts = [
    ["test", all] as const,
    ...Object.entries(truth.subsets).map(([name, rows]) => [`test/${name}`, rows] as const),
  ];
  return {
    scores: scoresOf(metric, test, labels, unit),
    correct: scoresOf(metricOf("accuracy"), test, labels, unit),
    measures: new Map(parts.map(([split, rows]) => [split, measuresOf(test, labels, rows)])),
  };
}
