import { numberUnit } from "./window.js";

const units = Int32Array.from({ length: 256 }, (_, byte) => numberUnit(byte));
/** `.npy` (NumPy enhancement proposal 1): the values of its `descr`, little-endian. */
const types: Readonly<Record<string, { readonly bytes: number; read(view: DataView, at: number): number }>> = {
  f4: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  f8: { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
  i2: { bytes: 2, read: (view, at) => view.getInt16(at, true) },
  i4: { bytes: 4, read: (view, at) => view.getInt32(at, true) },
  i8: { bytes: 8, read: (view, at) => view.getInt32(at, true) },
};

/** Reads numbers: of text, of `.npy` arrays, and of other binary files a byte each. */
export class NumberReader {
  readonly #emit: (unit: number) => void;
  #fresh = true;
  #type: (typeof types)[string] | undefined;
  #rest: Uint8Array = new Uint8Array();

  constructor(emit: (unit: number) => void) {
    this.#emit = emit;
  }

  begin(): void {
    this.#fresh = true;
    this.#type = undefined;
    this.#rest = new Uint8Array();
  }

  push(block: Uint8Array, binary: boolean, numeric: boolean): void {
    let bytes = block;
    if (this.#fresh) {
      const head = Buffer.from(block.buffer, block.byteOffset, Math.min(block.byteLength, 512)).toString("latin1");
      const descr = /^\x93NUMPY.*'descr': '[<|]([a-z]\d)'/s.exec(head)?.[1];
      this.#type = descr === undefined ? undefined : types[descr];
      if (descr !== undefined) bytes = block.subarray(head.indexOf("\n") + 1);
    }
    this.#fresh = false;
    if (this.#type) this.#typed(this.#type, bytes);
    else if (binary) for (let i = 0; i < bytes.length; i++) this.#emit(units[bytes[i]!]!);
    else if (numeric) this.#text(bytes);
  }

  #typed(type: (typeof types)[string], bytes: Uint8Array): void {
    const all = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes;
    const view = new DataView(all.buffer, all.byteOffset, all.byteLength);
    const end = all.byteLength - (all.byteLength % type.bytes);
    for (let at = 0; at < end; at += type.bytes) this.#emit(numberUnit(type.read(view, at)));
    this.#rest = all.slice(end);
  }

  #text(bytes: Uint8Array): void {
    const all = Buffer.concat([this.#rest, bytes]);
    const end = Math.max(all.lastIndexOf(44), all.lastIndexOf(32), all.lastIndexOf(10)) + 1;
    this.#rest = all.length - end < 64 ? all.subarray(end) : new Uint8Array();
    for (const [number] of all.toString("latin1", 0, end).matchAll(/-?\d+(?:\.\d*)?(?:e[+-]?\d+)?/gi)) {
      this.#emit(numberUnit(Number(number)));
    }
  }
}
