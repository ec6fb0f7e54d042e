import type { Snapshot } from "../data/snapshot.js";

/** Says how complex a method is. One of one's own, such as a model that reads the code, goes into `lab({ complexity })`. */
export interface ComplexityJudge {
  /** What its numbers are, at the axis of the figure: `lines of code`. */
  readonly measure: string;
  judge(code: Snapshot): number | Promise<number>;
}

/** Lines in the Python files of a snapshot that are not blank, not a comment and not in a docstring. */
export const linesOfCode: ComplexityJudge = {
  measure: "lines of code",
  judge: ({ files }) =>
    files
      .filter(({ path }) => path.endsWith(".py"))
      .reduce((sum, { content }) => sum + codeLines(new TextDecoder().decode(content)), 0),
};

/**
 * Lines of code in Python source. A string that begins a line in triple quotes is taken for a docstring; a `#` that begins
 * a line is taken for a comment also inside other strings.
 */
export function codeLines(source: string): number {
  let closing: string | undefined;
  let lines = 0;
  for (const line of source.split(/\r\n|[\r\n]/)) {
    const text = line.trim();
    if (closing !== undefined) {
      if (text.includes(closing)) closing = undefined;
      continue;
    }
    const quotes = /^[rRuU]?("""|''')/.exec(text);
    if (quotes) {
      if (!text.slice(quotes[0].length).includes(quotes[1]!)) closing = quotes[1];
    } else if (text !== "" && !text.startsWith("#")) lines++;
  }
  return lines;
}
