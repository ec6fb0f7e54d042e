import fc from "fast-check";
import { expect, test } from "vitest";
import { holm } from "../../src/stats/holm.js";

const values = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });

test("a family by hand", () => {
  const adjusted = holm([0.04, 0.01, 0.03, 0.005]);
  expect(adjusted.map((p) => Number(p.toFixed(12)))).toEqual([0.06, 0.03, 0.06, 0.02]);
  expect(holm([0.6, 0.7])).toEqual([1, 1]);
  expect(holm([])).toEqual([]);
  expect(holm(Float64Array.of(0.02))).toEqual([0.02]);
});

test("adjusted values are at least their own and at most 1, in the same order", () => {
  fc.assert(
    fc.property(values, (raw) => {
      const adjusted = holm(raw);
      for (const [i, p] of raw.entries()) {
        expect(adjusted[i]).toBeGreaterThanOrEqual(p);
        expect(adjusted[i]).toBeLessThanOrEqual(1);
        for (const [j, other] of raw.entries()) if (p <= other) expect(adjusted[i]).toBeLessThanOrEqual(adjusted[j]!);
      }
    }),
  );
});

test("rejections are those of the step-down procedure, told from its definition", () => {
  fc.assert(
    fc.property(values, fc.double({ min: 0.01, max: 0.5, noNaN: true }), (raw, alpha) => {
      const sorted = raw.toSorted((a, b) => a - b);
      const stop = sorted.findIndex((p, k) => (raw.length - k) * p > alpha);
      const rejected = stop === -1 ? raw.length : stop;
      expect(holm(raw).filter((p) => p <= alpha)).toHaveLength(rejected);
    }),
  );
});

test("one more test makes nothing easier", () => {
  fc.assert(
    fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (raw, more) => {
      const [alone, beside] = [holm(raw), holm([...raw, more])];
      for (const [i, p] of alone.entries()) expect(beside[i]).toBeGreaterThanOrEqual(p);
    }),
  );
});

test.each([[[0.1, Number.NaN]], [[0.1, 1.2]], [[0.1, -1]], [[0.1, "0.5"]]])("%j is refused", (raw) => {
  expect(() => holm(raw as number[])).toThrow(/"pValues\[1\]" must be a p-value from 0 to 1, found/);
});
