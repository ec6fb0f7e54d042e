import { sha256 } from "./canonical.js";

/**
 * A small seeded generator of uniform numbers in [0, 1) (sfc32 over the SHA-256 of its seed parts), so that a draw
 * depends on what it is for (`random("teacher subset", 3)`) and never on what was drawn before it.
 */
export function random(...seed: readonly (string | number)[]): () => number {
  const digest = sha256(JSON.stringify(seed));
  let [a, b, c, d] = [0, 8, 16, 24].map((at) => Number.parseInt(digest.slice(at, at + 8), 16) | 0) as [
    number,
    number,
    number,
    number,
  ];
  return () => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return (t >>> 0) / 2 ** 32;
  };
}

/** A shuffled copy (Fisher-Yates). */
export function shuffled<T>(items: readonly T[], uniform: () => number): T[] {
  const out = [...items];
  for (let i = out.length - 1; i > 0; i--) {
    const j = Math.floor(uniform() * (i + 1));
    [out[i], out[j]] = [out[j]!, out[i]!];
  }
  return out;
}
