import { squaredReach } from "./reach.js";

/** Variance of the mean of a difference, in parts that add up. */
export interface Spread {
  /** Of the examples: sigma_e^2 / n. */
  readonly examples: number;
  /** Of the seeds: sigma_s^2 / S. Zero where there is one seed, on which everything is then conditional. */
  readonly seeds: number;
  /** Of examples and seeds together: sigma_r^2 / (n S). */
  readonly interaction: number;
}

/** How a difference is tested. */
export interface TestPlan {
  /** Examples or groups that were drawn independently, at least 2. */
  readonly n: number;
  readonly seeds: number;
  /** Probability of finding a difference that is not there. */
  readonly alpha: number;
}

/**
 * Probability that the test of `compare` finds a mean difference of `size`, with normal errors and the parts of its
 * variance known, except that of the seeds, which S seeds estimate: the rule for the variance and for how far to reach
 * (`meanVariance`) is averaged over chi-squared draws of the seeds' mean square.
 */
export function testPower(spread: Spread, plan: TestPlan, size: number): number {
  return powerOf(spread, plan)(size);
}

/**
 * Probability that the same test finds a positive mean of `size` above 0: that the interval of a gap lies above zero.
 */
export function positivePower(spread: Spread, { n, seeds, alpha }: TestPlan, size: number): number {
  const total = spread.examples + spread.seeds + spread.interaction;
  if (total <= 0) return size > 0 ? 1 : 0;
  const away = size / Math.sqrt(total);
  const thresholds = thresholdsOf(spread, n, seeds, alpha);
  return thresholds.reduce((sum, { at, weight }) => sum + weight * normalCdf(away - at), 0);
}

/** The minimum detectable size: the smallest that {@link testPower} finds with probability `power`. */
export function resolvableSize(spread: Spread, plan: TestPlan, power: number): number {
  const total = spread.examples + spread.seeds + spread.interaction;
  if (total <= 0) return 0;
  const at = powerOf(spread, plan);
  let high = Math.sqrt(total);
  while (at(high) < power) high *= 2;
  let low = 0;
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (at(middle) < power) low = middle;
    else high = middle;
  }
  return high;
}

function powerOf(spread: Spread, { n, seeds, alpha }: TestPlan): (size: number) => number {
  const total = spread.examples + spread.seeds + spread.interaction;
  const thresholds = thresholdsOf(spread, n, seeds, alpha);
  return (size) => {
    if (total <= 0) return size === 0 ? alpha : 1;
    const away = Math.abs(size) / Math.sqrt(total);
    return thresholds.reduce((sum, { at, weight }) => sum + weight * (normalCdf(away - at) + normalCdf(-away - at)), 0);
  };
}

/** What the difference has to exceed, in its true standard errors, over draws of the seeds' mean square. */
function thresholdsOf({ examples, seeds, interaction }: Spread, n: number, count: number, alpha: number) {
  const base = squaredReach([{ df: n - 1, weight: 1 }], alpha);
  const total = examples + seeds + interaction;
  if (count === 1) return [{ at: Math.sqrt(base), weight: 1 }];
  const df = count - 1;
  const few = squaredReach([{ df, weight: 1 }], alpha);
  const end = Math.sqrt(df) + 8;
  const nodes = Array.from({ length: 257 }, (_, k) => {
    const chi = (end * k) / 256;
    const mean = ((seeds + interaction) * chi * chi) / df;
    const estimate = examples + interaction + Math.max(0, mean - interaction);
    const share = mean > 0 ? mean / Math.max(estimate, mean) : 0;
    const simpson = k === 0 || k === 256 ? 1 : k % 2 === 1 ? 4 : 2;
    // The density of chi but for its constant, scaled at its mode so that nothing overflows.
    const log = (df - 1) * Math.log(chi / Math.sqrt(Math.max(1, df - 1))) - (chi * chi - (df - 1)) / 2;
    const density = df === 1 ? Math.exp((-chi * chi) / 2) : chi === 0 ? 0 : Math.exp(log);
    return { at: Math.sqrt(((base + share ** 2 * (few - base)) * estimate) / total), weight: simpson * density };
  });
  const whole = nodes.reduce((sum, { weight }) => sum + weight, 0);
  return nodes.map(({ at, weight }) => ({ at, weight: weight / whole })).filter(({ weight }) => weight > 1e-12);
}

/** Normal distribution function, within 7.5e-8 (Abramowitz & Stegun 26.2.17). */
function normalCdf(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const tail =
    Math.exp((-x * x) / 2) *
    0.3989422804014327 *
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return x > 0 ? 1 - tail : tail;
}
