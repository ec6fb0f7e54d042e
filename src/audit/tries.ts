import { sha256 } from "../data/canonical.js";
import { argmax, type Matrix } from "../data/matrix.js";
import type { AuditCase, Query } from "./case.js";

/** One result at one seed on the development part. */
export interface Try {
  readonly classes: Int32Array;
  /**
   * Its accuracy where the scorer gave it; else the share of rows on which it agrees with the ceilings' mean prediction, which
   * moves with accuracy from seed to seed.
   */
  readonly value: number;
}

/** What an author tried, and what the scorer drew. */
export interface Tries {
  /** Those that differ, over all evaluations. */
  readonly all: readonly Try[];
  /** How many of them are further results at a seed that had one. */
  readonly restarts: number;
  readonly draws: readonly Try[];
  of(query: Query): readonly Try[];
}

/** Undefined where runs do not cover the development part, or no run came through. */
export function triesOf({ submission, references, testbed }: AuditCase, queries: readonly Query[]): Tries | undefined {
  const { development } = testbed;
  const done = submission.runs.flatMap(({ rows, predictions }, r) => {
    const places = new Map(Array.from(rows, (row, at) => [row, at]));
    const covered = development.every((row) => places.has(row));
    return predictions && references[r] && covered
      ? [{ at: development.map((row) => places.get(row)!), predictions, ceiling: references[r].ceiling }]
      : [];
  });
  if (done.length === 0 || development.length === 0) return undefined;
  const { classes } = testbed;
  const mean: Matrix = {
    rows: development.length,
    columns: classes,
    data: new Float32Array(development.length * classes),
  };
  for (const { at, ceiling } of done)
    for (const [i, from] of at.entries())
      for (let c = 0; c < classes; c++) mean.data[i * classes + c]! += ceiling.data[from * classes + c]!;
  const best = argmax(mean);
  const tried = (labels: Int32Array, accuracy?: number): Try => ({
    classes: labels,
    value: accuracy ?? labels.filter((label, i) => label === best[i]).length / labels.length,
  });
  // Accuracies and agreements are not compared with each other.
  const known = queries.every(({ predictions }) => predictions.every(({ accuracy }) => accuracy !== undefined));
  const found = new Map<string, { readonly seed: number; readonly tried: Try }>();
  const named = ({ seed, probabilities: { data } }: Query["predictions"][number]) =>
    `${seed} ${sha256(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))}`;
  for (const { predictions } of queries)
    for (const one of predictions)
      found.set(named(one), {
        seed: one.seed,
        tried: tried(argmax(one.probabilities), known ? one.accuracy : undefined),
      });
  const all = [...found.values()];
  return {
    all: all.map((one) => one.tried),
    restarts: all.length - new Set(all.map(({ seed }) => seed)).size,
    draws: done.map(({ at, predictions }) => {
      const labels = argmax(predictions);
      return tried(at.map((place) => labels[place]!));
    }),
    of: ({ predictions }) => predictions.map((one) => found.get(named(one))!.tried),
  };
}
