import { draw, inverse, normals } from "../answers.js";
import type { Rule } from "../leakage/rules.js";
import { climb, type Outcome, type Tried } from "./team.js";

const [seeds, weak, begin] = [3, 0.7, 0.2];
/** Standard deviation of a variation's change of PGR, as a share of what is left to 1; on average it is half of that worse. */
const stride = 0.2;
/** PGRs of the published baselines on chat preference, maths and code verification. */
const published = [0.204, 0.234, -0.038, 0.027, 0.338, 0.296, 0.26, 0.586, 0.129, 0.192, -0.093, 0.144];
const [shared, fresh, kept, seedSd] = [0.9, 0.6, 0.75, 0.01];
const [a, b] = [Math.sqrt(kept), Math.sqrt(1 - kept)];
const [c, d, e] = [shared, (1 - shared) * (1 - fresh), (1 - shared) * fresh].map(Math.sqrt) as [number, number, number];

interface Simulated extends Tried {
  readonly pgr: number;
  /** What is the method's own in the latent scores: of the examples, and of seeds x examples. */
  readonly own: Float64Array;
  readonly ofSeed: readonly Float64Array[];
}

/**
 * A team of simulated methods, on `n` rows with a gap of `gap`.
 *
 * Answers: a latent normal score an example, of which all methods share nine tenths, so that two methods of one accuracy
 * differ on .12 of the examples, and a variation differs from what it varies on .04; .6 of it is drawn anew with each
 * of three seeds, and accuracy varies over seeds by .01 (what bench/discordance.ts measures on real methods).
 */
export function simulate({ n, gap }: { n: number; gap: number }, rule: Rule, seed: number): Outcome {
  const state = Int32Array.of(seed, 0x9e3779b9, 0x243f6a88, 1);
  draw(state, new Uint32Array(100));
  const normal = (count: number) => {
    const words = new Uint32Array(count);
    draw(state, words);
    const out = new Float64Array(count);
    for (let i = 0; i < count; i++) out[i] = normals[words[i]! >>> 16]!;
    return out;
  };
  const one = () => normal(1)[0]!;
  const uniform = () => {
    const word = new Uint32Array(1);
    draw(state, word);
    return word[0]! / 2 ** 32;
  };
  const difficulty = normal(n);
  const tried = (pgr: number, from?: Simulated): Simulated => {
    const like = (parent: Float64Array | undefined): Float64Array => {
      const drawn = normal(n);
      if (parent) for (let i = 0; i < n; i++) drawn[i] = a * parent[i]! + b * drawn[i]!;
      return drawn;
    };
    const own = like(from?.own);
    const ofSeed = Array.from({ length: seeds }, (_, s) => like(from?.ofSeed[s]));
    const right = ofSeed.map((row) => {
      const accuracy = Math.min(0.999, weak + pgr * gap + seedSd * one() * Math.SQRT1_2);
      const bar = inverse(accuracy);
      const answers = new Float64Array(n);
      for (let i = 0; i < n; i++) if (c * difficulty[i]! + d * own[i]! + e * row[i]! < bar) answers[i] = 1;
      return answers;
    });
    // Of two classes: answers differ where one is right and the other is not.
    return { pgr, own, ofSeed, right, answers: right };
  };
  return climb(rule, {
    first: tried(begin),
    propose: (_agent, best, teamsBest) => {
      const what = uniform();
      if (what < 0.1) return tried(published[Math.floor(uniform() * published.length)]!);
      const from = what < 0.3 ? teamsBest() : best;
      return tried(from.pgr + stride * (1 - from.pgr) * (one() - 0.5), from);
    },
    worth: ({ pgr }) => pgr,
  });
}
