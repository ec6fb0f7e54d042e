import type { Needle, Needles } from "./needles.js";
import { NumberReader } from "./numbers.js";
import { WordReader } from "./window.js";

/** How much of a block is looked at to tell what it is. */
const sampleBytes = 4096;

/** Looks through the parts of files, block by block, for the needles. */
export class Scan {
  readonly #words: WordReader | undefined;
  readonly #numbers: NumberReader | undefined;
  #found: (needle: Needle) => void = () => undefined;

  constructor(needles: Needles) {
    const found = (needle: Needle): void => this.#found(needle);
    if (!needles.words.empty) this.#words = new WordReader(needles.words.search(found));
    if (!needles.numbers.empty) this.#numbers = new NumberReader(needles.numbers.search(found));
  }

  /** What is found from now on goes to `found`. */
  for(found: (needle: Needle) => void): void {
    this.#found = found;
  }

  /** A new part begins: what comes is not the continuation of what came. */
  begin(): void {
    this.#words?.push(separator, false);
    this.#numbers?.begin();
  }

  push(block: Uint8Array): void {
    const sample = block.subarray(0, sampleBytes);
    this.#words?.push(block, isTagged(sample));
    this.#numbers?.push(block, isBinary(sample), isNumeric(sample));
  }
}

const separator = Uint8Array.of(32);

function isBinary(sample: Uint8Array): boolean {
  return sample.includes(0);
}

/** Whether most of it is digits, and what stands between numbers. */
function isNumeric(sample: Uint8Array): boolean {
  let numeric = 0;
  for (const byte of sample) if (byte <= 57) numeric++;
  return numeric > sample.length * 0.8;
}

/** Whether most words carry a part of speech, as in `jury/nn said/vbd`. */
function isTagged(sample: Uint8Array): boolean {
  let words = 0;
  let slashes = 0;
  for (let i = 1; i < sample.length; i++) {
    if (sample[i]! <= 32 && sample[i - 1]! > 32) words++;
    if (sample[i] === 47 && sample[i - 1]! > 32) slashes++;
  }
  return words > 0 && slashes > words * 0.8;
}
