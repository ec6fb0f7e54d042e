/** Ways to read labels out of a scorer. Each returns what it believes: an entry an example, positive for class 1. */
import type { FeedbackMode } from "../../src/scorer.js";
import { block, type Ground, type Labels, norm, type Scorer } from "./ground.js";

export interface Attack {
  readonly name: string;
  /** What it is tried with: a block's size, mostly. The best is reported. */
  readonly sizes: readonly number[];
  /** Where it makes sense; everywhere unless told. */
  readonly modes?: readonly FeedbackMode[];
  run(scorer: Scorer, queries: number, authors: number, size: number): Found;
}

export interface Found {
  readonly evidence: Float64Array;
  /** A model that it has for examples that nobody has seen, where it has a better one than the evidence says. */
  readonly weights?: Float64Array;
}

const signs = (labels: Labels) => Float64Array.from(labels, (label) => 2 * label - 1);
const sign = (label: number) => 2 * label - 1;

function flipped(labels: Labels, rows: Int32Array): Labels {
  const out = Uint8Array.from(labels);
  for (const i of rows) out[i]! ^= 1;
  return out;
}

/** Log-odds of what the answers told, and of what the attacker's own model says; its answers break ties. */
function withOwn(told: Float64Array, { own, trust }: Ground): Found {
  return { evidence: told.map((value, i) => value + Math.max(trust, 1e-6) * sign(own[i]!)) };
}

/** Every author's first query: what the attacker knows, where that is more than the baseline. */
function start(scorer: Scorer, authors: number): Labels[] {
  const { own, trust } = scorer.ground;
  const all = Array.from({ length: authors }, () => own);
  if (trust > 0) for (const [author, query] of all.entries()) scorer.ask(author, query);
  return all;
}

/** Random answers; what is above the mean answer votes for them, what is below against. */
const regression: Attack = {
  name: "random queries",
  sizes: [0],
  run(scorer, queries, authors) {
    const { ground } = scorer;
    const asked: Labels[] = [];
    const answers: number[] = [];
    for (let q = 0; q < queries; q++) {
      const query = coins(ground);
      const { better, accuracy } = scorer.ask(q % authors, query);
      asked.push(query);
      answers.push(scorer.rule.mode === "ladder" ? Number(better) : accuracy!);
    }
    const middle = answers.reduce((sum, answer) => sum + answer, 0) / queries;
    const evidence = new Float64Array(ground.n);
    for (const [q, query] of asked.entries()) {
      for (let i = 0; i < ground.n; i++) evidence[i]! += (answers[q]! - middle) * sign(query[i]!);
    }
    return withOwn(evidence, ground);
  },
};

function coins({ n, uniform }: Ground): Labels {
  const out = new Uint8Array(n);
  for (let i = 0; i < n; i++) if (uniform() < 0.5) out[i] = 1;
  return out;
}

/** Random answers vote if they were better than half; and then, each time, the vote with some of it drawn anew. */
const boosting: Attack = {
  name: "boosting",
  sizes: [100, 1000],
  run(scorer, queries, authors, size) {
    const { ground } = scorer;
    const evidence = new Float64Array(ground.n);
    for (let q = 0; q < queries; q++) {
      const vote = voteOf(withOwn(evidence, ground));
      const query = Uint8Array.from(vote);
      const share = size / ground.n;
      for (let i = 0; i < ground.n; i++) if (ground.uniform() < share) query[i] = ground.uniform() < 0.5 ? 1 : 0;
      const { better, accuracy } = scorer.ask(q % authors, query);
      const votes = scorer.rule.mode === "ladder" ? better : size === ground.n ? accuracy! > 0.5 : better;
      if (votes) for (let i = 0; i < ground.n; i++) evidence[i]! += sign(query[i]!);
    }
    return withOwn(evidence, ground);
  },
};

export function voteOf({ evidence }: Found): Labels {
  return Uint8Array.from(evidence, (value) => (value > 0 ? 1 : 0));
}

/** One example after the other, flipped in the answers that the attacker begins with. */
const singles: Attack = {
  name: "single flips",
  sizes: [1],
  run(scorer, queries, authors) {
    const { ground } = scorer;
    const evidence = new Float64Array(ground.n);
    start(scorer, authors);
    const level = scorer.ask(0, ground.own).accuracy;
    while (scorer.queries < queries) {
      const i = scorer.queries % ground.n;
      const { better, accuracy } = scorer.ask(scorer.queries % authors, flipped(ground.own, Int32Array.of(i)));
      const wrong = scorer.rule.mode === "ladder" ? better : accuracy! > level!;
      if (wrong || scorer.rule.mode === "exact") evidence[i] = (wrong ? -9 : 9) * sign(ground.own[i]!);
    }
    return withOwn(evidence, ground);
  },
};

/**
 * Finds two answers that are hardly apart and score differently, by halving the way between two that are far apart; there
 * every block of flips tells on which side of the edge it comes out.
 */
