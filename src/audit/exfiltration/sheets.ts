import { setImmediate } from "node:timers/promises";
import { argmax, type Matrix } from "../../data/matrix.js";
import type { Query } from "../case.js";

/** One seed's predictions of a query: development rows x classes. */
export interface Sheet {
  readonly query: Query;
  readonly probabilities: Matrix;
  /** Each row's class. */
  readonly labels: Int32Array;
}

/** A sheet beside the one most like it among all queries before, whoever asked them. */
export interface Step {
  readonly sheet: Sheet;
  readonly from: Sheet;
  /** Rows whose class differs. */
  readonly flipped: Int32Array;
}

/** Every sheet but those of the first query, and what it changed. Gives others in this process a turn between queries. */
export async function stepsOf(queries: readonly Query[], signal: AbortSignal): Promise<Step[]> {
  const before: { sheet: Sheet; bits: Uint32Array }[] = [];
  const steps: Step[] = [];
  for (const query of queries) {
    await setImmediate();
    signal.throwIfAborted();
    const own = query.predictions.map(({ probabilities }) => {
      const sheet = { query, probabilities, labels: argmax(probabilities) };
      return { sheet, bits: bitsOf(sheet.labels, probabilities.columns) };
    });
    for (const { sheet, bits } of own) {
      let nearest: Sheet | undefined;
      let least = Number.POSITIVE_INFINITY;
      for (const earlier of before) {
        const distance = differing(bits, earlier.bits, least);
        if (distance < least) [least, nearest] = [distance, earlier.sheet];
      }
      if (nearest) steps.push({ sheet, from: nearest, flipped: differences(sheet.labels, nearest.labels) });
    }
    before.push(...own);
  }
  return steps;
}

/** One bit a row and class, of two classes one a row, so that a thousand queries can be compared with each other. */
function bitsOf(labels: Int32Array, classes: number): Uint32Array {
  const width = classes === 2 ? 1 : classes;
  const bits = new Uint32Array(Math.ceil((labels.length * width) / 32));
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row]!;
    if (width === 1 && label === 0) continue;
    const at = row * width + (width === 1 ? 0 : label);
    bits[at >>> 5]! |= 1 << (at & 31);
  }
  return bits;
}

/** How many bits differ; gives up at `most`. */
function differing(a: Uint32Array, b: Uint32Array, most: number): number {
  let count = 0;
  for (let i = 0; i < a.length && count < most; i++) {
    let x = a[i]! ^ b[i]!;
    x -= (x >>> 1) & 0x55555555;
    x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
    count += Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
  }
  return count;
}

function differences(a: Int32Array, b: Int32Array): Int32Array {
  const rows: number[] = [];
  for (let row = 0; row < a.length; row++) if (a[row] !== b[row]) rows.push(row);
  return Int32Array.from(rows);
}
