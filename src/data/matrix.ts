import { WeakToStrongError } from "../errors.js";

/** A dense row-major matrix: element (i, j) is `data[i * columns + j]`. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array;
}

/** A matrix from rows of numbers; all rows must be equally long. */
export function matrix(rows: readonly ArrayLike<number>[]): Matrix {
  const columns = rows[0]?.length ?? 0;
  const data = new Float32Array(rows.length * columns);
  for (const [i, row] of rows.entries()) {
    if (row.length !== columns) {
      throw new WeakToStrongError(
        "bad_input",
        `matrix: row ${i} has ${row.length} columns, but row 0 has ${columns}. Make all rows equally long.`,
      );
    }
    data.set(row, i * columns);
  }
  return { rows: rows.length, columns, data };
}

/** Row `i` as a view on the matrix's own memory. */
export function row(m: Matrix, i: number): Float32Array {
  return m.data.subarray(i * m.columns, (i + 1) * m.columns);
}

/** The rows named by `indices`, in that order, as a new matrix. */
export function takeRows(m: Matrix, indices: ArrayLike<number>): Matrix {
  const data = new Float32Array(indices.length * m.columns);
  for (let k = 0; k < indices.length; k++) data.set(row(m, indices[k]!), k * m.columns);
  return { rows: indices.length, columns: m.columns, data };
}

/** Each row's most probable class; the lowest class wins a tie. */
export function argmax(m: Matrix): Int32Array {
  const out = new Int32Array(m.rows);
  for (let i = 0; i < m.rows; i++) {
    let best = 0;
    for (let j = 1; j < m.columns; j++) {
      if (m.data[i * m.columns + j]! > m.data[i * m.columns + best]!) best = j;
    }
    out[i] = best;
  }
  return out;
}

/** One row a label, 1 in the label's column and 0 elsewhere. */
export function oneHot(labels: ArrayLike<number>, classes: number): Matrix {
  const data = new Float32Array(labels.length * classes);
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw new WeakToStrongError(
        "bad_input",
        `oneHot: labels[${i}] is ${label}; expected an integer from 0 to ${classes - 1}.`,
      );
    }
    data[i * classes + label] = 1;
  }
  return { rows: labels.length, columns: classes, data };
}

/**
 * Throws `bad_input` unless `value` is a `rows` x `columns` matrix of probabilities: finite, in [0, 1], each row
 * summing to 1 within 1e-3. `name` is how the message calls it.
 */
export function checkProbabilities(value: Matrix, rows: number, columns: number, name: string): void {
  if (!(value?.data instanceof Float32Array)) {
    throw new WeakToStrongError(
      "bad_input",
      `${name}: expected a matrix of probabilities, { rows, columns, data: Float32Array }, found ${Array.isArray(value) ? "a list" : typeof value}; matrix(rows) makes one of lists, row(m, i) reads one.`,
    );
  }
  if (value.rows !== rows || value.columns !== columns || value.data.length !== rows * columns) {
    throw new WeakToStrongError(
      "bad_input",
      `${name}: expected ${rows} rows (examples) by ${columns} columns (classes), found ${value.rows} by ${value.columns} with ${value.data.length} values.`,
    );
  }
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    for (let j = 0; j < columns; j++) {
      const p = value.data[i * columns + j]!;
      if (!(p >= 0 && p <= 1 + 1e-6)) {
        throw new WeakToStrongError(
          "bad_input",
          `${name}: row ${i}, class ${j} is ${p}; expected a probability between 0 and 1.`,
        );
      }
      sum += p;
    }
    if (Math.abs(sum - 1) > 1e-3) {
      throw new WeakToStrongError(
        "bad_input",
        `${name}: row ${i} sums to ${sum.toPrecision(6)}; expected 1 (soft labels are one probability a class).`,
      );
    }
  }
}
