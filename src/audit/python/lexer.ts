/** A token of Python source. `text` of a string is what stands between its quotes, as it was written. */
export interface Token {
  readonly kind: "name" | "number" | "string" | "operator" | "comment" | "newline";
  readonly text: string;
  /** From 1. */
  readonly line: number;
}

const name = /[\p{ID_Start}_][\p{ID_Continue}]*/uy;
const number =
  /(?:0[xX][\da-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?)[jJ]?/y;
const quote = /([rbfutRBFUT]{0,3})("""|'''|"|')/y;

/**
 * The tokens of Python source (Python reference, "Lexical analysis"), without running or parsing it; what an f-string
 * computes is lexed too. It never fails: source that Python would refuse gives some tokens. `newline` ends a logical line.
 */
export function tokensOf(source: string): Token[] {
  const out: Token[] = [];
  lex({ source, at: 0, line: 1, depth: 0, strings: 0 }, out, () => false);
  return out;
}

interface State {
  readonly source: string;
  at: number;
  line: number;
  /** Open brackets. */
  depth: number;
  /** f-strings around. */
  strings: number;
}

/** Deeper ones are not taken apart. */
const nestedStrings = 20;

function lex(state: State, out: Token[], ends: (character: string) => boolean): void {
  const { source } = state;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = state.at;
    return pattern.exec(source);
  };
  while (state.at < source.length) {
    const character = source[state.at]!;
    if (ends(character)) return;
    const { line } = state;
    if (character === "\n") {
      if (state.depth === 0 && out.length > 0 && out.at(-1)!.kind !== "newline") {
        out.push({ kind: "newline", text: "", line });
      }
      state.line += 1;
      state.at += 1;
    } else if (character === "\\" && source[state.at + 1] === "\n") {
      state.line += 1;
      state.at += 2;
    } else if (character === "#") {
      const end = source.indexOf("\n", state.at);
      const stop = end < 0 ? source.length : end;
      out.push({ kind: "comment", text: source.slice(state.at + 1, stop), line });
      state.at = stop;
    } else if (/\s/.test(character)) {
      state.at += 1;
    } else {
      const opened = take(quote);
      const found = opened ?? take(number) ?? take(name);
      if (opened) {
        state.at += opened[0].length;
        string(state, out, { prefix: opened[1]!.toLowerCase(), close: opened[2]! });
      } else if (found) {
        out.push({ kind: /^[\d.]/.test(found[0]) ? "number" : "name", text: found[0].normalize("NFKC"), line });
        state.at += found[0].length;
      } else {
        if ("([{".includes(character)) state.depth += 1;
        if (")]}".includes(character)) state.depth = Math.max(0, state.depth - 1);
        out.push({ kind: "operator", text: character, line });
        state.at += 1;
      }
    }
  }
}

function string(state: State, out: Token[], { prefix, close }: { prefix: string; close: string }): void {
  const { source, line } = state;
  const computes = /[ft]/.test(prefix) && state.strings < nestedStrings;
  const inner: Token[] = [];
  let text = "";
  while (state.at < source.length && !source.startsWith(close, state.at)) {
    const character = source[state.at]!;
    if (character === "\n" && close.length === 1) break; // never closed: Python would refuse it
    if (character === "\\") {
      const pair = source.slice(state.at, state.at + 2);
      if (pair === "\\\n") state.line += 1;
      text += pair;
      state.at += 2;
    } else if (computes && character === "{" && source[state.at + 1] !== "{") {
      state.at += 1;
      const { depth } = state;
      state.depth += 1;
      state.strings += 1;
      lex(state, inner, (next) => next === "}" && state.depth === depth + 1);
      state.strings -= 1;
      state.depth = depth;
      state.at += 1;
      text += "{}";
    } else {
      const step = computes && /^(\{\{|\}\})/.test(source.slice(state.at, state.at + 2)) ? 2 : 1;
      if (character === "\n") state.line += 1;
      text += source.slice(state.at, state.at + step);
      state.at += step;
    }
  }
  if (source.startsWith(close, state.at)) state.at += close.length;
  out.push({ kind: "string", text, line });
  for (const token of inner) out.push(token);
}
