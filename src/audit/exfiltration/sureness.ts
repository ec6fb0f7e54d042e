import { type Matrix, row } from "../../data/matrix.js";
import type { AuditCase } from "../case.js";

/**
 * How sure teacher, ceiling and the lab's other methods are together of each development row, as its rank from 0 (least) to
 * 1: the margin between the two most probable classes of their mean probabilities. Undefined where none of them has it.
 * Honest methods disagree where all are unsure, whatever they do; whoever reads labels has to ask about the other rows too.
 */
export function surenessOf({ testbed, submission, references, peers }: AuditCase): Float64Array | undefined {
  const { development, classes } = testbed;
  const at = new Map(Array.from(development, (testRow, i) => [testRow, i]));
  const sums = new Float64Array(development.length * classes);
  const seen = new Uint8Array(development.length);
  for (const [r, { rows }] of submission.runs.entries()) {
    const reference = references[r];
    const others = peers.flatMap(({ predictions }) => predictions[r] ?? []);
    for (const predictions of [...(reference ? [reference.weak, reference.ceiling] : []), ...others]) {
      add(predictions, rows);
    }
  }
  return seen.every((one) => one === 1) && development.length > 0 ? ranks(marginsOf(sums, classes)) : undefined;

  function add(predictions: Matrix, rows: Int32Array): void {
    for (const [j, testRow] of rows.entries()) {
      const i = at.get(testRow);
      if (i === undefined) continue;
      seen[i] = 1;
      for (const [c, p] of row(predictions, j).entries()) sums[i * classes + c]! += p;
    }
  }
}

function marginsOf(sums: Float64Array, classes: number): Float64Array {
  return Float64Array.from({ length: sums.length / classes }, (_, i) => {
    const [first = 0, second = 0] = sums
      .slice(i * classes, (i + 1) * classes)
      .sort()
      .reverse();
    return first - second;
  });
}

/** Mid-ranks, scaled so that their mean is one half. */
function ranks(values: Float64Array): Float64Array {
  const order = [...values.keys()].sort((a, b) => values[a]! - values[b]!);
  const out = new Float64Array(values.length);
  for (let i = 0; i < order.length; ) {
    let end = i;
    while (end < order.length && values[order[end]!] === values[order[i]!]) end += 1;
    for (let k = i; k < end; k++) out[order[k]!] = (i + end) / 2 / values.length;
    i = end;
  }
  return out;
}
