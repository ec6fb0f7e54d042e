import { studentCdf, studentQuantile } from "../stats/student.js";

/** As good as the normal distribution: what intervals of many examples stand on. */
const manyDegrees = 1e6;

/** P(Z >= z) of a standard normal Z; infinities are as good as others. */
export function normalTail(z: number): number {
  return 1 - studentCdf(z, manyDegrees);
}

/** The z with P(Z <= z) = p. */
export function normalQuantile(p: number): number {
  return studentQuantile(p, manyDegrees);
}

/**
 * P(X >= k) for X ~ Binomial(n, p), summed exactly.
 *
 * @param k - A whole number; 0 or less gives 1, more than n gives 0.
 */
function binomialTail(k: number, n: number, p: number): number {
  if (k <= 0) return 1;
  if (k > n || p <= 0) return 0;
  if (p >= 1) return 1;
  let choose = 0;
  for (let i = 0; i < k; i++) choose += Math.log((n - i) / (i + 1));
  let sum = 0;
  for (let i = k; i <= n; i++) {
    sum += Math.exp(choose + i * Math.log(p) + (n - i) * Math.log1p(-p));
    choose += Math.log((n - i) / (i + 1));
  }
  return Math.min(1, sum);
}

/** One-sided exact upper bound of a share of which `k` of `n` were seen, at confidence 1 - `alpha` (Clopper & Pearson 1934). */
export function upperBound(k: number, n: number, alpha: number): number {
  if (k >= n) return 1;
  let [low, high] = [k / n, 1];
  for (let step = 0; step < 50; step++) {
    const middle = (low + high) / 2;
    if (binomialTail(k + 1, n, middle) < 1 - alpha) low = middle;
    else high = middle;
  }
  return high;
}

/** The lower bound that goes with {@link upperBound}. */
export function lowerBound(k: number, n: number, alpha: number): number {
  return 1 - upperBound(n - k, n, alpha);
}

/** One-sided p-value of "no more often b than c" over `b + c` discordant pairs: exact sign test (McNemar 1947). */
export function signTest(b: number, c: number): number {
  return binomialTail(b, b + c, 0.5);
}

/**
 * Cohen's (1960) kappa of two labellings of the same rows: agreement beyond what their marginal rates give by chance; 1 is
 * equal, 0 unrelated. With `shift`, classes of `b` are renamed in a circle by so many first. Undefined where both say one and
 * the same class throughout.
 */
export function kappa(a: Int32Array, b: Int32Array, classes: number, shift = 0): number | undefined {
  const inA = new Float64Array(classes);
  const inB = new Float64Array(classes);
  let same = 0;
  for (let i = 0; i < a.length; i++) {
    const renamed = (b[i]! + shift) % classes;
    inA[a[i]!]! += 1 / a.length;
    inB[renamed]! += 1 / a.length;
    if (a[i] === renamed) same += 1 / a.length;
  }
  const chance = inA.reduce((sum, share, k) => sum + share * inB[k]!, 0);
  return chance > 1 - 1e-9 ? undefined : (same - chance) / (1 - chance);
}

/** The renaming of `b`'s classes in a circle that fits `a` best, and its {@link kappa}; undefined where no kappa is. */
export function keptBy(
  a: Int32Array,
  b: Int32Array,
  classes: number,
): { readonly kappa: number; readonly shift: number } | undefined {
  const fits = Array.from({ length: classes }, (_, shift) => ({ kappa: kappa(a, b, classes, shift), shift }));
  return fits
    .flatMap(({ kappa, shift }) => (kappa === undefined ? [] : [{ kappa, shift }]))
    .reduce<{ kappa: number; shift: number } | undefined>(
      (most, one) => (most && most.kappa >= one.kappa ? most : one),
      undefined,
    );
}
