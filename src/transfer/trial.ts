import { WeakToStrongError } from "../errors.js";
import type { Comparison } from "../stats/compare.js";
import { holm } from "../stats/holm.js";
import type { TransferDomain } from "./record.js";

/** A method on trial against a baseline that was named beforehand. */
export interface Trial {
  readonly method: string;
  readonly baseline: string;
  /** 1 - level is the probability of any wrong verdict among those of all domains. */
  readonly level: number;
  readonly domains: readonly TrialDomain[];
}

export interface TrialDomain {
  readonly testbed: string;
  /** Accuracy of the method minus that of the baseline, paired over seeds and examples, and the difference of PGRs. */
  readonly difference: Comparison;
  /** The p-value of the difference in accuracy, adjusted for all domains by Holm's rule. */
  readonly pHolm: number;
  /** By `pHolm`. */
  readonly verdict: "better" | "worse" | "not significant";
  /** Of the difference, in a sentence. */
  readonly words: string;
}

const level = 0.95;

/**
 * A significance test of a method against a named baseline, on every holdout where both ran: the paired difference in
 * accuracy over seeds and examples (`compare`), over the holdouts adjusted by Holm's rule. The test is of accuracy, which
 * needs no gap: a production model may have no ceiling that is clearly above its teacher.
 *
 * @throws WeakToStrongError with code `not_found` where the names are not those of a method and a baseline that ran.
 */
export function trial(
  { domains }: { readonly domains: readonly Pick<TransferDomain, "testbed" | "comparisons">[] },
  { method, baseline }: { readonly method: string; readonly baseline: string },
): Trial {
  const found = domains.flatMap(({ testbed, comparisons }) => {
    const pair = comparisons.find((one) => one.method === method && one.baseline === baseline);
    return pair ? [{ testbed, difference: pair.difference }] : [];
  });
  if (found.length === 0) {
    const names = new Set(
      domains.flatMap(({ comparisons }) => comparisons.map((one) => `${one.method} / ${one.baseline}`)),
    );
    throw new WeakToStrongError(
      "not_found",
      `trial: expected a method and a baseline that ran on the same holdout (${[...names].join(", ") || "there are none"}), found ${method} / ${baseline}.`,
    );
  }
  const adjusted = holm(found.map(({ difference }) => difference.scoreDifference?.p ?? 1));
  return {
    method,
    baseline,
    level,
    domains: found.map(({ testbed, difference }, at) => {
      const pHolm = adjusted[at]!;
      const estimate = difference.scoreDifference?.estimate ?? 0;
      const verdict = pHolm >= 1 - level ? "not significant" : estimate > 0 ? "better" : "worse";
      return { testbed, difference, pHolm, verdict, words: inWords(testbed, difference, pHolm, verdict) };
    }),
  };
}

function inWords(testbed: string, { scoreDifference }: Comparison, pHolm: number, verdict: string): string {
  if (!scoreDifference) return `${testbed}: one test example or group says nothing about others.`;
  const { estimate, interval } = scoreDifference;
  const points = (share: number): string => (100 * share).toFixed(1);
  const p = pHolm < 0.001 ? "p < .001" : `p = ${pHolm.toFixed(3).replace(/^0/, "")}`;
  return `${testbed}: ${estimate < 0 ? "" : "+"}${points(estimate)} points of accuracy (95% interval ${interval.map(points).join(" to ")}), ${p}: ${verdict}.`;
}
