import { expect, test } from "vitest";
import { developmentSplit } from "../../src/scorers/development/split.js";

const ids = Array.from({ length: 1000 }, (_, i) => `row ${i}`);

test("takes the share asked for, by the seed, in ascending order", () => {
  const rows = developmentSplit({ ids }, { seed: 1 });
  expect(rows.length).toBe(500);
  expect(rows).toEqual(rows.toSorted());
  expect(developmentSplit({ ids }, { seed: 1 })).toEqual(rows);
  expect(developmentSplit({ ids }, { seed: 2 })).not.toEqual(rows);
  expect(developmentSplit({ ids }, { seed: 1, fraction: 0.3 }).length).toBe(300);
});

test("keeps groups together; a negative number stands alone", () => {
  const groups = Int32Array.from(ids, (_, i) => (i % 10 === 0 ? -1 : i % 97));
  const rows = new Set(developmentSplit({ ids, groups }, { seed: 3 }));
  for (const group of new Set(groups)) {
    if (group < 0) continue;
    const inside = [...groups.keys()].filter((i) => groups[i] === group).map((i) => rows.has(i));
    expect(new Set(inside).size).toBe(1);
  }
  expect(Math.abs(rows.size - 500)).toBeLessThanOrEqual(10);
});

test.each([0, 1, 2, Number.NaN])("refuses a share of %s", (fraction) => {
  expect(() => developmentSplit({ ids }, { seed: 1, fraction })).toThrow(/fraction/);
});
