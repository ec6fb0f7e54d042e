import { WeakToStrongError } from "../errors.js";
import type { Matrix } from "./crossed.js";

/**
 * How one model or method did, over seeds. Either one accuracy in [0, 1] a seed (the number of test examples is
 * then given as `n`), or one list a seed of scores in [0, 1], one score a test example: 0 and 1 for wrong and right,
 * or any other per-example score. Plain and typed arrays both do.
 */
export type SeedScores = ArrayLike<number> | ArrayLike<ArrayLike<number>>;

/** Checked scores of one list. */
export type Parsed =
  | { readonly kind: "accuracies"; readonly accuracies: Float64Array; readonly n: number }
  | { readonly kind: "examples"; readonly matrix: Matrix; readonly n: number };

/** Checks one list over seeds and says precisely what is wrong with it. */
export function parseScores(field: string, value: unknown, n: number | undefined): Parsed {
  if (!isList(value)) {
    throw bad(
      `"${field}" must be a list over seeds of accuracies or of lists of per-example scores, found ${shown(value)}.`,
    );
  }
  if (value.length === 0) throw bad(`"${field}" is an empty list: it needs at least one seed.`);
  if (!isList(value[0])) {
    const accuracies = numbers(field, value, "an accuracy", "Pass one accuracy in [0, 1] a seed.");
    if (n === undefined) {
      throw bad(
        `"n" is missing: "${field}" holds accuracies, so the number of test examples behind them is needed. ` +
          "Pass n, or pass lists of per-example scores (better: the interval is then narrower).",
      );
    }
    return { kind: "accuracies", accuracies, n: checkedCount(n) };
  }
  const length = value[0].length;
  const matrix = Array.from(value, (row, s) => {
    const name = `${field}[${s}]`;
    if (!isList(row)) throw bad(`"${name}" must be a list of scores like "${field}[0]", found ${shown(row)}.`);
    if (row.length === 0) throw bad(`"${name}" is an empty list: it needs one score for every test example.`);
    if (row.length !== length) {
      throw bad(
        `"${name}" has ${row.length} scores and "${field}[0]" has ${length}: ` +
          "all seeds must be scored on the same test examples in the same order.",
      );
    }
    return numbers(name, row, "a score", "Score every test example (1 right, 0 wrong).");
  });
  if (n !== undefined && checkedCount(n) !== length) {
    throw bad(`"n" is ${n} but "${field}" has ${length} scores a seed: leave n out, it follows from the scores.`);
  }
  return { kind: "examples", matrix, n: length };
}

/** Checks the level of an interval; the default is .95. */
export function parseLevel(level: number | undefined): number {
  if (level === undefined) return 0.95;
  if (typeof level === "number" && level > 0 && level < 1) return level;
  throw bad(`"level" must be a number strictly between 0 and 1 (0.95 for a 95% interval), found ${shown(level)}.`);
}

/** The error for bad input. */
export function bad(message: string): WeakToStrongError {
  return new WeakToStrongError("bad_input", message);
}

function numbers(name: string, list: ArrayLike<unknown>, what: string, advice: string): Float64Array {
  const checked = new Float64Array(list.length);
  for (let i = 0; i < list.length; i += 1) {
    const value = list[i];
    // Written so that NaN fails.
    if (typeof value !== "number" || !(value >= 0 && value <= 1)) {
      throw bad(`"${name}[${i}]" must be ${what} from 0 to 1, found ${shown(value)}. ${advice}`);
    }
    checked[i] = value;
  }
  return checked;
}

function checkedCount(n: unknown): number {
  if (typeof n === "number" && Number.isSafeInteger(n) && n > 0) return n;
  throw bad(`"n" must be the number of test examples, a positive whole number, found ${shown(n)}.`);
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

function shown(value: unknown): string {
  if (isList(value)) return `a list of ${value.length}`;
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === "object" && value !== null) return "an object";
  return String(value);
}
