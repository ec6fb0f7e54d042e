// Written here because jstat or stdlib would weigh more than the whole byte budget of the root entry.

/**
 * Cumulative distribution function of Student's t.
 *
 * @param t - Any real number, infinities among them.
 * @param df - Degrees of freedom, a finite real number of at least 1.
 * @returns P(T <= t).
 *
 * Regularised incomplete beta function by its continued fraction (DLMF 8.17.22; Abramowitz & Stegun 26.7.1).
 * Agrees with scipy to 1e-10 relative for df from 1 to a million.
 */
export function studentCdf(t: number, df: number): number {
  const tail = Number.isFinite(t) ? upperTail(Math.abs(t), df, gammaRatio(df)) : 0;
  return t > 0 ? 1 - tail : tail;
}

/**
 * Quantile (inverse CDF) of Student's t.
 *
 * @param p - Probability, strictly between 0 and 1.
 * @param df - Degrees of freedom, a finite real number of at least 1.
 * @returns The t with P(T <= t) = p.
 */
export function studentQuantile(p: number, df: number): number {
  const target = Math.min(p, 1 - p);
  if (target === 0.5) return 0;
  const ratio = gammaRatio(df);
  let low = 0;
  let high = 2;
  while (upperTail(high, df, ratio) > target) {
    low = high;
    high *= 2;
  }
  let t = (low + high) / 2;
  for (let step = 0; step < 100; step += 1) {
    const tail = upperTail(t, df, ratio);
    if (tail > target) low = t;
    else high = t;
    const density = (ratio / Math.sqrt(df * Math.PI)) * Math.exp(-((df + 1) / 2) * Math.log1p((t * t) / df));
    const newton = t + (tail / density) * Math.log(tail / target);
    const next = newton > low && newton < high ? newton : (low + high) / 2;
    const moved = Math.abs(next - t);
    t = next;
    if (moved <= 1e-14 * t) break;
  }
  return p < 0.5 ? -t : t;
}

/** P(T > t) for t >= 0; `ratio` is gammaRatio(df). */
function upperTail(t: number, df: number, ratio: number): number {
  const square = t * t;
  const a = df / 2;
  const inner = square / (df + square);
  const outer = df / (df + square);
  // x^a y^(1/2) / B(a, 1/2), the factor that both sides of the incomplete beta function share.
  const front = Math.exp(-a * Math.log1p(square / df)) * Math.sqrt(inner / Math.PI) * ratio;
  return outer < (a + 1) / (a + 2.5)
    ? (0.5 * front * betaFraction(a, 0.5, outer)) / a
    : 0.5 - front * betaFraction(0.5, a, inner);
}

/** Gamma((df + 1) / 2) / Gamma(df / 2): asymptotic series (DLMF 5.11.13), reached from small df by recurrence. */
function gammaRatio(df: number): number {
  let factor = 1;
  let v = df;
  for (; v < 100; v += 2) factor *= v / (v + 1);
  const series = 1 + (-1 / 4 + (1 / 32 + (5 / 128 + (-21 / 2048 - 399 / 8192 / v) / v) / v) / v) / v;
  return factor * Math.sqrt(v / 2) * series;
}

/** Continued fraction of the incomplete beta function by Lentz's method; converges fast for x < (a + 1) / (a + b + 2). */
function betaFraction(a: number, b: number, x: number): number {
  const guard = (value: number) => (Math.abs(value) < 1e-300 ? 1e-300 : value);
  let c = 1;
  let d = 1 / guard(1 - ((a + b) * x) / (a + 1));
  let result = d;
  for (let m = 1; m < 1e6; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / guard(1 + even * d);
    c = guard(1 + even / c);
    result *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / guard(1 + odd * d);
    c = guard(1 + odd / c);
    result *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return result;
}
