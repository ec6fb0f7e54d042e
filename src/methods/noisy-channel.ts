import { minimise } from "./minimise.js";

/*
 * The teacher as a noisy channel. With y the true label, m evidence about it as log-odds, s the teacher's hard label as
 * +-1, c = |log-odds of the weak label| and x what the teacher's reliability may depend on:
 *
 *     log-odds P(y = 1 | m)        = exp(t) m
 *     log-odds P(s = +1 | y, x, c) = a +- c exp(b.x)    (+ for y = 1, the true-positive rate; - for y = 0)
 *
 * fitted by maximum marginal likelihood of s, y summed out, with a Gaussian prior on t, a and b around 0, where both
 * sources are as reliable as they say and the teacher is unbiased; what the data leave open stays there. Two things keep it
 * identifiable. The mirror image of a channel, labels exchanged, is as likely: exp(b.x) > 0 rules it out, since it keeps
 * the true-positive above the false-positive rate. And the bias a is one number: one that could follow m would explain the
 * labels as well as their truth does, and one that could follow c would tell s.
 */

export interface ChannelData {
  /** The teacher's probability of class 1, one an example. */
  readonly weak: Float64Array;
  /** Log-odds of class 1 by what is known besides the teacher's label, right up to a factor. */
  readonly evidence: Float64Array;
  /** What the teacher's reliability may depend on. Taken as z-scores. */
  readonly features: readonly Float64Array[];
}

export interface Channel {
  /** P(teacher says 1 | class 1) and P(teacher says 1 | class 0), one an example. */
  readonly truePositive: Float64Array;
  readonly falsePositive: Float64Array;
  /** Log-odds of class 1 by Bayes: prior and teacher's label. */
  readonly posterior: Float64Array;
}

/** Standard deviations of the Gaussian: of t, of a, of the intercept in b, of its slopes. */
const deviations = { scale: 0.5, bias: 2, intercept: 2, slope: 0.5 };

export function fitChannel({ weak, evidence, features }: ChannelData): Channel {
  const n = weak.length;
  const x = [new Float64Array(n).fill(1), ...features.map(standardised)];
  const sign = weak.map((w) => (w >= 0.5 ? 1 : -1));
  const confidence = weak.map((w) => Math.abs(logit(w)));
  // The parameters: t, a, b.
  const { scale, bias, intercept, slope } = deviations;
  const spread = Float64Array.of(scale, bias, intercept, ...features.map(() => slope));

  const at = (theta: Float64Array, i: number) => {
    const exponent = x.reduce((sum, list, k) => sum + theta[2 + k]! * list[i]!, 0);
    const reach = confidence[i]! * Math.exp(Math.min(3, exponent));
    return { prior: Math.exp(theta[0]!) * evidence[i]!, reach, up: theta[1]! + reach, down: theta[1]! - reach };
  };

  const theta = minimise((theta) => {
    const gradient = theta.map((value, k) => value / spread[k]! ** 2);
    let value = theta.reduce((sum, value, k) => sum + (value / spread[k]!) ** 2 / 2, 0);
    for (let i = 0; i < n; i++) {
      const { prior, reach, up, down } = at(theta, i);
      const s = sign[i]!;
      const one = logSigmoid(prior) + logSigmoid(s * up);
      const zero = logSigmoid(-prior) + logSigmoid(s * down);
      value -= Math.max(one, zero) + Math.log1p(Math.exp(-Math.abs(one - zero)));
      // With the labels summed out, the slopes are those under each label, weighed by its posterior.
      const posterior = sigmoid(one - zero);
      const ofUp = posterior * s * sigmoid(-s * up);
      const ofDown = (1 - posterior) * s * sigmoid(-s * down);
      gradient[0]! -= (posterior - sigmoid(prior)) * prior;
      gradient[1]! -= ofUp + ofDown;
      for (const [k, list] of x.entries()) gradient[2 + k]! -= (ofUp - ofDown) * reach * list[i]!;
    }
    return { value, gradient };
  }, new Float64Array(spread.length));

  const all = Array.from({ length: n }, (_, i) => at(theta, i));
  return {
    truePositive: Float64Array.from(all, ({ up }) => sigmoid(up)),
    falsePositive: Float64Array.from(all, ({ down }) => sigmoid(down)),
    posterior: Float64Array.from(
      all,
      ({ prior, up, down }, i) => prior + logSigmoid(sign[i]! * up) - logSigmoid(sign[i]! * down),
    ),
  };
}

/** Of a probability that is kept away from 0 and 1, where one label would outweigh everything else. */
export function logit(p: number): number {
  const q = Math.min(0.99, Math.max(0.01, p));
  return Math.log(q / (1 - q));
}

export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

function logSigmoid(x: number): number {
  return x < 0 ? x - Math.log1p(Math.exp(x)) : -Math.log1p(Math.exp(-x));
}

function standardised(values: Float64Array): Float64Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const std = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  return values.map((value) => (std > 1e-6 ? (value - mean) / std : 0)); // a constant says nothing
}
