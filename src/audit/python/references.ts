import type { Token } from "./lexer.js";

/** A use of a name under its full name: `numpy.load`, `exec`. */
export interface Reference {
  /** Dotted; aliases of imports are resolved. */
  readonly path: string;
  readonly line: number;
  /** It came by an import; else it is built in, or the file's own. */
  readonly imported: boolean;
  /** The string that it is called with, where it is called on the spot with one first. */
  readonly firstString?: string;
}

/** Every dotted name that code uses or imports. What is put together at run time is not seen. */
export function referencesOf(tokens: readonly Token[]): Reference[] {
  const code = tokens.filter(({ kind }) => kind !== "comment");
  const statements = importsOf(code);
  const bound = new Map(
    [...statements.values()].flatMap(({ names }) => names.map(({ name, path }) => [name, path] as const)),
  );
  const out: Reference[] = [];
  for (let at = 0; at < code.length; at++) {
    const statement = statements.get(at);
    const { kind, text, line } = code[at]!;
    if (statement) {
      out.push(...statement.names.map(({ full }) => ({ path: full, line, imported: true })));
      at = statement.end - 1;
    } else if (kind === "name" && !isOperator(code[at - 1], ".") && !isBinding(code, at)) {
      const end = dottedEnd(code, at);
      const rest = code.slice(at + 1, end).filter((token) => token.kind === "name");
      const origin = bound.get(text);
      const path = [origin ?? text, ...rest.map((token) => token.text)].join(".");
      const argument = isOperator(code[end], "(") ? code[end + 1] : undefined;
      out.push({
        path,
        line,
        imported: origin !== undefined,
        ...(argument?.kind === "string" && { firstString: argument.text }),
      });
      at = end - 1;
    }
  }
  return out;
}

function isOperator(token: Token | undefined, text: string): boolean {
  return token?.kind === "operator" && token.text === text;
}

/** Whether the name at `at` is given a meaning there, not used: `def eval`, `eval = …`, `f(eval=…)`. */
function isBinding(code: readonly Token[], at: number): boolean {
  const before = code[at - 1]?.text;
  if (before === "def" || before === "class") return true;
  return isOperator(code[at + 1], "=") && !isOperator(code[at + 2], "=");
}

/** Where a dotted name that begins at `at` ends. */
function dottedEnd(code: readonly Token[], at: number): number {
  let end = at + 1;
  while (isOperator(code[end], ".") && code[end + 1]?.kind === "name") end += 2;
  return end;
}

interface ImportStatement {
  readonly end: number;
  /** `full` is imported, and the name `name` then stands for `path`. */
  readonly names: readonly { readonly full: string; readonly name: string; readonly path: string }[];
}

/** The import statements by the position of their first token. */
function importsOf(code: readonly Token[]): Map<number, ImportStatement> {
  const out = new Map<number, ImportStatement>();
  for (const [at, token] of code.entries()) {
    const before = code[at - 1];
    const begins = before === undefined || before.kind === "newline" || /^[:;]$/.test(before.text);
    if (!begins || token.kind !== "name" || !/^(import|from)$/.test(token.text)) continue;
    let end = at;
    while (end < code.length && code[end]!.kind !== "newline" && !isOperator(code[end], ";")) end += 1;
    const words = code.slice(at, end).map(({ text }) => text);
    const module = token.text === "from" ? words.slice(1, words.indexOf("import")).join("") : undefined;
    const parts = words.slice(words.indexOf("import") + 1).filter((word) => word !== "(" && word !== ")");
    const names = parts
      .join(" ")
      .split(",")
      .map((part) => part.split(" as ").map((word) => word.replaceAll(" ", "")))
      .filter(([what]) => what !== "")
      .map(([what = "", alias]) => {
        const full = module === undefined ? what : `${module}.${what}`;
        // `import a.b` binds `a`, which is its own name.
        const name = alias ?? (module === undefined ? what.split(".")[0]! : what);
        return { full, name, path: alias === undefined && module === undefined ? name : full };
      });
    out.set(at, { end, names });
  }
  return out;
}
