import type { Matrix } from "../data/matrix.js";
import { WeakToStrongError } from "../errors.js";

/**
 * How good a prediction is, an example at a time: what PGR, intervals and comparisons are of. It is given the truth, so
 * it is called in the scoring step only, never near a method; do not let a method of yours read what it has seen.
 */
export interface Metric {
  /** What results call it. */
  readonly name: string;
  /**
   * Score of one prediction, from 0 (worst) to 1 (best).
   *
   * @param probabilities - The predicted probability of each class, a copy.
   * @param label - The right class, as its index.
   * @param index - Position of the example in the test split: for scores that are looked up.
   */
  score(probabilities: Float32Array, label: number, index: number): number;
}

/** 1 where the most probable class is the right one (the lowest class wins a tie), else 0. */
const accuracy: Metric = {
  name: "accuracy",
  score: (probabilities, label) => (argmaxOf(probabilities) === label ? 1 : 0),
};

/**
 * 1 - sum_k (p_k - y_k)^2 / 2 with y the right class one-hot: Brier's (1950) score turned so that higher is better and
 * 0 is certainty of a wrong class. For two classes that is 1 - (1 - p)^2, p being the right class's probability.
 */
const brier: Metric = {
  name: "brier",
  score(probabilities, label) {
    let squares = 0;
    for (const [k, p] of probabilities.entries()) squares += (p - (k === label ? 1 : 0)) ** 2;
    // Rows of float32 sum to 1 only nearly.
    return Math.min(1, Math.max(0, 1 - squares / 2));
  },
};

const builtIn: Readonly<Record<MetricName, Metric>> = { accuracy, brier };

/** The metrics that have a name. */
export type MetricName = "accuracy" | "brier";

/** The metric that the option `metric` asks for, checked. */
export function metricOf(option: MetricName | Metric | undefined): Metric {
  if (option === undefined) return accuracy;
  if (typeof option === "string" && Object.hasOwn(builtIn, option)) return builtIn[option];
  const names = Object.keys(builtIn).map((name) => `"${name}"`);
  if (typeof option !== "object" || option === null || typeof option.score !== "function") {
    const found = typeof option === "string" ? JSON.stringify(option) : typeof option;
    throw bad(
      `Experiment: metric: expected ${names.join(", ")} or { name, score(probabilities, label, index) }, found ${found}.`,
    );
  }
  if (typeof option.name !== "string" || option.name.trim() === "") {
    throw bad(
      'Experiment: metric: it has no name; give it one, as { name: "rubric", score }: results are headed by it.',
    );
  }
  if (Object.hasOwn(builtIn, option.name)) {
    throw bad(`Experiment: metric: the name "${option.name}" is that of a built-in metric; give yours another.`);
  }
  return option;
}

/** Each test example's score, checked. `unit` says whose predictions they are, for the message. */
export function scoresOf(
  metric: Metric,
  predictions: Matrix,
  labels: Int32Array,
  unit: { readonly method: string; readonly seed: number },
): Float64Array {
  const { columns, data } = predictions;
  return Float64Array.from(labels, (label, i) => {
    const at = `the metric "${metric.name}" on test example ${i} of the method "${unit.method}" with seed ${unit.seed}`;
    let score: unknown;
    try {
      score = metric.score(data.slice(i * columns, (i + 1) * columns), label, i);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new WeakToStrongError("bad_input", `Error in ${at}: ${why}`, { cause });
    }
    if (typeof score === "number" && score >= 0 && score <= 1) return score;
    const found = score instanceof Promise ? "a promise (score must answer at once)" : String(score);
    throw bad(`Expected a score from 0 to 1 from ${at}, found ${found}.`);
  });
}

function argmaxOf(values: Float32Array): number {
  let best = 0;
  for (let k = 1; k < values.length; k++) if (values[k]! > values[best]!) best = k;
  return best;
}

function bad(message: string): WeakToStrongError {
  return new WeakToStrongError("bad_input", message);
}
