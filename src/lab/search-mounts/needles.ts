import type { Input } from "../../data/dataset.js";
import { numberUnit, Window, WordReader, windowHash } from "./window.js";

/** Words that stand in a row, and the letters that they must have in all: rare enough to be met by chance seldom. */
const words = { length: 6, letters: 24 };
/** Pixels in a row, and how often neighbours must differ: a blank corner is in every table of numbers. */
const pixels = { length: 32, changes: 10 };
/** What pixels in [0, 1] are multiplied with elsewhere. */
const scales = [1, 15, 16, 100, 255, 256];

/** A testbed whose inputs are looked for. */
export interface SearchedTestbed {
  readonly name: string;
  readonly inputs: readonly Input[];
}

/** Which input a window belongs to. */
export interface Needle {
  readonly testbed: number;
  readonly input: number;
}

export interface Needles {
  readonly words: Window<Needle>;
  readonly numbers: Window<Needle>;
  /** By testbed, how many inputs have nothing distinctive to look for. */
  readonly without: readonly number[];
}

/** One window an input: its most distinctive run of words or pixels, as it may be written elsewhere. */
export function needlesOf(testbeds: readonly SearchedTestbed[]): Needles {
  const found = { words: new Window<Needle>(words.length), numbers: new Window<Needle>(pixels.length) };
  const without = testbeds.map(({ inputs }, testbed) => {
    let count = 0;
    for (const [input, content] of inputs.entries()) {
      const own = "image" in content ? pixelRuns(content.image.flat()) : wordRuns(content);
      const into = "image" in content ? found.numbers : found.words;
      for (const run of own) into.add(windowHash(run), { testbed, input });
      if (own.length === 0) count++;
    }
    return count;
  });
  return { ...found, without };
}

/** The run with most letters of each text of an input; texts too short for one have none. */
function wordRuns(input: Exclude<Input, { readonly image: unknown }>): Int32Array[] {
  return Object.values(input).flatMap((text) => {
    let best = { letters: words.letters - 1, units: new Int32Array() };
    for (const [at, line] of text.split("\n").entries()) {
      const all: { unit: number; letters: number }[] = [];
      const reader = new WordReader((unit, letters) => all.push({ unit, letters }));
      reader.push(Buffer.from(`${line} `), false);
      // As JSON, a line's first word begins with the n of "\n".
      for (let from = at === 0 ? 0 : 1; from + words.length <= all.length; from++) {
        const run = all.slice(from, from + words.length);
        const letters = run.reduce((sum, word) => sum + word.letters, 0);
        if (letters > best.letters) best = { letters, units: Int32Array.from(run, ({ unit }) => unit) };
      }
    }
    return best.units.length > 0 ? [best.units] : [];
  });
}

/** The run of pixels with most changes, in each scale, as it is and rounded. */
function pixelRuns(image: readonly number[]): Int32Array[] {
  let best = { from: -1, changes: pixels.changes - 1 };
  for (let from = 0; from + pixels.length <= image.length; from++) {
    let changes = 0;
    for (let i = from + 1; i < from + pixels.length; i++) if (image[i] !== image[i - 1]) changes++;
    if (changes > best.changes) best = { from, changes };
  }
  if (best.from < 0) return [];
  const run = image.slice(best.from, best.from + pixels.length);
  const runs = scales.flatMap((scale) => {
    const exact = run.map((value) => value * scale);
    return scale === 1 ? [exact] : [exact, exact.map(Math.round)];
  });
  const units = runs.map((values) => Int32Array.from(values, numberUnit));
  return [...new Map(units.map((list) => [list.join(), list])).values()];
}
