import { setImmediate as pause } from "node:timers/promises";
import { type Matrix, row } from "../data/matrix.js";

/** Whose labels are averaged. */
interface Neighbours {
  readonly k: number;
  /** Rows that are no neighbours of one another; every row is in one of these lists. */
  readonly groups: readonly (readonly number[])[];
  readonly signal: AbortSignal;
}

/**
 * For each row the mean of `labels` over its `k` nearest rows of other groups (Euclidean, on z-scored columns). `k` of at
 * least the number of such rows gives the mean of all of them; there must be two groups. Exact, in O(rows^2 x columns): 5,000 rows of 576 take about
 * fifteen seconds, in which others get to work and the signal is watched.
 */
export async function nearestMeans(
  features: Matrix,
  labels: Matrix,
  { k, groups, signal }: Neighbours,
): Promise<Matrix> {
  const { rows, columns } = features;
  const data = standardised(features);
  const norms = Float64Array.from({ length: rows }, (_, i) =>
    data.subarray(i * columns, (i + 1) * columns).reduce((sum, value) => sum + value * value, 0),
  );
  const out = { ...labels, data: new Float32Array(labels.data.length) };
  const groupOf = new Array<readonly number[]>(rows);
  for (const group of groups) for (const i of group) groupOf[i] = group;
  const distances = Array.from({ length: tile }, () => new Float64Array(rows));
  for (let first = 0; first < rows; first += tile) {
    await pause();
    signal.throwIfAborted();
    // The last tile overlaps the one before rather than being shorter.
    const begin = Math.max(0, Math.min(first, rows - tile));
    distancesFrom(data, columns, norms, begin, distances);
    for (let i = first; i < Math.min(first + tile, rows); i++) {
      const found = distances[i - begin]!;
      const group = groupOf[i]!;
      const count = Math.min(k, rows - group.length);
      for (const j of group) found[j] = Number.POSITIVE_INFINITY;
      const mean = row(out, i);
      for (const j of smallest(found, count)) for (const [c, label] of row(labels, j).entries()) mean[c]! += label;
      for (const [c, total] of mean.entries()) mean[c] = total / count;
    }
  }
  return out;
}

/** Four rows at a time, so that each value that is read serves four products. */
const tile = 4;

/** Squared distances of rows `begin` ... `begin` + 3 from all rows, less the own norm, which changes no order. */
function distancesFrom(
  data: Float64Array,
  columns: number,
  norms: Float64Array,
  begin: number,
  [d0, d1, d2, d3]: Float64Array[],
): void {
  const a = begin * columns;
  for (let j = 0, at = 0; j < norms.length; j++) {
    let [s0, s1, s2, s3] = [0, 0, 0, 0];
    for (let c = 0; c < columns; c++, at++) {
      const value = data[at]!;
      s0 += data[a + c]! * value;
      s1 += data[a + columns + c]! * value;
      s2 += data[a + 2 * columns + c]! * value;
      s3 += data[a + 3 * columns + c]! * value;
    }
    d0![j] = norms[j]! - 2 * s0;
    d1![j] = norms[j]! - 2 * s1;
    d2![j] = norms[j]! - 2 * s2;
    d3![j] = norms[j]! - 2 * s3;
  }
}

/** Indices of the `count` smallest values; the lower index wins a tie. */
function smallest(values: Float64Array, count: number): number[] {
  const bound = values.slice().sort()[count - 1]!;
  const below: number[] = [];
  const equal: number[] = [];
  for (const [i, value] of values.entries()) if (value <= bound) (value < bound ? below : equal).push(i);
  return [...below, ...equal.slice(0, count - below.length)];
}

function standardised({ rows, columns, data }: Matrix): Float64Array {
  const out = new Float64Array(data.length);
  for (let c = 0; c < columns; c++) {
    let [sum, squares] = [0, 0];
    for (let at = c; at < data.length; at += columns) sum += data[at]!;
    const mean = sum / rows;
    for (let at = c; at < data.length; at += columns) squares += (data[at]! - mean) ** 2;
    const scale = squares > 0 ? 1 / Math.sqrt(squares / rows) : 0; // a constant column says nothing
    for (let at = c; at < data.length; at += columns) out[at] = (data[at]! - mean) * scale;
  }
  return out;
}
