import { rmSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { WeakToStrongError } from "../../src/errors.js";
import type { EvaluateRequest, Evaluation, PGRScorer, Standings } from "../../src/scorer.js";
import type { ScorerSetup } from "../../src/testing/scorer-cases/bench.js";
import { scorerSuite } from "../../src/testing/scorer-suite.js";
import { inProcess } from "./in-process.js";

/** The cases that a scorer fails which does some things otherwise than one that is right. */
async function failuresOf(change: (good: PGRScorer, setup: ScorerSetup) => Partial<PGRScorer>): Promise<string[]> {
  const failed: string[] = [];
  const make = (setup: ScorerSetup): PGRScorer => {
    const good = inProcess(setup);
    return { ...good, ...change(good, setup) };
  };
  for (const { name, run } of scorerSuite(make)) await run().catch(() => failed.push(name));
  return failed;
}

const goesOn = "goes on where it was: records, standings, budgets and keys";
const oneKey = "answers a key that was used before with the same evaluation, for nothing";
const refusals = "refuses malformed requests, naming the field, in the same words under another truth, for nothing";

test("one that is right passes", async () => {
  expect(await failuresOf(() => ({}))).toEqual([]);
});

describe("the suite catches a scorer that", () => {
  test("answers by what was asked earlier", async () => {
    const failed = await failuresOf((good) => {
      let best = 0;
      return {
        evaluate: async (request, options) => {
          const evaluation = await good.evaluate(request, options);
          best = Math.max(best, evaluation.accuracy);
          return { ...evaluation, accuracy: best };
        },
      };
    });
    expect(failed).toContain("answers the same whatever was asked before, and whoever asks");
  });

  test("forgets its records when it is closed", async () => {
    const failed = await failuresOf((good, { dir }) => ({
      async [Symbol.asyncDispose]() {
        await good[Symbol.asyncDispose]();
        rmSync(dir, { recursive: true, force: true });
      },
    }));
    expect(failed).toEqual([goesOn]);
  });

  test("gives an evaluation back for what scores badly", async () => {
    const failed = await failuresOf((good) => ({
      evaluate: async (request, options) => {
        const evaluation = await good.evaluate(request, options);
        return evaluation.improved ? evaluation : { ...evaluation, left: evaluation.left + 1 };
      },
    }));
    expect(failed).toContain("gives each author its evaluations and no more, over all testbeds");
  });

  test("counts a key twice", async () => {
    const failed = await failuresOf((good) => ({
      evaluate: ({ key: _, ...request }, options) => good.evaluate(request, options),
    }));
    expect(failed).toEqual([oneKey, "answers a key that is used many times at once with one evaluation", goesOn]);
  });

  test("takes one author's key for another's", async () => {
    const failed = await failuresOf((good) => {
      const known = new Map<string, Promise<Evaluation>>();
      return {
        evaluate: (request, options) => {
          if (request.key === undefined) return good.evaluate(request, options);
          const answer = known.get(request.key) ?? good.evaluate(request, options);
          known.set(request.key, answer);
          return answer;
        },
      };
    });
    expect(failed).toEqual([oneKey]);
  });

  test("stands authors by what they claim", async () => {
    const claim = ({ best }: Standings["rows"][number]): number =>
      Math.max(...Object.values(best).map(({ method }) => Number(/PGR ([\d.]+)/.exec(method)?.[1] ?? 0)));
    const failed = await failuresOf((good) => ({
      standings: async (options) => {
        const { rows, ...rest } = await good.standings(options);
        return { ...rest, rows: rows.toSorted((a, b) => claim(b) - claim(a)) };
      },
    }));
    expect(failed).toEqual(["goes by its own scores, not by what authors call their work"]);
  });

  test("tells a label in an error", async () => {
    const failed = await failuresOf((good, { testbeds }) => ({
      evaluate: async (request: EvaluateRequest, options) => {
        const [label] = testbeds.find(({ name }) => name === request.testbed)?.labels ?? [];
        return good.evaluate(request, options).catch((error) => {
          if (!WeakToStrongError.isInstance(error) || error.code !== "bad_input") throw error;
          throw new WeakToStrongError("bad_input", `${error.message} Row 0 would be ${label}.`);
        });
      },
    }));
    expect(failed).toEqual([refusals]);
  });

  test("charges for what it refuses", async () => {
    const failed = await failuresOf((good) => {
      let refused = 0;
      return {
        evaluate: async (request, options) => {
          try {
            const evaluation = await good.evaluate(request, options);
            return { ...evaluation, left: evaluation.left - refused };
          } catch (error) {
            refused++;
            throw error;
          }
        },
      };
    });
    expect(failed).toContain(refusals);
  });
});
