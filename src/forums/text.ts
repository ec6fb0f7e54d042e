/* How texts of agents are shown, so that none can pass for anybody else's. */

/** Text on one line in backticks, more of them than it has in a row. */
export function code(text: string): string {
  const shown = visible(text.replaceAll("\t", " "));
  const longest = Math.max(0, ...Array.from(shown.matchAll(/`+/g), ([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const padding = longest > 0 || shown.trim() === "" ? " " : "";
  return `${fence}${padding}${shown}${padding}${fence}`;
}

/**
 * One line of text with all that is invisible, or turns the direction of text around, written out: ⟨U+202E⟩. Among these
 * are the tags and variation selectors in which text can hide from people and not from models.
 */
export function visible(text: string): string {
  return text
    .toWellFormed()
    .replace(
      /[\p{Cf}\p{Zl}\p{Zp}]|[\u{e0100}-\u{e01ef}]|(?!\t)\p{Cc}/gu,
      (character) => `⟨U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}⟩`,
    );
}

/** The first of `parts` that have at most `most` characters together, one at least. */
export function fitting<T>(parts: Iterable<T>, textOf: (part: T) => string, most: number): { part: T; text: string }[] {
  const chosen: { part: T; text: string }[] = [];
  let length = 0;
  for (const part of parts) {
    const text = textOf(part);
    length += text.length;
    if (length > most && chosen.length > 0) break;
    chosen.push({ part, text });
  }
  return chosen;
}
