import type { Input } from "../data/dataset.js";
import { argmax, type Matrix } from "../data/matrix.js";
import { type Columns, mean, ridge, upTo } from "./ridge.js";

/** How many buckets words are hashed into. */
const buckets = 192;

/**
 * What a plain student can see of inputs: words hashed into buckets, as shares of the input's words; of a preference those of
 * `first` minus those of `second`; of an image its pixels.
 */
export function plainColumns(inputs: readonly Input[]): Columns {
  const image = inputs.find((input) => "image" in input);
  const width = image ? image.image.flat().length : buckets;
  const columns = Array.from({ length: width }, () => new Float64Array(inputs.length));
  for (const [i, input] of inputs.entries()) {
    if ("image" in input) for (const [j, pixel] of input.image.flat().entries()) columns[j]![i] = pixel;
    else for (const { text, sign } of texts(input)) addWords(columns, i, text, sign);
  }
  return columns;
}

function texts(input: Exclude<Input, { readonly image: unknown }>): { text: string; sign: number }[] {
  if ("text" in input) return [{ text: input.text, sign: 1 }];
  if ("choice" in input) return [{ text: `${input.question}\n${input.choice}`, sign: 1 }];
  return [
    { text: input.first, sign: 1 },
    { text: input.second, sign: -1 },
  ];
}

function addWords(columns: Columns, i: number, text: string, sign: number): void {
  const words = text.toLowerCase().match(/[\p{L}\d]+|[^\p{L}\d\s]/gu) ?? [];
  for (const word of words) columns[bucket(word)]![i]! += sign / words.length;
}

/** FNV-1a over code units. */
function bucket(word: string): number {
  let hash = 0x811c9dc5;
  for (let k = 0; k < word.length; k++) hash = Math.imul(hash ^ word.charCodeAt(k), 0x01000193);
  return (hash >>> 0) % buckets;
}

/** A student that is nothing but ridge regression on {@link plainColumns}: classes of `test` rows for any soft labels. */
export function plainStudent(train: Columns, test: Columns): (softLabels: Matrix) => Int32Array {
  const rows = upTo(train[0]!.length);
  const asked = upTo(test[0]!.length);
  const fit = ridge(train, rows, 0.02 * rows.length);
  return ({ data, columns }) => {
    const scores = new Float32Array(asked.length * columns);
    for (let c = 0; c < columns; c++) {
      const predicted = fit(Float64Array.from(rows, (i) => data[i * columns + c]!))(test, asked);
      for (const i of asked) scores[i * columns + c] = predicted[i]!;
    }
    return argmax({ rows: asked.length, columns, data: scores });
  };
}

/**
 * Projects rows on the direction along which `columns` vary most (power iteration from a fixed start). What lies far out along
 * it is a region of inputs that any student can tell from the rest.
 */
export function mainDirection(columns: Columns): (of: Columns) => Float64Array {
  const centres = columns.map(mean);
  let weights = columns.map((_, j) => 1 + (j % 7));
  const project = (of: Columns) => {
    const along = new Float64Array(of[0]!.length);
    for (const [j, column] of of.entries()) {
      for (let i = 0; i < along.length; i++) along[i]! += weights[j]! * (column[i]! - centres[j]!);
    }
    return along;
  };
  for (let round = 0; round < 30; round++) {
    const along = project(columns);
    const next = columns.map((column, j) => mean(column.map((value, i) => (value - centres[j]!) * along[i]!)));
    const length = Math.hypot(...next);
    if (length === 0) break;
    weights = next.map((value) => value / length);
  }
  return project;
}
