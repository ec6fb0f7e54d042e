import type { Author } from "./author.js";
import type { Ground, OpenScorer } from "./ground.js";

/** An attacker that is more than one file of code: calls of its own to the scorer, or to what it can reach. */
export interface Attack {
  readonly name: string;
  /** What it tries, in a sentence. */
  readonly tries: string;
  /** Plays it. It submits what it can, and tells how far it came. */
  play(field: Field): Promise<Outcome>;
}

export interface Field {
  readonly ground: Ground;
  readonly open: OpenScorer;
  author(name: string): Author;
}

export interface Outcome {
  /** How far it came, in a few words. */
  readonly words: string;
  /** For attacks that do not end in a submission: whether it got what it wanted. */
  readonly reached?: boolean;
}
