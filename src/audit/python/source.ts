import type { Snapshot } from "../../data/snapshot.js";
import { type Token, tokensOf } from "./lexer.js";
import { type Reference, referencesOf } from "./references.js";

/** A Python file of a submission, taken apart. */
export interface PythonFile {
  readonly path: string;
  readonly lines: readonly string[];
  readonly tokens: readonly Token[];
  readonly references: readonly Reference[];
}

/** Code that people wrote is shorter: what goes beyond so many bytes is data. */
const mostCode = 1 << 20;

const known = new WeakMap<Snapshot, readonly PythonFile[]>();

/** The Python files of a snapshot, in its order, as far as they are code; taken apart once for all who ask. */
export function pythonFiles(code: Snapshot): readonly PythonFile[] {
  const files = known.get(code) ?? takeApart(code);
  known.set(code, files);
  return files;
}

function takeApart(code: Snapshot): PythonFile[] {
  let bytes = 0;
  return code.files
    .filter(({ path, content }) => {
      if (!/\.pyi?$/.test(path) || bytes + content.length > mostCode) return false;
      bytes += content.length;
      return true;
    })
    .map(({ path, content }) => {
      const source = new TextDecoder().decode(content).replaceAll(/\r\n?/g, "\n");
      const tokens = tokensOf(source);
      return { path, lines: source.split("\n"), tokens, references: referencesOf(tokens) };
    });
}

/** A place in it as evidence: where, and what stands there. */
export function place(file: PythonFile, line: number): string {
  const text = (file.lines[line - 1] ?? "").trim();
  return `${file.path}:${line}: ${text.length > 120 ? `${text.slice(0, 119)}…` : text}`;
}
