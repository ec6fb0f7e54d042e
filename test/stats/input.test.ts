import { describe, expect, test } from "vitest";
import { WeakToStrongError } from "../../src/errors.js";
import { meanInterval } from "../../src/stats/mean.js";
import { type PgrInput, pgr } from "../../src/stats/pgr.js";

const right = { weak: [[0, 1]], transfer: [[1, 1]], ceiling: [[1, 1]] };

const wrong: [what: string, change: object, message: string][] = [
  [
    "no list",
    { weak: 0.7 },
    '"weak" must be a list over seeds of accuracies or of lists of per-example scores, found 0.7.',
  ],
  ["nothing", { ceiling: undefined }, '"ceiling" must be a list over seeds'],
  ["an empty list", { transfer: [] }, '"transfer" is an empty list: it needs at least one seed.'],
  ["an empty seed", { weak: [[]] }, '"weak[0]" is an empty list: it needs one score for every test example.'],
  [
    "NaN",
    { weak: [[0, Number.NaN]] },
    '"weak[0][1]" must be a score from 0 to 1, found NaN. Score every test example (1 right, 0 wrong).',
  ],
  ["a score above 1", { weak: [[0, 1.5]] }, '"weak[0][1]" must be a score from 0 to 1, found 1.5.'],
  ["a text", { weak: [["1", 0]] }, '"weak[0][0]" must be a score from 0 to 1, found "1".'],
  ["a hole", { weak: [new Array(2)] }, '"weak[0][0]" must be a score from 0 to 1, found undefined.'],
  ["a bigint", { weak: [new BigInt64Array(2)] }, '"weak[0][0]" must be a score from 0 to 1, found 0.'],
  [
    "percent",
    { weak: [71], n: 10 },
    '"weak[0]" must be an accuracy from 0 to 1, found 71. Pass one accuracy in [0, 1] a seed.',
  ],
  [
    "seeds of different lengths",
    { weak: [[0, 1], [1]] },
    '"weak[1]" has 1 scores and "weak[0]" has 2: all seeds must be scored on the same test examples',
  ],
  ["a number among lists", { weak: [[0, 1], 0.5] }, '"weak[1]" must be a list of scores like "weak[0]", found 0.5.'],
  [
    "a list among numbers",
    { weak: [0.5, [0, 1]], n: 2 },
    '"weak[1]" must be an accuracy from 0 to 1, found a list of 2.',
  ],
  [
    "lists on different test sets",
    { ceiling: [[1, 1, 1]] },
    '"weak" has 2 scores a seed but "ceiling" has 3: all three must be scored on the same test examples',
  ],
  ["accuracies without n", { weak: [0.5], transfer: [0.6], ceiling: [0.7] }, '"n" is missing: "weak" holds accuracies'],
  [
    "two forms at once",
    { transfer: [0.6], n: 2 },
    '"weak" holds lists of per-example scores but "transfer" holds accuracies: pass all three in one form.',
  ],
  [
    "n that is not whole",
    { weak: [0.5], n: 10.5 },
    '"n" must be the number of test examples, a positive whole number, found 10.5.',
  ],
  ["n of zero", { weak: [0.5], n: 0 }, '"n" must be the number of test examples, a positive whole number, found 0.'],
  ["n against the scores", { n: 3 }, '"n" is 3 but "weak" has 2 scores a seed: leave n out'],
  [
    "a level in percent",
    { level: 95 },
    '"level" must be a number strictly between 0 and 1 (0.95 for a 95% interval), found 95.',
  ],
];

describe("bad input", () => {
  test.each(wrong)("%s", (_, change, message) => {
    try {
      pgr({ ...right, ...change } as PgrInput);
    } catch (error) {
      expect(error).toBeInstanceOf(WeakToStrongError);
      expect(error).toMatchObject({ code: "bad_input", message: expect.stringContaining(message) });
      return;
    }
    throw new Error("nothing was thrown");
  });

  test("meanInterval names its own argument", () => {
    expect(() => meanInterval([1.2], { n: 3 })).toThrow('"scores[0]" must be an accuracy from 0 to 1, found 1.2.');
    expect(() => meanInterval([0.5])).toThrow('"n" is missing');
  });
});
