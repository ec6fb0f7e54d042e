import { WeakToStrongError } from "../errors.js";
import type { Matrix } from "./matrix.js";

/* Arrays as files of numpy's (NEP 1): little-endian float32 matrices, row by row, and no other. */

const magic = "\x93NUMPY\x01\x00";
const start = magic.length + 2;

/** The bytes of a `.npy` file, format 1.0. */
export function npy({ rows, columns, data }: Matrix): Uint8Array {
  const description = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${columns}), }`;
  const header = `${description.padEnd(64 * Math.ceil((start + description.length + 1) / 64) - start - 1)}\n`;
  const prefix = Buffer.from(`${magic}..${header}`, "latin1");
  prefix.writeUInt16LE(header.length, start - 2);
  return Buffer.concat([prefix, Buffer.from(data.buffer, data.byteOffset, data.byteLength)]);
}

/** Bytes that a `.npy` file of a matrix of this shape has at most. */
export function npyBytes(rows: number, columns: number): number {
  return start + 0xffff + 4 * rows * columns;
}

/** Reads what {@link npy} and numpy's `save` write of a float32 matrix; throws `bad_input` for anything else. */
export function parseNpy(bytes: Uint8Array): Matrix {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.length < start || view.toString("latin1", 0, magic.length) !== magic) {
    throw bad("it does not begin as a file of numpy's format 1.0 does");
  }
  const end = start + view.readUInt16LE(start - 2);
  const header = view.toString("latin1", start, end);
  const form = /^\{'descr': '<f4', 'fortran_order': False, 'shape': \((\d{1,9}), (\d{1,9})\), \} *\n$/;
  const [, rows, columns] = (form.exec(header) ?? []).map(Number);
  if (rows === undefined || columns === undefined) {
    throw bad(
      `expected little-endian float32, row by row, of two dimensions, found ${JSON.stringify(header.slice(0, 100))}`,
    );
  }
  if (view.length !== end + 4 * rows * columns) {
    throw bad(`its header promises ${4 * rows * columns} bytes of numbers, and it has ${view.length - end}`);
  }
  const data = new Float32Array(rows * columns);
  Buffer.from(data.buffer).set(view.subarray(end));
  return { rows, columns, data };
}

function bad(what: string): WeakToStrongError {
  return new WeakToStrongError("bad_input", `.npy: ${what}.`);
}
