/** Right and wrong answers for simulations: what bench/coverage.ts and bench/compare.ts share. */

/** Loading of the difficulty that all models share, and of the examples that one model favours. */
export const sharedDifficulty = 0.6;
export const favoured = 0.5;

// Normal CDF on a grid of 1/1024 over [-8, 8] by Simpson's rule, and its inverse at 2^16 midpoints.
export const density = (x: number) => Math.exp(-x * x * 0.5) / Math.sqrt(2 * Math.PI);
const step = 1 / 1024;
const cdf = new Float64Array(16 * 1024 + 1);
for (let k = 1; k < cdf.length; k += 1) {
  const x = -8 + (k - 1) * step;
  cdf[k] = cdf[k - 1]! + (step / 6) * (density(x) + 4 * density(x + step / 2) + density(x + step));
}
const threshold = Uint32Array.from(cdf, (p) => Math.min(2 ** 32 - 1, p * 2 ** 32));
export const normals = new Float64Array(2 ** 16);
for (let k = 0, at = 0; k < normals.length; k += 1) {
  const p = (k + 0.5) / normals.length;
  while (cdf[at + 1]! < p) at += 1;
  normals[k] = -8 + step * (at + (p - cdf[at]!) / (cdf[at + 1]! - cdf[at]!));
}
export const inverse = (p: number) => normals[Math.round(p * normals.length - 0.5)]!;

/** Fills a block with 32-bit numbers from sfc32, a small fast generator. */
export function draw(state: Int32Array, block: Uint32Array): void {
  let [a, b, c, count] = state as unknown as [number, number, number, number];
  for (let k = 0; k < block.length; k += 1) {
    const out = (((a + b) | 0) + count) | 0;
    count = (count + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + out) | 0;
    block[k] = out;
  }
  state.set([a, b, c, count]);
}

/** Repeats another's noise on a fixed share of the examples, in 256ths. */
export function repeat(noise: Uint32Array, other: Uint32Array, share: number): void {
  for (let i = 0; i < noise.length; i += 1) if ((noise[i]! & 0xff) < share) noise[i] = other[i]!;
}

/** Right (1) where the noise is below what `base`, in latent standard deviations, and the seed's shift allow. */
export function answer(row: Float64Array, base: Float64Array, shift: number, noise: Uint32Array): void {
  const offset = (Math.max(-1, Math.min(1, shift)) + 8) * 1024 + 0.5;
  for (let i = 0; i < row.length; i += 1) row[i] = noise[i]! < threshold[(base[i]! * 1024 + offset) | 0]! ? 1 : 0;
}

export function average(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) sum += values[i]!;
  return sum / values.length;
}
