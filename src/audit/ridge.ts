/** Columns of equal length; entry `[j][i]` belongs to row i. */
export type Columns = readonly Float64Array[];

/** A prediction for each of the given rows, of the same columns or of others in the same order. */
type Predictor = (columns: Columns, rows: ArrayLike<number>) => Float64Array;

/**
 * Ridge regression with an intercept, prepared once for many targets: columns are standardised on `rows`, and each
 * coefficient is shrunk by `penalty` rows' worth (Hoerl & Kennard 1970). Solved exactly by Cholesky's decomposition.
 */
export function ridge(columns: Columns, rows: ArrayLike<number>, penalty: number): (target: Float64Array) => Predictor {
  const scaled = columns.flatMap((column, index) => {
    const values = Float64Array.from(rows, (i) => column[i]!);
    const centre = mean(values);
    const spread = Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
    // A column that is constant here says nothing.
    return spread > 1e-12 ? [{ index, centre, spread, z: values.map((value) => (value - centre) / spread) }] : [];
  });
  const factor = cholesky(
    scaled.map((a, j) => Float64Array.from(scaled.slice(0, j + 1), (b, k) => dot(a.z, b.z) + (j === k ? penalty : 0))),
  );
  return (target) => {
    const y = Float64Array.from(rows, (i) => target[i]!);
    const slopes = solve(
      factor,
      Float64Array.from(scaled, ({ z }) => dot(z, y)),
    );
    const intercept = mean(y);
    return (given, asked) => {
      const out = new Float64Array(asked.length).fill(intercept);
      for (const [j, { index, centre, spread }] of scaled.entries()) {
        const column = given[index]!;
        const slope = slopes[j]! / spread;
        for (let k = 0; k < asked.length; k++) out[k]! += slope * (column[asked[k]!]! - centre);
      }
      return out;
    };
  };
}

export function mean(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

/** 0, 1, ..., n - 1. */
export function upTo(n: number): Int32Array {
  return Int32Array.from({ length: n }, (_, i) => i);
}

/** The lower triangle of a symmetric positive definite matrix, decomposed in place. */
function cholesky(lower: Float64Array[]): Float64Array[] {
  for (const [j, line] of lower.entries()) {
    for (let k = 0; k <= j; k++) {
      const other = lower[k]!;
      let sum = line[k]!;
      for (let m = 0; m < k; m++) sum -= line[m]! * other[m]!;
      line[k] = k === j ? Math.sqrt(sum) : sum / other[k]!;
    }
  }
  return lower;
}

function solve(lower: readonly Float64Array[], right: Float64Array): Float64Array {
  const x = right.slice();
  for (const [j, line] of lower.entries()) {
    for (let k = 0; k < j; k++) x[j]! -= line[k]! * x[k]!;
    x[j]! /= line[j]!;
  }
  for (let j = lower.length - 1; j >= 0; j--) {
    x[j]! /= lower[j]![j]!;
    for (let k = 0; k < j; k++) x[k]! -= lower[j]![k]! * x[j]!;
  }
  return x;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
