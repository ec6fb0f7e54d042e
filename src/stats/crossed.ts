import { type Reach, squaredReach } from "./reach.js";

/** Seeds x examples: one row a seed, all rows over the same examples in the same order. */
export type Matrix = readonly Float64Array[];

/** A symmetric matrix of variances and covariances between lists, one row and column a list. */
export type Covariance = readonly (readonly number[])[];

/** What one set of seeds adds to the variance of a mean: Q / S, and R / (nS), which Q / S and E / n both contain. */
export interface SeedTerm {
  readonly seeds: Covariance;
  readonly interaction: Covariance;
  /** Number of seeds S, at least 2. */
  readonly count: number;
}

/** The parts of the covariance of means over seeds and examples. */
export interface Terms {
  readonly examples: Covariance;
  /** One for each independently drawn set of seeds; none where there is a single seed. */
  readonly seedTerms: readonly SeedTerm[];
  /** Number of examples, at least 2. */
  readonly n: number;
}

/** Estimated variances and covariance of the means of two weighted sums u and d of the lists. */
export interface MeanVariance {
  readonly uu: number;
  readonly ud: number;
  readonly dd: number;
  /** What `reach` is made of. */
  readonly parts: Reach;
  /** Square of the number of standard errors that an interval for the mean of u has to reach. */
  readonly reach: number;
}

/**
 * Mean products of crossed lists with equal numbers of seeds, each divided so that it is a share of the covariance of
 * grand means: E / n from example means, Q / S from seed means, R / (nS) from the interaction. With E[E] = e + r / S,
 * E[Q] = s + r / n and E[R] = r, the sum E / n + Q / S - R / (nS) is unbiased for the variance of the grand mean
 * (two-way random effects; Searle, Casella & McCulloch 1992, section 4.3).
 *
 * One seed gives no seed term: the variance is then conditional on that seed. At least two examples are needed.
 */
export function crossedTerms(lists: readonly Matrix[]): Terms {
  const count = lists[0]?.length ?? 0;
  const n = lists[0]?.[0]?.length ?? 0;
  const exampleParts = lists.map((matrix) => centred(exampleMeans(matrix)));
  const examples = covariance(exampleParts, 1 / ((n - 1) * n));
  if (count === 1) return { examples, seedTerms: [], n };
  const seedMeans = lists.map((matrix) => Float64Array.from(matrix, mean));
  const squares = lists.map(() => lists.map(() => 0));
  for (let s = 0; s < count; s += 1) {
    const residuals = lists.map((matrix, k) =>
      residual(matrix[s] as Float64Array, seedMeans[k]?.[s] as number, exampleParts[k] as Float64Array),
    );
    addProducts(squares, residuals);
  }
  const seeds = covariance(seedMeans.map(centred), 1 / ((count - 1) * count));
  const interaction = scaled(squares, 1 / ((n - 1) * (count - 1) * n * count));
  return { examples, seedTerms: [{ seeds, interaction, count }], n };
}

/**
 * Variance of the mean of u, of d, and their covariance, from the terms of the lists that u and d weigh. A component
 * that comes out negative for u counts as zero: V = r + max(0, e - r) + sum max(0, q_k - r_k), with r the sum of r_k.
 *
 * The reach is t^2 = t^2(n-1) + sum w_k^2 (t^2(S_k-1) - t^2(n-1)), w_k = q_k / max(V, sum q_k). To first order that
 * is Student's t with Satterthwaite's (1946) degrees of freedom; it weighs the squared quantiles themselves because
 * at one or two degrees of freedom these grow much faster than 1 / df, and Satterthwaite's own form under-covers there
 * (docs/statistics.md has the simulation).
 */
export function meanVariance(terms: Terms, u: readonly number[], d: readonly number[], level: number): MeanVariance {
  const { examples, n } = terms;
  const seedTerms = terms.seedTerms.map(({ seeds, interaction, count }) => {
    const q = bilinear(seeds, u, u);
    return { seeds, interaction, count, q, kept: isAbove(q, bilinear(interaction, u, u)) };
  });
  const shared = seedTerms.reduce((sum, { interaction }) => sum + bilinear(interaction, u, u), 0);
  const keepsExamples = isAbove(bilinear(examples, u, u), shared);
  const part = (x: readonly number[], y: readonly number[]) => {
    let total = keepsExamples ? bilinear(examples, x, y) : 0;
    for (const { seeds, interaction, kept } of seedTerms) {
      const r = bilinear(interaction, x, y);
      if (!keepsExamples) total += r;
      if (kept) total += bilinear(seeds, x, y) - r;
    }
    return total;
  };
  const uu = Math.max(0, part(u, u));
  const whole = seedTerms.reduce((sum, { q }) => sum + q, 0);
  const few = whole > 0 ? seedTerms : [];
  const ofSeeds = few.map(({ q, count }) => ({ df: count - 1, weight: (q / Math.max(uu, whole)) ** 2 }));
  const parts = [{ df: n - 1, weight: 1 - ofSeeds.reduce((sum, { weight }) => sum + weight, 0) }, ...ofSeeds];
  return { uu, ud: uu > 0 ? part(u, d) : 0, dd: part(d, d), parts, reach: squaredReach(parts, 1 - level) };
}

/** Not by rounding: what is kept for u counts for d too, where a tie would turn into a jump. */
function isAbove(one: number, other: number): boolean {
  return one > other * (1 + 1e-9);
}

/** Sums of products of every two lists, times a factor. */
export function covariance(lists: readonly Float64Array[], factor: number): Covariance {
  const sums = lists.map(() => lists.map(() => 0));
  addProducts(sums, lists);
  return scaled(sums, factor);
}

/** The mean over seeds of every example. */
export function exampleMeans(matrix: Matrix): Float64Array {
  const means = new Float64Array(matrix[0]?.length ?? 0);
  for (const row of matrix) {
    for (let i = 0; i < means.length; i += 1) means[i] = (means[i] as number) + (row[i] as number);
  }
  for (let i = 0; i < means.length; i += 1) means[i] = (means[i] as number) / matrix.length;
  return means;
}

/** The mean of a non-empty list. */
export function mean(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) sum += values[i] as number;
  return sum / values.length;
}

/** A list less its mean. */
export function centred(values: Float64Array): Float64Array {
  const centre = mean(values);
  const rest = new Float64Array(values.length);
  for (let i = 0; i < rest.length; i += 1) rest[i] = (values[i] as number) - centre;
  return rest;
}

function residual(row: Float64Array, seedMean: number, examplePart: Float64Array): Float64Array {
  const rest = new Float64Array(row.length);
  for (let i = 0; i < rest.length; i += 1) rest[i] = (row[i] as number) - seedMean - (examplePart[i] as number);
  return rest;
}

function addProducts(sums: number[][], lists: readonly Float64Array[]): void {
  for (const [j, row] of sums.entries()) {
    for (let k = 0; k <= j; k += 1) {
      const added = (row[k] as number) + dot(lists[j] as Float64Array, lists[k] as Float64Array);
      row[k] = added;
      (sums[k] as number[])[j] = added;
    }
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

function scaled(matrix: Covariance, factor: number): Covariance {
  return matrix.map((row) => row.map((value) => value * factor));
}

function bilinear(matrix: Covariance, x: readonly number[], y: readonly number[]): number {
  let sum = 0;
  for (const [j, row] of matrix.entries()) {
    for (const [k, value] of row.entries()) sum += (x[j] as number) * (y[k] as number) * value;
  }
  return sum;
}
