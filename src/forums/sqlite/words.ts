/** Stands before each match in what `snippet()` gives. */
export const matchMark = "\u0002";

const length = 200;

/**
 * An FTS5 expression for posts with each word of `text`. Each is quoted, and so is data. One of several parts
 * (`learning_rate`) is a phrase; one without letters and digits asks for nothing.
 */
export function matching(text: string): string {
  const words = new Set(text.split(/[\s\p{Cc}]+/u).filter((word) => word !== ""));
  return Array.from(words, (word) => `"${word.replaceAll('"', '""')}"${longEnough.test(word) ? "*" : ""}`).join(" ");
}

/** By the beginning only from three characters on: all that begins with one letter is most of the index. */
const longEnough = /[\p{L}\p{M}\p{N}]{3}[^\p{L}\p{M}\p{N}]*$/u;

/** At most 200 characters around the first match, on one line, as plain text. */
export function excerpt(around: string): string {
  const match = Math.max(0, around.indexOf(matchMark));
  const begin = Math.max(0, Math.min(match - length / 4, around.length - length));
  return around
    .slice(begin, begin + length)
    .toWellFormed()
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim();
}
