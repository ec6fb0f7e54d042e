import { expect, test } from "vitest";
import { random } from "../../src/data/random.js";
import { drawParts } from "../../src/scorers/sealed/parts.js";
import { partResolutions, type Resolvable, resolutionInWords } from "../../src/scorers/sealed/resolution.js";

/** A testbed of the study's size: 1,263 rows, two seeds for agents and three sealed ones. */
function testbed(changes: { readonly ceiling?: number; readonly baselines?: readonly number[]; rows?: number } = {}) {
  const { ceiling = 0.75, baselines = [], rows = 1263 } = changes;
  const ease = Array.from({ length: rows }, random("ease"));
  const scores = (name: string, accuracy: number, seeds: number): Float64Array[] =>
    Array.from({ length: seeds }, (_, seed) => {
      const [own, draw] = [random(name, seed), random(name, seed, "which")];
      return Float64Array.from(ease, (shared) => ((draw() < 0.5 ? shared : own()) < accuracy ? 1 : 0));
    });
  const ids = Array.from({ length: rows }, (_, row) => String(row));
  return {
    name: "chat",
    parts: drawParts({ ids }, { seed: 1 }),
    seeds: [0, 1],
    sealedSeeds: [2, 3, 4],
    weak: scores("weak", 0.55, 5),
    ceiling: scores("ceiling", ceiling, 5),
    baselines: baselines.map((accuracy) => ({
      method: `of ${accuracy}`,
      scores: scores(`of ${accuracy}`, accuracy, 3),
    })),
  } satisfies Resolvable;
}

test("says what each part resolves, coarser with fewer rows", () => {
  const [development, final, vault] = partResolutions(testbed({ baselines: [0.6, 0.62, 0.64] }));
  expect([development, final, vault].map((one) => [one!.part, one!.rows])).toEqual([
    ["development", 505],
    ["final", 505],
    ["vault", 253],
  ]);
  // Known of the study's testbed: about a third of it resolves some .26 on a gap of .2.
  for (const one of [development!, final!]) {
    expect(one.gap).toBeGreaterThan(0.1);
    expect(one.difference).toBeGreaterThan(0.15);
    expect(one.difference).toBeLessThan(0.6);
  }
  expect(vault!.difference).toBeGreaterThan(final!.difference!);
  const { difference } = final!;
  expect(resolutionInWords(final!)).toBe(
    `final: 505 rows resolve a difference of ${difference!.toFixed(2).slice(1)} PGR`,
  );
});

test("without two baselines it goes by planning values", () => {
  for (const baselines of [[], [0.6]]) {
    const [, final] = partResolutions(testbed({ baselines }));
    expect(final!.difference).toBeGreaterThan(0.15);
    expect(final!.difference).toBeLessThan(0.6);
  }
});

test("refuses where the gap is not resolved on development or final, and says what helps", () => {
  expect(() => partResolutions(testbed({ ceiling: 0.56 }))).toThrow(
    /"chat" cannot be scored on its development part \(505 rows\): the ceiling .* carve\(testbed/,
  );
});

test("a vault that resolves nothing is said, not refused", () => {
  const one = testbed();
  const parts = { ...one.parts, vault: one.parts.vault.slice(0, 4) };
  const [, , vault] = partResolutions({ ...one, parts });
  expect(vault).toMatchObject({ rows: 4, difference: null });
  expect(resolutionInWords(vault!)).toBe("vault: 4 rows do not resolve the gap itself; no PGR is to be expected there");
});

test("parts without rows are left out", () => {
  const one = testbed();
  const parts = { ...one.parts, vault: new Int32Array() };
  expect(partResolutions({ ...one, parts }).map(({ part }) => part)).toEqual(["development", "final"]);
});
