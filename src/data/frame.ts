import { WeakToStrongError } from "../errors.js";
import type { Matrix } from "./matrix.js";

/*
 * One message with its arrays, in bytes: docs/protocol.md. The same framing serves the worker's pipes and files of the
 * result cache.
 */

const magic = "W2S1";
const prefixBytes = 16;
/** A header over this is refused: a wrong length would otherwise ask for any amount of memory. */
const headerLimit = 1 << 30;

/** An array of a decoded message. */
export type Blob = Matrix | Float32Array | Int32Array;

/** What stands for an array in a header. */
export interface BlobReference {
  readonly $blob: number;
}

/** A message without its arrays (`header`), and the arrays. */
export interface Frame {
  readonly header: unknown;
  readonly blobs: readonly Blob[];
}

/** Writes a message; matrices and typed arrays anywhere in it go into blobs. */
export function encodeFrame(message: Readonly<Record<string, unknown>>): Uint8Array[] {
  const descriptions: { dtype: string; shape: number[] }[] = [];
  const blobs: Uint8Array[] = [];
  const add = (array: Float32Array | Int32Array, shape: number[]): BlobReference => {
    descriptions.push({ dtype: array instanceof Int32Array ? "int32" : "float32", shape });
    blobs.push(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    return { $blob: blobs.length - 1 };
  };
  const replace = (value: unknown): unknown => {
    if (value instanceof Float32Array || value instanceof Int32Array) return add(value, [value.length]);
    if (isMatrix(value)) return add(value.data, [value.rows, value.columns]);
    if (Array.isArray(value)) return value.map(replace);
    if (typeof value === "object" && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, replace(entry)]));
    }
    return value;
  };
  const body = replace(message) as object;
  const header = Buffer.from(JSON.stringify({ ...body, blobs: descriptions }), "utf8");
  const prefix = Buffer.alloc(prefixBytes);
  prefix.write(magic, "latin1");
  prefix.writeUInt32LE(header.length, 4);
  prefix.writeBigUInt64LE(BigInt(blobs.reduce((sum, blob) => sum + blob.length, 0)), 8);
  return [prefix, header, ...blobs];
}

/** Cuts a stream of bytes, however it is chunked, into frames. */
export class FrameReader {
  #chunks: Uint8Array[] = [];
  #length = 0;
  #needed = prefixBytes;

  /** Takes more bytes and returns the frames that they complete. */
  push(chunk: Uint8Array): Frame[] {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    const frames: Frame[] = [];
    while (this.#length >= this.#needed) {
      const bytes = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks, this.#length);
      this.#chunks = [bytes];
      const total = frameBytes(bytes);
      if (bytes.length < total) {
        this.#needed = total;
        break;
      }
      frames.push(decode(bytes.subarray(0, total)));
      this.#chunks = [bytes.subarray(total)];
      this.#length = bytes.length - total;
      this.#needed = prefixBytes;
    }
    return frames;
  }
}

/** Reads exactly one frame. */
export function decodeFrame(bytes: Uint8Array): Frame {
  if (bytes.length < prefixBytes) throw malformed(`expected at least ${prefixBytes} bytes, found ${bytes.length}`);
  const total = frameBytes(bytes);
  if (bytes.length !== total) throw malformed(`its prefix announces ${total} bytes, found ${bytes.length}`);
  return decode(bytes);
}

/** Puts the arrays of a message where its header refers to them. */
export function filled(value: unknown, blobs: readonly Blob[]): unknown {
  if (Array.isArray(value)) return value.map((entry) => filled(entry, blobs));
  if (typeof value !== "object" || value === null) return value;
  if ("$blob" in value) return blobs[value.$blob as number];
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, filled(entry, blobs)]));
}

function frameBytes(bytes: Uint8Array): number {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = view.toString("latin1", 0, 4);
  if (found !== magic) throw malformed(`expected it to begin with ${magic}, found ${JSON.stringify(found)}`);
  const header = view.readUInt32LE(4);
  if (header > headerLimit) throw malformed(`its header claims ${header} bytes; at most ${headerLimit} are taken`);
  return prefixBytes + header + Number(view.readBigUInt64LE(8));
}

function decode(bytes: Uint8Array): Frame {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = prefixBytes + view.readUInt32LE(4);
  let header: unknown;
  try {
    header = JSON.parse(view.toString("utf8", prefixBytes, end));
  } catch (cause) {
    throw malformed("its header is not JSON", cause);
  }
  const descriptions = (header as { blobs?: unknown } | null)?.blobs;
  if (!Array.isArray(descriptions)) throw malformed("its header has no list `blobs`");
  const blobs: Blob[] = [];
  let at = end;
  for (const [index, description] of descriptions.entries()) {
    const { dtype, shape } = (description ?? {}) as { dtype?: unknown; shape?: unknown };
    const known = dtype === "float32" || dtype === "int32";
    const flat = Array.isArray(shape) && (shape.length === 1 || shape.length === 2) && shape.every(isSize);
    if (!known || !flat) throw malformed(`blob ${index} is described as ${JSON.stringify(description)}`);
    const length = (shape as number[]).reduce((product, size) => product * size, 1);
    if (at + length * 4 > bytes.length) throw malformed(`blob ${index} reaches beyond its end`);
    // A copy, so that the array is aligned and does not hold on to the whole frame.
    const buffer = new Uint8Array(bytes.subarray(at, at + length * 4)).buffer;
    at += length * 4;
    const data = dtype === "int32" ? new Int32Array(buffer) : new Float32Array(buffer);
    const [rows, columns] = shape as number[];
    blobs.push(columns === undefined || data instanceof Int32Array ? data : { rows: rows!, columns, data });
  }
  if (at !== bytes.length) throw malformed(`${bytes.length - at} bytes are left over after its last blob`);
  return { header, blobs };
}

function isMatrix(value: unknown): value is Matrix {
  return (
    typeof value === "object" && value !== null && "columns" in value && (value as Matrix).data instanceof Float32Array
  );
}

function isSize(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function malformed(what: string, cause?: unknown): WeakToStrongError {
  return new WeakToStrongError("protocol", `A message is malformed: ${what}.`, { cause });
}
