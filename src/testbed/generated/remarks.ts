import { chance, pick, type Uniform } from "./draw.js";

/*
 * What the weak teacher can learn from single words: writers remark on their own answer, more often with assurance where
 * it is right. Many wordings, so that few labels show only some of them.
 */

const assured = [
  "I checked this twice",
  "Working backwards confirms it",
  "A reference agrees",
  "Of that I am certain",
  "An independent count matches",
  "Every part was verified",
] as const;

const doubtful = [
  "I may have slipped somewhere",
  "This is a rough guess",
  "Perhaps look again",
  "My memory is hazy on it",
  "Something feels off",
  "It went quickly",
] as const;

/** A remark (no full stop) on an answer; with probability `tells` it fits, else it is of the other sort. */
export function remark(right: boolean, tells: number, uniform: Uniform): string {
  return pick(right === chance(tells, uniform) ? assured : doubtful, uniform);
}
