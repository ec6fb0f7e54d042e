import fc from "fast-check";

/** Seeds x examples of right (1) and wrong (0). */
export type Answers = number[][];

export interface Scored {
  weak: Answers;
  transfer: Answers;
  ceiling: Answers;
}

/** Seeded answers with shared difficulty and a clear gap; deterministic in `seed`. */
export function scored(seed: number, seeds: number, n: number, rates = [0.6, 0.75, 0.85]): Scored {
  let state = seed >>> 0;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    let mixed = state ^ (state >>> 15);
    mixed = Math.imul(mixed, 0x2c1b3c6d);
    return ((mixed ^ (mixed >>> 13)) >>> 0) / 2 ** 32;
  };
  const difficulty = Array.from({ length: n }, random);
  const [weak, transfer, ceiling] = rates.map((rate) =>
    Array.from({ length: seeds }, () => {
      const shift = 0.1 * (random() - 0.5);
      return difficulty.map((d) => ((random() + d) / 2 < rate + shift ? 1 : 0));
    }),
  );
  return { weak: weak!, transfer: transfer!, ceiling: ceiling! };
}

/** Arbitrary scored answers: most have a clear gap. */
export const anyScored = fc
  .record({ seed: fc.nat(), seeds: fc.integer({ min: 1, max: 6 }), n: fc.integer({ min: 40, max: 200 }) })
  .map(({ seed, seeds, n }) => scored(seed, seeds, n));

/** The same permutation of every list. */
export function reorder<T>(list: readonly T[], order: readonly number[]): T[] {
  return order.map((k) => list[k]!);
}

/** A permutation of 0 … length - 1, deterministic in `key`. */
export function permutation(length: number, key: number): number[] {
  const rank = (k: number) => Math.imul(k + 1, key | 1) >>> 0;
  return Array.from({ length }, (_, k) => k).sort((a, b) => rank(a) - rank(b) || a - b);
}
