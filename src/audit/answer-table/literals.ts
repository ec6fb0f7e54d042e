import { deflateRawSync } from "node:zlib";
import type { Token } from "../python/lexer.js";
import type { PythonFile } from "../python/source.js";

/** What the constants of a file could hold, in bytes after compression: 125 bytes are 1,000 labels of two classes. */
export interface Held {
  /** In each place that looks like data: digits and letters without words, rows of numbers, lists of short strings. */
  readonly tables: readonly { readonly line: number; readonly bytes: number; readonly what: string }[];
  /** In all numbers of the file together. */
  readonly numbers: number;
  /** In all other strings: prompts, messages. */
  readonly prose: number;
}

/** Fewer constants in one place are settings. */
const rowOfNumbers = 32;
const listOfStrings = 64;

/** Measures what the constants of a file could hold. `selfReading`: comments and docstrings count as well. */
export function held(file: PythonFile, options: { readonly selfReading: boolean }): Held {
  const tables: { line: number; bytes: number; what: string }[] = [];
  const prose: string[] = [];
  const numbers: string[] = [];
  for (const { tokens, alone } of placesOf(file.tokens)) {
    const [first] = tokens;
    const unread = (alone || first!.kind === "comment") && !options.selfReading;
    if (!unread) sort(tokens, first!.line);
  }
  return { tables, numbers: compressed(numbers.join(" ")), prose: compressed(prose.join("\n")) };

  function sort(tokens: readonly Token[], line: number): void {
    const strings = tokens.filter(({ kind }) => kind === "string" || kind === "comment").map(({ text }) => text);
    const digits = tokens.filter(({ kind }) => kind === "number").map(({ text }) => text);
    const long = digits.filter((text) => /^(0[xXbBoO])?[\da-fA-F_]{20,}$/.test(text));
    const dense = strings.flatMap(denseRuns);
    const short = strings.filter((text) => text.length <= 40);
    const found = [
      { what: "letters and digits without words", text: dense.join("") },
      { what: "long integers", text: long.join("") },
      { what: `${digits.length} numbers in a row`, text: digits.length >= rowOfNumbers ? digits.join(" ") : "" },
      { what: `${short.length} short strings in a row`, text: short.length >= listOfStrings ? short.join(" ") : "" },
    ].filter(({ text }) => text !== "");
    for (const { what, text } of found) tables.push({ line, what, bytes: compressed(text) });
    numbers.push(digits.join(" "));
    prose.push(strings.join("\n"));
  }
}

/**
 * The parts of a text that no person reads: 32 or more letters and digits in a row of the kinds that base64, hexadecimal or
 * labels give, escaped bytes, and characters beyond Latin in a row. Names that are words joined by `_`, `-` or `/` are none.
 */
function denseRuns(text: string): string[] {
  const runs = text.match(/[A-Za-z0-9+/=_-]{32,}|(\\x[0-9a-fA-F]{2}|\\[0-7]{3}){8,}|[^\p{ASCII}\s]{32,}/gu) ?? [];
  return runs.filter((run) => {
    const words = run.split(/[_\-/]/);
    return words.length === 1 || !words.every((word) => /^([A-Za-z]{2,}\d{0,3})?$/.test(word));
  });
}

/** The constants inside one outermost bracket, or of one statement outside of any; `alone`: a docstring. */
function placesOf(tokens: readonly Token[]): { tokens: Token[]; alone: boolean }[] {
  const out: { tokens: Token[]; alone: boolean }[] = [];
  let depth = 0;
  let current: Token[] = [];
  let other = false;
  const end = () => {
    const alone = !other && current.every(({ kind }) => kind === "string");
    if (current.length > 0) out.push({ tokens: current, alone });
    current = [];
    other = false;
  };
  for (const token of tokens) {
    if (token.kind === "comment") out.push({ tokens: [token], alone: false });
    else if (token.kind === "newline") end();
    else if (token.kind === "string" || token.kind === "number") current.push(token);
    else {
      other = true;
      const { text } = token;
      if (token.kind === "operator" && "([{".includes(text) && depth++ === 0) {
        end();
        other = true;
      }
      if (token.kind === "operator" && ")]}".includes(text) && depth > 0 && --depth === 0) end();
    }
  }
  end();
  return out;
}

/** Bytes that deflate makes of a text, the five that it takes for nothing aside. */
export function compressed(content: string | Uint8Array): number {
  return content.length === 0 ? 0 : Math.max(1, deflateRawSync(content, { level: 9 }).length - 5);
}
