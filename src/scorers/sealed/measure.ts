import type { Matrix } from "../../data/matrix.js";
import type { Score } from "../../scorer.js";
import { metricOf, scoresOf } from "../../stats/metric.js";
import { pgr } from "../../stats/pgr.js";
import type { SealedOnWire } from "./testbed.js";

/** Predictions of one seed on some rows of the test split, as the metric and as right or wrong: one value a row. */
export interface Measured {
  readonly seed: number;
  readonly scores: Float64Array;
  readonly correct: Float64Array;
}

/** Scores class probabilities, `rows` x classes. */
export function measure(
  testbed: SealedOnWire,
  rows: readonly number[],
  { seed, probabilities, method }: { readonly seed: number; readonly probabilities: Matrix; readonly method: string },
): Measured {
  const labels = Int32Array.from(rows, (row) => testbed.labels[row]!);
  const of = (name: "accuracy" | "brier"): Float64Array =>
    scoresOf(metricOf(name), probabilities, labels, { method, seed });
  const correct = of("accuracy");
  return { seed, correct, scores: testbed.metric === "accuracy" ? correct : of(testbed.metric) };
}

/** Accuracy, and PGR against teacher and ceiling of the same seeds, so that what belongs to one seed is paired. */
export function scoreOf(testbed: SealedOnWire, rows: readonly number[], all: readonly Measured[], level = 0.95): Score {
  const seeds = [...testbed.seeds, ...testbed.sealedSeeds];
  const at = (lists: readonly (readonly number[])[], seed: number): Float64Array => {
    const list = lists[seeds.indexOf(seed)]!;
    return Float64Array.from(rows, (row) => list[row]!);
  };
  return {
    accuracy: mean(all.map(({ correct }) => mean(correct))),
    pgr: pgr({
      weak: all.map(({ seed }) => at(testbed.weak, seed)),
      transfer: all.map(({ scores }) => scores),
      ceiling: all.map(({ seed }) => at(testbed.ceiling, seed)),
      level,
      ...(testbed.groups && { groups: groupsOf(testbed, rows)! }),
    }),
  };
}

/** Groups of some rows. */
export function groupsOf({ groups }: SealedOnWire, rows: readonly number[]): Int32Array | undefined {
  return groups && Int32Array.from(rows, (row) => groups[row]!);
}

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}
