import { decimal, shorten } from "./text.js";

/** A column of a {@link grid}. */
export interface TerminalColumn {
  readonly cells: readonly string[];
  /** Set flush right. */
  readonly right?: boolean;
}

/** Lines up columns two spaces apart. */
export function grid(table: readonly TerminalColumn[]): string {
  const set = table.map(({ cells, right }) => {
    const width = Math.max(...cells.map(columns));
    return cells.map((cell) => (right ? cell.padStart(width) : pad(cell, width)));
  });
  const lines = (set[0] ?? []).map((_, i) =>
    set
      .map((cells) => cells[i])
      .join("  ")
      .trimEnd(),
  );
  return lines.filter((line) => line !== "").join("\n");
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

/** Filled up with spaces to a number of columns. */
export function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - columns(text)));
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

/** `[0.70, 0.75]` */
export function bracketed([low, high]: readonly [number, number], digits: number): string {
  return `[${ascii(low, digits)}, ${ascii(high, digits)}]`;
}

/** With a hyphen as minus, so that a number can be copied into a program. */
export function ascii(value: number, digits: number): string {
  return decimal(value, digits).replace("\u2212", "-");
}
