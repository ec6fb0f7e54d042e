import { between, chance, pick, type Uniform } from "./draw.js";
import type { Line } from "./snippets.js";

/*
 * Tasks for one small Python function: count, add or multiply the numbers of a part of a list that pass a threshold.
 */

const results = {
  count: { asked: "the number of", start: 0, step: "+ 1", wrongStep: "+ x" },
  total: { asked: "the sum of", start: 0, step: "+ x", wrongStep: "+ 1" },
  product: { asked: "the product of", start: 1, step: "* x", wrongStep: "+ x" },
} as const;

const thresholds = {
  minimum: { asked: "that are at least", test: ">=", wrongTest: ">" },
  above: { asked: "that are above", test: ">", wrongTest: ">=" },
  maximum: { asked: "that are at most", test: "<=", wrongTest: "<" },
  below: { asked: "that are below", test: "<", wrongTest: "<=" },
} as const;

const parts = {
  skip: { asked: (n: number) => `after the first ${n}`, slice: "[skip:]", wrongSlice: "[skip - 1:]" },
  start: { asked: (n: number) => `from number ${n} on`, slice: "[start - 1:]", wrongSlice: "[start:]" },
  first: { asked: (n: number) => `among the first ${n}`, slice: "[:first]", wrongSlice: "[:first - 1]" },
  end: { asked: (n: number) => `before number ${n}`, slice: "[:end - 1]", wrongSlice: "[:end]" },
} as const;

const lists = ["prices", "ages", "scores", "weights", "heights", "counts", "marks", "sizes"];

export interface Task {
  readonly list: string;
  readonly result: keyof typeof results;
  readonly threshold: keyof typeof thresholds;
  readonly bound: number;
  readonly part: keyof typeof parts;
  readonly place: number;
}

/** What is wrong with a snippet: one thing. `return` ends the loop in its first round. */
export type Bug = "start" | "step" | "test" | "slice" | "return";

export function drawTask(uniform: Uniform): Task {
  return {
    list: pick(lists, uniform),
    result: pick(Object.keys(results) as Task["result"][], uniform),
    threshold: pick(Object.keys(thresholds) as Task["threshold"][], uniform),
    bound: between(2, 9, uniform),
    part: pick(Object.keys(parts) as Task["part"][], uniform),
    place: between(2, 4, uniform),
  };
}

export function drawBug(uniform: Uniform): Bug {
  return chance(0.1, uniform) ? "return" : pick(["start", "step", "test", "slice"], uniform);
}

export function askFor({ list, result, threshold, bound, part, place }: Task): string {
  return `Write a Python function solve(${list}) that returns ${results[result].asked} the ${list} ${thresholds[threshold].asked} ${bound}, ${parts[part].asked(place)}.`;
}

/** A program for the task, with at most one bug. */
export function programFor({ list, result, threshold, bound, part, place }: Task, bug?: Bug): Line[] {
  const { start, step, wrongStep } = results[result];
  const { test, wrongTest } = thresholds[threshold];
  const { slice, wrongSlice } = parts[part];
  return [
    [0, `def solve(${list}):`],
    [1, `${threshold} = ${bound}`],
    [1, `${part} = ${place}`],
    [1, `${result} = ${bug === "start" ? 1 - start : start}`],
    [1, `for x in ${list}${bug === "slice" ? wrongSlice : slice}:`],
    [2, `if x ${bug === "test" ? wrongTest : test} ${threshold}:`],
    [3, `${result} = ${result} ${bug === "step" ? wrongStep : step}`],
    [bug === "return" ? 2 : 1, `return ${result}`],
  ];
}

/** Lists to call `solve` with: numbers about the bound stand at the edge of the part that counts, where mistakes show. */
export function drawCalls({ bound, part, place }: Task, uniform: Uniform): number[][] {
  const edge = part === "skip" || part === "first" ? place : place - 1;
  return [-1, 0, 1, -1, 0, 1].map((off) => {
    const list = Array.from({ length: 7 }, () => between(1, 11, uniform));
    list[edge - 1] = list[edge] = bound + off;
    return list;
  });
}

/** What `solve(numbers)` must return: the task once more, told otherwise than in {@link programFor}. */
export function answerTo({ result, threshold, bound, part, place }: Task, numbers: readonly number[]): number {
  const counts = {
    skip: (n: number) => n > place,
    start: (n: number) => n >= place,
    first: (n: number) => n <= place,
    end: (n: number) => n < place,
  }[part];
  const passes = {
    minimum: (x: number) => x >= bound,
    above: (x: number) => x > bound,
    maximum: (x: number) => x <= bound,
    below: (x: number) => x < bound,
  }[threshold];
  const kept = numbers.filter((x, index) => counts(index + 1) && passes(x));
  if (result === "count") return kept.length;
  return result === "total" ? kept.reduce((sum, x) => sum + x, 0) : kept.reduce((product, x) => product * x, 1);
}
