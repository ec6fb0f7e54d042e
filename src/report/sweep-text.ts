import { shorten } from "./text.js";

/** Lines up columns two spaces apart. */
export function grid(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, i) => Math.max(...lines.map((line) => columns(line[i] ?? ""))));
  return lines
    .map((line) => line.map((cell, i) => pad(cell, widths[i])).join("  "))
    .map((line) => line.trimEnd())
    .join("\n");
}

/** Wraps words after `lead`, further lines indented as far. */
export function wrapped(lead: string, text: string, width: number): string {
  const indent = columns(lead);
  const room = width - indent;
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && columns(last) + 1 + columns(word) <= room) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(shorten(word, room));
  }
  return lines.map((line, i) => (i === 0 ? lead : " ".repeat(indent)) + line).join("\n");
}

/** Terminal columns that a text takes: two for East Asian characters, none for combining marks. */
export function columns(text: string): number {
  const wide = /^(\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Emoji_Presentation})/u;
  let total = 0;
  for (const { segment } of new Intl.Segmenter("en", { granularity: "grapheme" }).segment(text)) {
    total += wide.test(segment) ? 2 : 1;
  }
  return total;
}

function pad(text: string, width = 0): string {
  return text + " ".repeat(Math.max(0, width - columns(text)));
}
