import { tokensOf } from "../python/lexer.js";

/** The head of a Python function: a text that holds one is taken for a program. */
const head = /^\s*(?:async\s+)?def \w+\s*\(/m;

/**
 * What a Python program says but for comments, docstrings and layout (so that `return` in a loop and after it are one), whoever
 * wrote it down; undefined for a text that is no program.
 */
export function programForm(text: string): string | undefined {
  if (!head.test(text)) return undefined;
  const statements: string[][] = [];
  let told = false;
  let tokens: string[] = [];
  const end = () => {
    if (told) statements.push(tokens);
    told = false;
    tokens = [];
  };
  for (const { kind, text: said } of tokensOf(text)) {
    if (kind === "newline") end();
    else if (kind !== "comment") {
      tokens.push(said);
      told ||= kind !== "string";
    }
  }
  end();
  return statements.map((statement) => statement.join(" ")).join("\n");
}