const edge: Attack = {
  name: "edge of the grid",
  sizes: [1, 16],
  modes: ["rounded"],
  run(scorer, queries, authors, size) {
    const { ground } = scorer;
    const { n, uniform } = ground;
    const evidence = new Float64Array(n);
    let [low, high] = [ground.own, ground.own];
    let level = scorer.ask(0, low).accuracy!;
    let asked = 1;
    for (let other = level; other === level && asked < queries; asked++) {
      high = flipped(low, block(n, n >> 2, uniform));
      other = scorer.ask(asked % authors, high).accuracy!;
      if (other > level) level = other;
      else if (other < level) [low, high] = [high, low];
    }
    for (let apart = differing(low, high); apart.length > size && asked < queries; apart = differing(low, high)) {
      const middle = flipped(low, apart.subarray(0, Math.ceil(apart.length / 2)));
      if (scorer.ask(asked++ % authors, middle).accuracy! >= level) high = middle;
      else low = middle;
    }
    const rows = block(n, n, uniform);
    for (let at = 0; asked < queries; asked++, at = (at + size) % n) {
      const chosen = size === 1 ? rows.subarray(at, at + 1) : block(n, size, uniform);
      const stays = scorer.ask(asked % authors, flipped(high, chosen)).accuracy! >= level;
      for (const i of chosen) evidence[i]! += (stays ? -1 : 1) * sign(high[i]!);
    }
    return withOwn(evidence, ground);
  },
};

function differing(one: Labels, other: Labels): Int32Array {
  return Int32Array.from([...one.keys()].filter((i) => one[i] !== other[i]));
}

/** Blocks of flips that are kept where the score rises. Of several authors' answers, each example's majority. */
const greedy: Attack = {
  name: "greedy group flips",
  sizes: [1, 5, 15, 30, 100],
  run(scorer, queries, authors, size) {
    const { ground } = scorer;
    const bests = start(scorer, authors);
    while (scorer.queries < queries) {
      const author = scorer.queries % authors;
      const query = flipped(bests[author]!, block(ground.n, size, ground.uniform));
      if (scorer.ask(author, query).better) bests[author] = query;
    }
    return withOwn(moved(bests, ground.own), ground);
  },
};

/** How the authors' bests differ from where they began. */
function moved(bests: readonly Labels[], from: Labels): Float64Array {
  return Float64Array.from(from, (label, i) => bests.reduce((sum, best) => sum + sign(best[i]!) - sign(label), 0));
}

/**
 * The ladder's own edge. What one author (or the attacker's own model) knows to be better than another author's best is
 * handed to that one in a dose that just does not reach the step; random flips on top then tell, by "better" or not, on
 * which side they come out. The dose rises slowly until it is told to be better, and begins anew from there.
 */
const dosing: Attack = {
  name: "dosing",
  sizes: [16, 40, 100],
  modes: ["ladder"],
  run(scorer, queries, authors, size) {
    const { ground } = scorer;
    const { n, uniform } = ground;
    const votes = new Float64Array(n);
    const bests = Array.from({ length: authors }, () => ground.baseline);
    const doses = new Float64Array(authors);
    const rate = new Float64Array(authors).fill(0.1);
    let known = ground.own;
    while (scorer.queries < queries) {
      const author = scorer.queries % authors;
      const best = bests[author]!;
      const apart = differing(best, known);
      const dose = takeSome(apart, doses[author]!, uniform);
      const rest = block(n, size, uniform);
      const query = flipped(flipped(best, dose), rest);
      const told = scorer.ask(author, query).better;
      const weight = (Number(told) - rate[author]!) * (2.5 / Math.sqrt(size));
      for (const i of rest) votes[i]! += weight * sign(query[i]!);
      if (told) {
        // An author who began with nothing to hand out has found some.
        if (dose.length === 0) for (const i of rest) votes[i]! += sign(query[i]!);
        bests[author] = query;
        doses[author]! *= 0.6;
        known = voteOf(withOwn(votes, ground));
      } else doses[author] = Math.min(apart.length, doses[author]! + Math.max(1, apart.length / 100));
      rate[author] = 0.95 * rate[author]! + 0.05 * Number(told);
    }
    return withOwn(votes, ground);
  },
};

function takeSome(rows: Int32Array, count: number, uniform: () => number): Int32Array {
  const out = Int32Array.from(rows);
  const size = Math.min(out.length, Math.round(count));
  for (let k = 0; k < size; k++) {
    const other = k + Math.floor(uniform() * (out.length - k));
    [out[k], out[other]] = [out[other]!, out[k]!];
  }
  return out.subarray(0, size);
}

/** Models, not answers: a step from the author's best in a random direction, kept where the score rises. */
export const evolution: Attack = {
  name: "evolution of a model",
  sizes: [10, 20, 40, 100],
  run(scorer, queries, authors, size) {
    const { ground } = scorer;
    const { weights, uniform } = ground;
    const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
    const scale = size / 50 / Math.sqrt(weights.length);
    const bests = Array.from({ length: authors }, () => weights.map((w) => w / norm(weights)));
    start(scorer, authors);
    while (scorer.queries < queries) {
      const author = scorer.queries % authors;
      const length = norm(bests[author]!);
      const next = bests[author]!.map((w) => w / length + scale * normal());
      if (scorer.ask(author, ground.answers(next)).better) bests[author] = next;
    }
    const mean = weights.map((_, j) => bests.reduce((sum, best) => sum + best[j]! / norm(best), 0));
    return { evidence: signs(ground.answers(mean)), weights: mean };
  },
};

/** Those that read labels. */
export const readers: readonly Attack[] = [regression, singles, edge, boosting, greedy, dosing];
