import { dark } from "./palette.js";

/**
 * How a teacher is drawn. Colours after Okabe and Ito's, which stay apart for the colour-blind, at a contrast of 3 to 1
 * or more on their paper; the symbol says the same without colour. Seven symbols and six colours: 42 differ.
 */
export interface TeacherStyle {
  readonly symbol: string;
  readonly light: string;
  /** Class names, by which the dark scheme finds what to recolour. */
  readonly line: string;
  readonly dot: string;
  readonly hollow: string;
}

const colours: readonly (readonly [light: string, dark: string])[] = [
  ["#0b5a9a", "#82bcf7"],
  ["#b8480c", "#f0925a"],
  ["#00785a", "#4cc7a0"],
  ["#8e3f7d", "#dd9bcd"],
  ["#806400", "#e0bf4f"],
  ["#006d7e", "#5cc8d8"],
];
const symbols = ["circle", "triangle", "square", "star", "diamond", "wye", "cross"];

/** Of the teacher at `index` of the ladder. */
export function styleOf(index: number): TeacherStyle {
  const colour = index % colours.length;
  return {
    symbol: symbols[index % symbols.length]!,
    light: colours[colour]![0],
    line: `w2s-teacher-line-${colour}`,
    dot: `w2s-teacher-dot-${colour}`,
    hollow: `w2s-teacher-hollow-${colour}`,
  };
}

/** Rules for the dark scheme. */
export const darkTeachers = colours
  .map(
    ([, colour], i) =>
      `.w2s-teacher-line-${i} { stroke: ${colour} } .w2s-teacher-dot-${i} { fill: ${colour} } ` +
      `.w2s-teacher-hollow-${i} { fill: ${dark.paper}; stroke: ${colour} }`,
  )
  .join("\n");
