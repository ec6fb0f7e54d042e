import fc from "fast-check";
import { expect, test, vi } from "vitest";
import type { Matrix } from "../../src/data/matrix.js";
import { WeakToStrongError } from "../../src/errors.js";
import type { EvaluateRequest, PGRScorer, SubmitRequest } from "../../src/scorer.js";
import { sealedScorer } from "../../src/scorers/sealed/index.js";
import { handIn } from "../../src/testing/scorer-cases/room.js";
import { otherTruth, plain, predictions, request } from "../../src/testing/scorer-cases/samples.js";
import { scorerFolders } from "./folders.js";

vi.mock("../../src/scorers/sealed/child.js", () => import("./in-process.js"));

/** Predictions with one row that may be changed to no probabilities, or with too few rows. */
function entry(seed: fc.Arbitrary<number>): fc.Arbitrary<EvaluateRequest["predictions"][number]> {
  const values = fc.constantFrom(0.5, 0.6, 0.7, 0.8, 0.9, 1, 0, 2, -1, Number.NaN);
  return fc.record({
    seed,
    probabilities: fc.tuple(fc.nat(159), values).map(([row, value]): Matrix => {
      const one = predictions(plain, 0.2, 0);
      if (value === 0) return { rows: row, columns: 3, data: one.data.slice(0, 3 * row) };
      for (const [class_, share] of [value, 1 - value, 0].entries()) one.data[3 * row + class_] = share;
      return one;
    }),
  });
}

/** Requests that may be right, or wrong in any of their fields. */
const asked: fc.Arbitrary<EvaluateRequest> = fc.record({
  author: fc.constantFrom("ada", "bo", ""),
  testbed: fc.constantFrom(plain.name, plain.name, "elsewhere"),
  method: fc.constantFrom("a method", "a method", "a method", "x".repeat(81)),
  predictions: fc.oneof(
    fc.tuple(...[0, 2, 1].map((seed) => entry(fc.constant(seed)))),
    fc.array(entry(fc.constantFrom(0, 1, 2, 3, 0.5)), { maxLength: 3 }),
  ),
});

async function wordsOf(scorer: PGRScorer, one: EvaluateRequest): Promise<string> {
  try {
    const { improved, score, left } = await scorer.evaluate(one);
    return JSON.stringify({ improved, score, left });
  } catch (error) {
    if (!WeakToStrongError.isInstance(error)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

test("whatever is asked, errors have the same words under another truth, and so has what is not better", async () => {
  using one = scorerFolders({ feedback: "ladder", evaluations: 1, testbeds: [plain] });
  using other = scorerFolders({ feedback: "ladder", evaluations: 1, testbeds: [otherTruth[0]!] });
  await using scorer = sealedScorer(one);
  await using elsewhere = sealedScorer(other);
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(asked, async (request) => {
      const words = await wordsOf(scorer, request);
      seen.add(words.slice(0, 9));
      expect(await wordsOf(elsewhere, request)).toBe(words);
    }),
    { numRuns: 400 },
  );
  expect([...seen]).toEqual(expect.arrayContaining(["bad_input", "not_found", '{"improve', "exhausted"]));
});

test("what is no request at all is refused by its field", async () => {
  using place = scorerFolders();
  await using scorer = sealedScorer(place);
  const wrong = [undefined, null, 7, "x", [], {}];
  for (const one of wrong) {
    await expect(scorer.evaluate(one as unknown as EvaluateRequest)).rejects.toMatchObject({ code: "bad_input" });
    await expect(scorer.submit(one as unknown as SubmitRequest)).rejects.toMatchObject({ code: "bad_input" });
    const submission = { ...handIn(plain, { share: 0.8 }), code: one } as unknown as SubmitRequest;
    await expect(scorer.submit(submission)).rejects.toMatchObject({
      code: "bad_input",
      message: expect.stringContaining("code"),
    });
  }
  expect(await scorer.records()).toEqual([]);
});

test("a message beyond 64 MiB is refused before it is sent, and the scorer lives on", async () => {
  using place = scorerFolders();
  await using scorer = sealedScorer(place);
  const large: Matrix = { rows: 1 << 20, columns: 17, data: new Float32Array(17 << 20) };
  const asked = request(plain, 0.8, { predictions: [{ seed: 0, probabilities: large }] });
  await expect(scorer.evaluate(asked)).rejects.toMatchObject({
    code: "bad_input",
    message: "evaluate: predictions: expected at most 67108864 bytes, found 71303168.",
  });
  expect((await scorer.evaluate(request(plain, 0.8))).left).toBe(999);
});
