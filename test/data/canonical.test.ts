import { expect, test } from "vitest";
import { contentHash, sha256 } from "../../src/data/canonical.js";
import { random, shuffled } from "../../src/data/random.js";

test("the hash is that of the canonical JSON (RFC 8785): key order does not matter, values do", () => {
  expect(contentHash({ b: 1, a: [1e21, "é"] })).toBe(sha256('{"a":[1e+21,"é"],"b":1}'));
  expect(contentHash({ a: 1, b: 2 })).toBe(contentHash({ b: 2, a: 1 }));
  expect(contentHash({ a: 1 })).not.toBe(contentHash({ a: 1.5 }));
});

test("arrays count with type and content", () => {
  expect(contentHash(Float32Array.of(1, 2))).toBe(contentHash(Float32Array.of(0, 1, 2).subarray(1)));
  expect(contentHash(Float32Array.of(1, 2))).not.toBe(contentHash(Float32Array.of(1, 3)));
  expect(contentHash(Float32Array.of(0))).not.toBe(contentHash(Int32Array.of(0)));
});

test("draws depend on the seed's parts and are spread evenly", () => {
  const draw = (...seed: (string | number)[]): number[] => Array.from({ length: 20_000 }, random(...seed));
  expect(draw("a", 1)).toEqual(draw("a", 1));
  expect(draw("a", 1)).not.toEqual(draw("a", 2));
  const values = draw("spread");
  expect(values.reduce((a, b) => a + b) / values.length).toBeCloseTo(0.5, 1);
  expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...values)).toBeLessThan(1);
  expect(shuffled([1, 2, 3, 4, 5], random("s")).toSorted()).toEqual([1, 2, 3, 4, 5]);
});
