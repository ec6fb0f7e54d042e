import { bad } from "./scores.js";

/**
 * Holm's (1979) adjusted p-values of a family of tests: rejecting those below alpha keeps the probability of any wrong
 * rejection at or below alpha, whatever the tests depend on. Each is at least its own p-value and at most 1.
 *
 * @param pValues - Of all tests of the family, those that found nothing among them.
 * @returns The adjusted p-values, in the order given.
 * @throws WeakToStrongError with code `bad_input` on a value that is no number from 0 to 1.
 */
export function holm(pValues: ArrayLike<number>): number[] {
  const values = Array.from(pValues, (p, i) => {
    if (typeof p === "number" && p >= 0 && p <= 1) return p;
    throw bad(`"pValues[${i}]" must be a p-value from 0 to 1, found ${p}. Give a test that has none the value 1.`);
  });
  const adjusted = values.slice();
  let highest = 0;
  for (const [rank, at] of [...values.keys()].sort((i, j) => values[i]! - values[j]!).entries()) {
    highest = Math.max(highest, Math.min(1, (values.length - rank) * values[at]!));
    adjusted[at] = highest;
  }
  return adjusted;
}
