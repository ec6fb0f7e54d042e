import { random } from "../../data/random.js";
import { WeakToStrongError } from "../../errors.js";
import { type SplitName, splitNames } from "../testbed.js";

/** What every generator takes. */
export interface GeneratedOptions {
  /** The same seed gives the same testbed, byte for byte. Default 0. */
  readonly seed?: number;
  /** Rows of each split. Default: 1,000, 3,000 and 1,500. */
  readonly train_label?: number;
  readonly train_unlabel?: number;
  readonly test?: number;
  /**
   * Which way the shortcuts point. Default "planted": they pay. "reversed": they mislead, and what words tell stays the same,
   * so that a method that stands on a shortcut falls below plain training. Neither name nor description tell the two apart.
   */
  readonly shortcuts?: "planted" | "absent";
}

export type Shortcuts = NonNullable<GeneratedOptions["shortcuts"]>;

/** Uniform numbers in [0, 1). */
export type Uniform = () => number;

/** True with probability `p`. */
export function chance(p: number, uniform: Uniform): boolean {
  return uniform() < p;
}

/** One of them, each as likely as the others. */
export function pick<T>(items: readonly T[], uniform: Uniform): T {
  return items[Math.floor(uniform() * items.length)]!;
}

/** A whole number from `low` to `high`, both included. */
export function between(low: number, high: number, uniform: Uniform): number {
  return low + Math.floor(uniform() * (high - low + 1));
}

/** `first` and so many draws, no two with the same `key`. */
export function distinct<T>(first: T, many: number, draw: () => T, key: (drawn: T) => string): T[] {
  const found = new Map([[key(first), first]]);
  while (found.size <= many) {
    const drawn = draw();
    if (!found.has(key(drawn))) found.set(key(drawn), drawn);
  }
  return [...found.values()];
}

/** A problem with several answers: a group. No two problems of a testbed have the same `question`. */
export interface Problem<Row> {
  readonly question: string;
  readonly rows: readonly Row[];
}

/** A row, and the problem that it belongs to. */
export type Grouped<Row> = Row & { readonly group: string };

/** Draws problems until each split has its rows; a problem's rows lie in one split. */
export function drawSplits<Row>(
  name: string,
  options: GeneratedOptions,
  drawProblem: (uniform: Uniform, shortcuts: Shortcuts) => Problem<Row>,
): Record<SplitName, Grouped<Row>[]> {
  const sizes = { train_label: 1000, train_unlabel: 3000, test: 1500, ...options };
  const shortcuts = checkShortcuts(name, options.shortcuts);
  const asked = new Set<string>();
  const splits: Record<SplitName, Grouped<Row>[]> = { train_label: [], train_unlabel: [], test: [] };
  for (const split of splitNames) {
    checkSize(name, split, sizes[split]);
    // Nothing is added for the default, whose bytes published results stand on.
    const uniform = random(name, split, options.seed ?? 0, ...(shortcuts === "planted" ? [] : [shortcuts]));
    for (let repeats = 0; splits[split].length < sizes[split]; repeats++) {
      if (repeats > mostRepeats) throw tooMany(name, asked.size);
      const { question, rows } = drawProblem(uniform, shortcuts);
      if (asked.has(question)) continue;
      repeats = 0;
      asked.add(question);
      const group = String(asked.size);
      splits[split].push(...rows.slice(0, sizes[split] - splits[split].length).map((row) => ({ ...row, group })));
    }
  }
  return splits;
}

const mostRepeats = 200;

function checkSize(name: string, split: SplitName, size: number): void {
  if (Number.isInteger(size) && size >= 100) return;
  throw new WeakToStrongError(
    "bad_input",
    `${name}: ${split}: expected a whole number of rows, 100 or more (with fewer a class may be missing), found ${size}.`,
  );
}

function checkShortcuts(name: string, shortcuts: Shortcuts = "planted"): Shortcuts {
  if (shortcuts === "planted" || shortcuts === "absent") return shortcuts;
  throw new WeakToStrongError(
    "bad_input",
    `${name}: shortcuts: expected "planted" or "absent", found ${JSON.stringify(shortcuts)}.`,
  );
}

function tooMany(name: string, found: number): WeakToStrongError {
  return new WeakToStrongError(
    "bad_input",
    `${name}: the templates have few more than ${found} different problems, and more were asked for. Ask for fewer rows.`,
  );
}
