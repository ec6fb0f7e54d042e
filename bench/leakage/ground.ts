/** What bench/leakage.ts attacks: labels, what is known of them beforehand, and a scorer that answers by one rule. */
import { random, shuffled } from "../../src/data/random.js";
import type { FeedbackMode } from "../../src/scorer.js";
import { nearDuplicate, shownOf } from "../../src/scorers/sealed/feedback.js";
import type { Rule } from "./rules.js";

/** Classes of two, an entry an example. */
export type Labels = Uint8Array;

/** Features, and the share of the labels that no features tell. */
const [width, noise] = [20, 0.1];

/**
 * n balanced labels of examples with normal features, a linear function of them but for the noise. `baseline` and `own`
 * are linear models' answers: the public ones that every author starts from, and what the attacker knows besides.
 */
export interface Ground {
  readonly n: number;
  readonly labels: Labels;
  readonly baseline: Labels;
  readonly own: Labels;
  /** How sure the attacker's own answers are, in log-odds. */
  readonly trust: number;
  readonly uniform: () => number;
  /** The attacker's own linear model. */
  readonly weights: Float64Array;
  answers(weights: Float64Array): Labels;
  /** Accuracy on examples that nobody has seen, the final split, exactly. */
  final(weights: Float64Array): number;
  /** Sum of the features, each example's with the sign of `evidence`'s entry times its size: the direction that it says. */
  direction(evidence: Float64Array): Float64Array;
}

/** Accuracies that baseline and own model have; one half for both is to know nothing. */
export function groundOf(seed: number, { n = 1000, baseline = 0.5, own = 0.5 } = {}): Ground {
  const uniform = random("leakage", seed, n);
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  const x = new Float64Array(n * width);
  const labels = new Uint8Array(n);
  // The labels tell by the first feature.
  for (let i = 0; i < n; i++) {
    const label = i % 2;
    labels[i] = label;
    for (let j = 0; j < width; j++) x[i * width + j] = normal();
    x[i * width] = Math.abs(x[i * width]!) * ((label === 1) === uniform() >= noise ? 1 : -1);
  }
  const answers = (weights: Float64Array) => {
    const out = new Uint8Array(n);
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let j = 0; j < width; j++) sum += x[i * width + j]! * weights[j]!;
      out[i] = sum > 0 ? 1 : 0;
    }
    return out;
  };
  const modelOf = (accuracy: number) => {
    const cosine = Math.cos(Math.PI * (1 - (accuracy - noise) / (1 - 2 * noise)));
    const weights = Float64Array.from({ length: width }, normal);
    weights[0] = 0;
    const scale = Math.sqrt(1 - cosine ** 2) / norm(weights);
    return weights.map((w, j) => (j === 0 ? cosine : w * scale));
  };
  const weights = modelOf(own);
  const start = baseline === own ? weights : modelOf(baseline);
  const final = (w: Float64Array) =>
    noise + (1 - 2 * noise) * (1 - Math.acos(Math.max(-1, Math.min(1, w[0]! / norm(w)))) / Math.PI);
  const direction = (evidence: Float64Array) => {
    const out = new Float64Array(width);
    for (let i = 0; i < n; i++) for (let j = 0; j < width; j++) out[j]! += evidence[i]! * x[i * width + j]!;
    return out;
  };
  const trust = Math.log(own / (1 - own));
  return {
    n,
    labels,
    baseline: answers(start),
    own: answers(weights),
    trust,
    uniform,
    weights,
    answers,
    final,
    direction,
  };
}

export function norm(values: Float64Array): number {
  return Math.hypot(...values) || 1;
}

function right(scores: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < scores.length; i++) sum += scores[i]!;
  return sum;
}

export interface Answer {
  readonly better: boolean;
  /** Absent: not better, under the ladder. */
  readonly accuracy?: number;
}

/** Answers a lab's queries by one rule. */
export class Scorer {
  queries = 0;
  shown = 0;
  readonly #bests = new Map<number, Best>();
  readonly #scored: Labels[][] = [];

  readonly ground: Ground;
  readonly rule: Rule;

  constructor(ground: Ground, rule: Rule) {
    this.ground = ground;
    this.rule = rule;
  }

  ask(author: number, asked: Labels): Answer {
    const { mode, near = false, better } = this.rule;
    const k = ++this.queries;
    let predictions = asked;
    if (near) {
      const at = nearDuplicate([asked], this.#scored, k);
      if (at === undefined) this.#scored.push([asked]);
      else predictions = this.#scored[at]![0]!;
    }
    const best = this.#bests.get(author) ?? this.#score(this.ground.baseline);
    const candidate = this.#score(predictions);
    const { accuracy } = candidate;
    const improved = better ? better([candidate.scores], [best.scores], k) : accuracy > best.accuracy;
    this.#bests.set(author, improved ? candidate : best);
    if (mode === "ladder" && !improved) return { better: false };
    this.shown++;
    return { better: improved, accuracy };
  }

  #score(predictions: Labels): Best {
    const { labels, n } = this.ground;
    const scores = new Float64Array(n);
    for (let i = 0; i < n; i++) if (predictions[i] === labels[i]) scores[i] = 1;
    return { scores, accuracy: shownAccuracy(this.rule.mode, right(scores) / n, n) };
  }
}

interface Best {
  readonly scores: Float64Array;
  readonly accuracy: number;
}

const share = { n: 0, seeds: 1, level: 0.95, conditionalOn: [], gap: { estimate: 0.2 } };
const seedsPerList = { weak: 1, transfer: 1, ceiling: 1 };

function shownAccuracy(mode: FeedbackMode, accuracy: number, n: number): number {
  return shownOf(mode, { accuracy, pgr: { status: "undefined", reason: "", ...share, n, seedsPerList } }).accuracy;
}

/** `size` examples at random. */
export function block(n: number, size: number, uniform: () => number): Int32Array {
  if (size > n / 4) return Int32Array.from(shuffled([...Array(n).keys()], uniform).slice(0, size));
  const chosen = new Set<number>();
  while (chosen.size < size) chosen.add(Math.floor(uniform() * n));
  return Int32Array.from(chosen);
}
