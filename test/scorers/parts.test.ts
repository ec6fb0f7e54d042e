import fc from "fast-check";
import { expect, test } from "vitest";
import { drawParts, type PartName } from "../../src/scorers/sealed/parts.js";

const ids = (count: number): string[] => Array.from({ length: count }, (_, i) => `row ${i}`);
const names: readonly PartName[] = ["development", "final", "vault"];

/** Rows in groups of up to 7, some alone, in up to 4 strata that groups may span. */
const splits = fc
  .array(fc.record({ group: fc.integer({ min: -1, max: 60 }), stratum: fc.integer({ min: 0, max: 3 }) }), {
    minLength: 60,
    maxLength: 300,
  })
  .map((rows) => ({
    ids: ids(rows.length),
    groups: Int32Array.from(rows, ({ group }) => group),
    strata: Int32Array.from(rows, ({ stratum }) => stratum),
  }));

test("by default two fifths are development, two fifths final, and a fifth the vault", () => {
  const parts = drawParts({ ids: ids(1000) }, { seed: "secret" });
  expect(names.map((name) => parts[name].length)).toEqual([400, 400, 200]);
  expect(drawParts({ ids: ids(1000) }, { seed: "secret" })).toEqual(parts);
  expect(drawParts({ ids: ids(1000) }, { seed: "other" })).not.toEqual(parts);
});

test("every row is in one part, every part is ascending and no group is cut", () => {
  fc.assert(
    fc.property(splits, fc.integer(), ({ strata, ...split }, seed) => {
      const parts = drawParts(split, { seed, strata });
      const all = names.flatMap((name) => [...parts[name]]);
      expect(all.toSorted((a, b) => a - b)).toEqual([...split.ids.keys()]);
      for (const name of names) expect(parts[name]).toEqual(parts[name].toSorted());
      const partOf = new Map(names.flatMap((name) => [...parts[name]].map((row) => [row, name] as const)));
      const members = Map.groupBy(split.ids.keys(), (row) => split.groups[row]!);
      members.delete(-1);
      for (const group of members.values()) {
        expect(new Set(group.map((row) => partOf.get(row))).size).toBe(1);
      }
    }),
    { numRuns: 60 },
  );
});

test("every stratum, and the whole, is within a few rows of its share where rows stand alone", () => {
  const strataOf = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 40, maxLength: 400 });
  fc.assert(
    fc.property(strataOf, fc.integer(), (strata, seed) => {
      const parts = drawParts({ ids: ids(strata.length) }, { seed, strata });
      const shares = { development: 0.4, final: 0.4, vault: 0.2 };
      for (const name of names) {
        expect(Math.abs(parts[name].length - shares[name] * strata.length)).toBeLessThan(1);
        for (const [stratum, members] of Map.groupBy(strata, (one) => one)) {
          const inside = parts[name].filter((row) => strata[row] === stratum).length;
          expect(Math.abs(inside - shares[name] * members.length)).toBeLessThan(2);
        }
      }
    }),
    { numRuns: 60 },
  );
});

test("with groups the parts are within two groups of their shares", () => {
  fc.assert(
    fc.property(splits, fc.integer(), ({ strata, ...split }, seed) => {
      const parts = drawParts(split, { seed, strata });
      const sizes = Map.groupBy(split.groups, (group) => group);
      sizes.delete(-1);
      const largest = Math.max(1, ...[...sizes.values()].map(({ length }) => length));
      const shares = { development: 0.4, final: 0.4, vault: 0.2 };
      for (const name of names) {
        const off = Math.abs(parts[name].length - shares[name] * split.ids.length);
        expect(off).toBeLessThanOrEqual(2 * largest);
      }
    }),
    { numRuns: 60 },
  );
});

test("a group is as likely to be in a part as the part's share says, whatever its size", () => {
  // 20 groups of 1, 2, ..., 20 rows: neither the largest nor the smallest has a place of its own.
  const groups = Int32Array.from(Array.from({ length: 20 }, (_, size) => Array(size + 1).fill(size)).flat());
  const split = { ids: ids(groups.length), groups };
  const draws = Array.from({ length: 1000 }, (_, seed) => drawParts(split, { seed }));
  for (const row of [0, groups.length - 1]) {
    const inFinal = draws.filter(({ final }) => final.includes(row)).length / draws.length;
    expect(inFinal).toBeGreaterThan(0.33);
    expect(inFinal).toBeLessThan(0.47);
  }
});

test("without a vault nothing is kept for one", () => {
  const parts = drawParts({ ids: ids(10) }, { seed: 1, fractions: { development: 0.5, final: 0.5, vault: 0 } });
  expect(names.map((name) => parts[name].length)).toEqual([5, 5, 0]);
});

test.each([
  [{ development: 0.5, final: 0.5, vault: 0.2 }, /add up to 1/],
  [{ development: 0, final: 0.5, vault: 0.5 }, /the first two above 0/],
  [{ development: Number.NaN, final: 0.5, vault: 0.5 }, /fractions: expected/],
  [{ development: 0.6, final: 0.3, vault: 0.1 }, /fractions\.vault: 0\.1 of 4 rows in 2 groups/],
])("refuses %j", (fractions, message) => {
  const split = { ids: ids(4), groups: Int32Array.from([0, 0, 1, 1]) };
  expect(() => drawParts(split, { seed: 1, fractions })).toThrow(message);
});

test("refuses strata of another length", () => {
  expect(() => drawParts({ ids: ids(4) }, { seed: 1, strata: [0, 1] })).toThrow(/strata: expected 4 numbers/);
});
