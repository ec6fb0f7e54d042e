import { globSync, readFileSync } from "node:fs";
import { packagePath } from "../../src/package-root.js";

/** The repository's own pages, as paths from its root. */
export function markdownFiles(): readonly string[] {
  return globSync("**/*.md", {
    cwd: packagePath(),
    exclude: (name) => ["node_modules", "dist", ".weak-to-strong", "api", ".git", "runs"].includes(name),
  }).sort();
}

export function readMarkdown(file: string): string {
  return readFileSync(packagePath(file), "utf8");
}

export interface CodeBlock {
  readonly language: string;
  readonly code: string;
  /** The number of its first line. */
  readonly line: number;
  /** The name in a comment right before it: `<!-- test:program -->` is `program`. */
  readonly marker?: string;
}

/** The fenced code blocks of a page. */
export function codeBlocks(text: string): readonly CodeBlock[] {
  const blocks: CodeBlock[] = [];
  const pattern = /(?:<!--\s*test:([\w-]+)\s*-->\s*\n)?^```([\w-]*)[^\n]*\n([\s\S]*?)^```\s*$/gm;
  for (const match of text.matchAll(pattern)) {
    const [whole, marker, language = "", code = ""] = match;
    const line = text.slice(0, match.index + whole.indexOf("```")).split("\n").length + 1;
    blocks.push({ language, code, line, ...(marker ? { marker } : {}) });
  }
  return blocks;
}
