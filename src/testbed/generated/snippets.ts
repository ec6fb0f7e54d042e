/** One line of a Python function: how deep it is indented, and what it says. */
export type Line = readonly [depth: number, code: string];

/**
 * A Python function as one of four writers (0 to 3) would lay it out: four spaces, two spaces, tabs, or four spaces and
 * room to breathe. `comments` stand below the head. What is made with this looks like the testbed's own snippets.
 */
export function renderSnippet(lines: readonly Line[], writer: number, comments: readonly string[] = []): string {
  const indent = ["    ", "  ", "\t", "    "][writer]!;
  const [head, ...body] = lines;
  const remarks = comments.map((comment): Line => [1, `# ${comment}`]);
  return [head!, ...remarks, ...body]
    .flatMap(([depth, code]) => {
      const line = indent.repeat(depth) + code;
      return writer === 3 && /^(for|return)\b/.test(code) ? ["", line] : [line];
    })
    .join("\n");
}

/** The writer of a snippet made by {@link renderSnippet}, found from its layout alone. */
export function writerOfSnippet(snippet: string): number {
  if (snippet.includes("\n\n")) return 3;
  return snippet.includes("\n\t") ? 2 : snippet.includes("\n    #") ? 0 : 1;
}

/** What a snippet says but for comments, blank lines and the width of its indents: equal for the same program. */
export function programOf(snippet: string): string {
  const lines = snippet.split("\n").filter((line) => line.trim() !== "" && !line.trim().startsWith("#"));
  const margins = lines.map((line) => line.length - line.trimStart().length);
  const unit = Math.min(...margins.filter((margin) => margin > 0));
  return lines.map((line, index) => " ".repeat(margins[index]! / unit) + line.trim()).join("\n");
}
