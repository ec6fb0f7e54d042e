/*
 * Finds short sequences in a long one by rolling hashes (Karp and Rabin 1987): of words or of numbers, each a 32-bit unit.
 * Two independent hashes must agree, so that nothing that is found needs to be looked at again.
 */

const bases = [0x01000193, 0x5bd1e995] as const;
const bitmapBits = 22;
const basis = 0x811c9dc5 | 0;
const prime = 0x01000193;

/** Letters in lower case, digits, and bytes of other scripts; 0 for what separates words. */
const fold = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte >= 128) return byte;
  const character = String.fromCharCode(byte).toLowerCase();
  return /[a-z0-9]/.test(character) ? character.charCodeAt(0) : 0;
});
/** From here on a lead byte is that of a script whose words are not set apart by spaces: each character is a word. */
const wordless = 0xe3;

/** The two hashes of one whole window. */
export function windowHash(units: Int32Array): readonly [number, number] {
  const of = (base: number): number => units.reduce((hash, unit) => (Math.imul(hash, base) + unit) | 0, 0);
  return [of(bases[0]), of(bases[1])];
}

/** The unit of a number: equal to a thousandth. */
export function numberUnit(value: number): number {
  return Math.imul(Math.round(value * 1000) | 0, 0x9e3779b1) ^ basis;
}

/** Cuts bytes into words; gives each one's unit, and how many letters it has. */
export class WordReader {
  readonly #emit: (unit: number, letters: number) => void;
  #hash = basis;
  #letters = 0;
  #inTag = false;

  constructor(emit: (unit: number, letters: number) => void) {
    this.#emit = emit;
  }

  /** `tagged`: what stands between a slash and the next space is no word (`jury/nn`). */
  push(bytes: Uint8Array, tagged: boolean): void {
    const emit = this.#emit;
    let hash = this.#hash;
    let letters = this.#letters;
    let inTag = this.#inTag && tagged;
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i]!;
      if (inTag) {
        if (byte > 32) continue;
        inTag = false;
      }
      const c = fold[byte]!;
      if (c !== 0 && byte < wordless) {
        hash = Math.imul(hash ^ c, prime);
        letters++;
        continue;
      }
      if (letters > 0) {
        emit(hash, letters);
        hash = basis;
        letters = 0;
      }
      if (c !== 0) {
        hash = Math.imul(hash ^ c, prime);
        letters = 1;
      } else if (tagged && byte === 47) inTag = true;
    }
    this.#hash = hash;
    this.#letters = letters;
    this.#inTag = inTag;
  }
}

/** The windows to be found, all of one length, and what each belongs to. */
export class Window<Owner> {
  readonly length: number;
  readonly #owners = new Map<number, { second: number; owner: Owner }[]>();
  readonly #bitmap = new Uint32Array(1 << (bitmapBits - 5));

  constructor(length: number) {
    this.length = length;
  }

  get empty(): boolean {
    return this.#owners.size === 0;
  }

  add([first, second]: readonly [number, number], owner: Owner): void {
    const known = this.#owners.get(first) ?? [];
    known.push({ second, owner });
    this.#owners.set(first, known);
    const bit = first >>> (32 - bitmapBits);
    this.#bitmap[bit >>> 5]! |= 1 << (bit & 31);
  }

  /** A function that takes units one by one and calls `found` for the owners of each window that they complete. */
  search(found: (owner: Owner) => void): (unit: number) => void {
    const { length } = this;
    const bitmap = this.#bitmap;
    const owners = this.#owners;
    const ring = new Int32Array(length);
    const tops = bases.map((base) =>
      Array.from({ length: length - 1 }).reduce((top: number) => Math.imul(top, base), 1),
    );
    const [top1, top2] = tops as [number, number];
    const [base1, base2] = bases;
    let at = 0;
    let first = 0;
    let second = 0;
    return (unit) => {
      const old = ring[at]!;
      ring[at] = unit;
      at = at + 1 === length ? 0 : at + 1;
      first = (Math.imul(first - Math.imul(old, top1), base1) + unit) | 0;
      second = (Math.imul(second - Math.imul(old, top2), base2) + unit) | 0;
      const bit = first >>> (32 - bitmapBits);
      if ((bitmap[bit >>> 5]! & (1 << (bit & 31))) === 0) return;
      for (const known of owners.get(first) ?? []) if (known.second === second) found(known.owner);
    };
  }
}
