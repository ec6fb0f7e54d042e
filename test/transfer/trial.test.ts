import { expect, test } from "vitest";
import { random } from "../../src/data/random.js";
import { compare } from "../../src/stats/compare.js";
import { trial } from "../../src/transfer/index.js";

const seeds = [0, 1, 2, 3, 4];

/** A holdout of 1,000 rows on which a method and a baseline have these accuracies, the same rows being hard for both. */
function domain(testbed: string, accuracies: { readonly found: number; readonly naive: number }) {
  const shared = random(testbed);
  const ease = Array.from({ length: 1000 }, () => shared());
  const scores = (name: string, accuracy: number): Float64Array[] =>
    seeds.map((seed) => {
      const own = random(testbed, name, seed);
      return Float64Array.from(ease, (value) => ((own() < 0.7 ? value : own()) < accuracy ? 1 : 0));
    });
  const difference = compare({
    weak: scores("weak", 0.55),
    a: scores("found", accuracies.found),
    b: scores("naive", accuracies.naive),
    ceiling: scores("ceiling", 0.8),
  });
  return { testbed, comparisons: [{ method: "found", baseline: "naive", difference }] };
}

const record = (...domains: ReturnType<typeof domain>[]) => ({ domains });
const names = { method: "found", baseline: "naive" };

test("half a point over a thousand examples is not significant, ten are", () => {
  const { domains } = trial(
    record(
      domain("production", { found: 0.655, naive: 0.65 }),
      domain("chat", { found: 0.75, naive: 0.65 }),
      domain("code", { found: 0.5, naive: 0.65 }),
    ),
    names,
  );
  expect(domains.map(({ testbed, verdict }) => [testbed, verdict])).toEqual([
    ["production", "not significant"],
    ["chat", "better"],
    ["code", "worse"],
  ]);
  expect(domains.map(({ words }) => words)).toEqual([
    expect.stringMatching(
      /^production: [+-]\d\.\d points of accuracy \(95% interval -\d\.\d to \d\.\d\), p = \.\d{3}: not significant\.$/,
    ),
    expect.stringMatching(/^chat: \+\d+\.\d points .* p < \.001: better\.$/),
    expect.stringMatching(/^code: -\d+\.\d points .* p < \.001: worse\.$/),
  ]);
});

test("the more holdouts, the less a single one proves", () => {
  const same = domain("chat", { found: 0.67, naive: 0.65 });
  const others = [1, 2, 3].map((at) => domain(`other ${at}`, { found: 0.65, naive: 0.65 }));
  const alone = trial(record(same), names).domains[0]!;
  const among = trial(record(same, ...others), names).domains[0]!;
  expect(alone.pHolm).toBe(alone.difference.scoreDifference!.p);
  expect(among.pHolm).toBeGreaterThan(alone.pHolm);
});

test("where there is nothing to be better at, verdicts are rare", () => {
  const families = Array.from({ length: 40 }, (_, family) =>
    trial(record(...[1, 2].map((at) => domain(`family ${family}, ${at}`, { found: 0.65, naive: 0.65 }))), names),
  );
  const wrong = families.filter(({ domains }) => domains.some(({ verdict }) => verdict !== "not significant"));
  // Of 40 at a level of .05: more than 6 has a probability of .003.
  expect(wrong.length).toBeLessThanOrEqual(6);
});

test("one example says nothing about others", () => {
  const difference = compare({ weak: [[0]], a: [[1]], b: [[0]], ceiling: [[1]] });
  const one = { testbed: "one", comparisons: [{ method: "found", baseline: "naive", difference }] };
  expect(trial(record(one), names).domains).toMatchObject([
    { pHolm: 1, verdict: "not significant", words: "one: one test example or group says nothing about others." },
  ]);
});
