import { chance, pick, type Shortcuts, type Uniform } from "./draw.js";

/*
 * The planted shortcut "who wrote it". Four models, as the story goes, wrote the answers. Each lays out its text in its
 * own way (which n-grams of words do not see, and any program does) and often opens with a phrase of its own.
 */

/** P(right) of each writer, before a problem's own difficulty: the range that gsm8k-verify's four generators have. */
const writerSkill: readonly number[] = [0.35, 0.45, 0.57, 0.67];

/** Share of the answers that each writer gives. */
const writerShare = [0.35, 0.15, 0.15, 0.35] as const;

const openings: readonly (readonly string[])[] = [
  ["Okay.", "Right then."],
  ["Sure thing.", "Happy to help."],
  ["Let us see.", "Step by step."],
  ["Here goes.", "In short."],
];

/** How often a writer opens with a phrase of its own. */
const opens = 0.5;

/** The skill of each writer; absent, that of the average. */
export function skillsOf(shortcuts: Shortcuts): readonly number[] {
  return shortcuts === "planted" ? writerSkill : writerSkill.map(() => 0.5);
}

/** The writer (0 to 3) of an answer. */
export function drawWriter(uniform: Uniform): number {
  let left = uniform();
  for (const [writer, share] of writerShare.entries()) {
    if (left < share) return writer;
    left -= share;
  }
  return writerShare.length - 1; // The shares add up to 1 but for rounding.
}

/** A writer's opening, if it makes one this time. */
export function opening(writer: number, uniform: Uniform): string[] {
  return chance(opens, uniform) ? [pick(openings[writer]!, uniform)] : [];
}

/** Sentences (at least two) in a writer's layout: one paragraph, a line each, a blank line between, or indented lines. */
export function layOut(sentences: readonly string[], writer: number): string {
  return sentences.join([" ", "\n", "\n\n", "\n  "][writer]);
}

/** The writer of a text of these testbeds, found from its layout alone. */
export function writerOfText(text: string): number {
  return text.includes("\n\n") ? 2 : text.includes("\n  ") ? 3 : text.includes("\n") ? 1 : 0;
}
