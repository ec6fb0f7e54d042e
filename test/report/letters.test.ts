import fc from "fast-check";
import { expect, test } from "vitest";
import { letters } from "../../src/report/letters.js";

const graph = fc
  .record({ count: fc.integer({ min: 1, max: 9 }), edges: fc.array(fc.boolean(), { minLength: 36, maxLength: 36 }) })
  .map(({ count, edges }) => ({
    count,
    apart: (i: number, j: number) => edges[(Math.max(i, j) * (Math.max(i, j) - 1)) / 2 + Math.min(i, j)]!,
  }));

test("two share a letter exactly where they are not told apart, and everyone has one", () => {
  fc.assert(
    fc.property(graph, ({ count, apart }) => {
      const signs = letters(count, apart);
      expect(signs).toHaveLength(count);
      for (const [i, sign] of signs.entries()) {
        expect(sign).not.toBe("");
        for (let j = 0; j < i; j++) expect([...sign].some((one) => signs[j]!.includes(one))).toBe(!apart(i, j));
      }
    }),
  );
});

test("no letter could be left out", () => {
  fc.assert(
    fc.property(graph, ({ count, apart }) => {
      const signs = letters(count, apart);
      for (const one of new Set(signs.join(""))) {
        const without = signs.map((sign) => sign.replaceAll(one, ""));
        const kept = without.every(
          (sign, i) =>
            sign !== "" &&
            without.every((other, j) => j >= i || apart(i, j) || [...sign].some((letter) => other.includes(letter))),
        );
        expect(kept).toBe(false);
      }
    }),
  );
});

test("letters begin with the first items", () => {
  expect(letters(3, () => false)).toEqual(["a", "a", "a"]);
  expect(letters(3, () => true)).toEqual(["a", "b", "c"]);
  expect(letters(3, (i, j) => Math.abs(i - j) > 1)).toEqual(["a", "ab", "b"]);
});
