import { studentCdf, studentQuantile } from "./student.js";

/**
 * How far an interval reaches: the weighted mean of squared Student quantiles, as terms of which the weights sum to 1.
 * It stands for degrees of freedom between those of its parts (docs/statistics.md, "How far to reach").
 */
export type Reach = readonly { readonly df: number; readonly weight: number }[];

/** Below this a p-value is not told apart from it. */
const smallest = 1e-300;

/** Square of the number of standard errors that an interval reaches which misses with probability `p`, over both sides. */
export function squaredReach(reach: Reach, p: number): number {
  return reach.reduce((sum, { df, weight }) => (weight > 0 ? sum + weight * studentQuantile(p / 2, df) ** 2 : sum), 0);
}

/**
 * The two-sided p-value of a squared distance in standard errors: the p at which {@link squaredReach} just gets there.
 * It lies between the p-values that the fewest and the most degrees of freedom alone would give, and is found there by
 * regula falsi on log p (the Illinois rule). Never below 1e-300.
 */
export function pValue(reach: Reach, square: number): number {
  if (!(square > 0)) return 1;
  if (!(square < 1e300)) return smallest;
  const used = reach.filter(({ weight }) => weight > 0);
  const ends = used.map(({ df }) => 2 * studentCdf(-Math.sqrt(square), df));
  let [low, high] = [Math.min(...ends), Math.max(...ends)].map((p) => Math.log(Math.max(p, smallest))) as [
    number,
    number,
  ];
  const excess = (log: number) => Math.log(squaredReach(used, Math.exp(log)) / square);
  let [above, below] = [excess(low), excess(high)];
  // Rounding, or one number of degrees of freedom only.
  if (above <= 0) return Math.exp(low);
  if (below >= 0) return Math.exp(high);
  let side = 0;
  for (let step = 0; step < 200 && high - low > 1e-13 * Math.max(1, -low); step += 1) {
    const next = (low * below - high * above) / (below - above);
    const log = next > low && next < high ? next : (low + high) / 2;
    const value = excess(log);
    if (value > 0) {
      [low, above] = [log, value];
      if (side === 1) below /= 2;
      side = 1;
    } else {
      [high, below] = [log, value];
      if (side === -1) above /= 2;
      side = -1;
    }
    if (Math.abs(value) < 1e-13) return Math.exp(log);
  }
  return Math.exp((low + high) / 2);
}
