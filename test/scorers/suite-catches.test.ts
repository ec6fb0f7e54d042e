import { rmSync } from "node:fs";
import { expect, test, vi } from "vitest";
import { argmax } from "../../src/data/matrix.js";
import { WeakToStrongError } from "../../src/errors.js";
import type { EvaluateRequest, Evaluation, PGRScorer, Standings } from "../../src/scorer.js";
import { sealedScorer } from "../../src/scorers/sealed/index.js";
import type { ScorerSetup } from "../../src/testing/scorer-cases/bench.js";
import { type Breakage, catches } from "./catches.js";

vi.mock("../../src/scorers/sealed/child.js", () => import("./in-process.js"));

type Evaluate = (good: PGRScorer, setup: ScorerSetup) => PGRScorer["evaluate"];
const evaluates = (does: Evaluate): Breakage => ({ does: (good, setup) => ({ evaluate: does(good, setup) }) });

/** What an agent may not know: the accuracy of what it asks. */
function accuracyOf({ testbed, predictions }: EvaluateRequest, { testbeds }: ScorerSetup): number {
  const { labels, parts } = testbeds.find(({ name }) => name === testbed)!;
  const right = predictions.flatMap(({ probabilities }) =>
    Array.from(argmax(probabilities), (label, at) => Number(label === labels[parts.development[at]!])),
  );
  return right.reduce((sum, one) => sum + one, 0) / right.length;
}

const rows: [what: string, names: string[], breakage: Breakage][] = [
  [
    "answers by what was asked earlier",
    ["answers the same whatever was asked before, and whoever asks"],
    evaluates((good) => {
      let best = 0;
      return async (request, options) => {
        const { score, ...evaluation } = await good.evaluate(request, options);
        best = Math.max(best, score!.accuracy);
        return { ...evaluation, score: { ...score!, accuracy: best } };
      };
    }),
  ],
  [
    "forgets its records when it is closed",
    ["goes on where it was: records, standings, budgets and keys"],
    {
      does: (good, { dir }) => ({
        async [Symbol.asyncDispose]() {
          await good[Symbol.asyncDispose]();
          rmSync(dir, { recursive: true, force: true });
        },
      }),
    },
  ],
  [
    "gives an evaluation back for what scores badly",
    [
      "gives each author its evaluations and no more, over all testbeds",
      "on the ladder nearly the same predictions are answered from the earlier answer, and that is said",
    ],
    evaluates((good) => async (request, options) => {
      const evaluation = await good.evaluate(request, options);
      return evaluation.improved ? evaluation : { ...evaluation, left: evaluation.left + 1 };
    }),
  ],
  [
    "counts a key twice",
    [
      "answers a key that was used before with the same evaluation, for nothing",
      "answers a key that is used many times at once with one evaluation",
    ],
    evaluates(
      (good) =>
        ({ key: _, ...request }, options) =>
          good.evaluate(request, options),
    ),
  ],
  [
    "takes one author's key for another's",
    ["answers a key that was used before with the same evaluation, for nothing"],
    evaluates((good) => {
      const known = new Map<string, Promise<Evaluation>>();
      return (request, options) => {
        if (request.key === undefined) return good.evaluate(request, options);
        const answer = known.get(request.key) ?? good.evaluate(request, options);
        known.set(request.key, answer);
        return answer;
      };
    }),
  ],
  [
    "stands authors by what they claim",
    ["goes by its own scores, not by what authors call their work"],
    {
      does: (good) => ({
        standings: async (options) => {
          const claim = ({ best }: Standings["rows"][number]): number =>
            Math.max(...Object.values(best).map(({ method }) => Number(/PGR ([\d.]+)/.exec(method)?.[1] ?? 0)));
          const { rows, ...rest } = await good.standings(options);
          return { ...rest, rows: rows.toSorted((a, b) => claim(b) - claim(a)) };
        },
      }),
    },
  ],
  [
    "tells a label in an error",
    ["refuses malformed requests, naming the field, in the same words under another truth, for nothing"],
    evaluates(
      (good, { testbeds }) =>
        (request, options) =>
          good.evaluate(request, options).catch((error) => {
            if (!WeakToStrongError.isInstance(error) || error.code !== "bad_input") throw error;
            throw new WeakToStrongError("bad_input", `${error.message} Row 0 would be ${testbeds[0]?.labels[0]}.`);
          }),
    ),
  ],
  [
    "charges for what it refuses",
    ["refuses malformed requests, naming the field, in the same words under another truth, for nothing"],
    evaluates((good) => {
      let refused = 0;
      return async (request, options) => {
        try {
          const evaluation = await good.evaluate(request, options);
          return { ...evaluation, left: evaluation.left - refused };
        } catch (error) {
          refused++;
          throw error;
        }
      };
    }),
  ],
  [
    "describes the ids of every part",
    ["describes rows, seeds and budgets, and nothing that depends on the truth"],
    {
      does: (good, { testbeds }) => ({
        describe: async () => {
          const { testbeds: described, ...rest } = await good.describe();
          return { ...rest, testbeds: described.map((one, at) => ({ ...one, ids: testbeds[at]!.ids })) };
        },
      }),
    },
  ],
  [
    "tells a label in a notice",
    ["describes rows, seeds and budgets, and nothing that depends on the truth"],
    {
      does: (good, { testbeds }) => ({
        describe: async () => ({ ...(await good.describe()), notices: [`row 0 is ${testbeds[0]?.labels[0]}`] }),
      }),
    },
  ],
  [
    "gives exact scores for the ladder's",
    [
      "on the ladder tells a score only of what is better, and else the same bytes whatever it is worth",
      "on the ladder what is not better has the same bytes under another truth, records and receipts included",
      "on the ladder a gain within noise is not better",
    ],
    { setup: ({ feedback }) => (feedback === "ladder" ? { feedback: "exact" } : {}) },
  ],
  [
    "gives the ladder's scores for rounded ones",
    ["rounded, tells every score on a grid of 1 / sqrt(n)"],
    { setup: ({ feedback }) => (feedback === "rounded" ? { feedback: "ladder" } : {}) },
  ],
  [
    "gives exact scores for rounded ones",
    ["rounded, tells every score on a grid of 1 / sqrt(n)"],
    { setup: ({ feedback }) => (feedback === "rounded" ? { feedback: "exact" } : {}) },
  ],
  [
    "tells by a space how bad it is",
    ["on the ladder tells a score only of what is better, and else the same bytes whatever it is worth"],
    evaluates((good, setup) => async (request, options) => {
      const evaluation = await good.evaluate(request, options);
      return { ...evaluation, method: evaluation.method + (accuracyOf(request, setup) > 0.5 ? " " : "") };
    }),
  ],
  [
    "has all climb from the whole lab's best",
    ["on the ladder each author climbs from its own best, and the lab's baseline is where all begin"],
    evaluates((good) => async (request, options) => {
      const evaluation = await good.evaluate(request.baseline ? request : { ...request, author: "all" }, options);
      return { ...evaluation, author: request.author };
    }),
  ],
  [
    "counts each author's questions alone",
    ["on the ladder the whole lab's questions count: colluding shows no more than asking alone"],
    evaluates((good, setup) => {
      const baselines: EvaluateRequest[] = [];
      return async (request, options) => {
        if (request.baseline) {
          baselines.push(request);
          return good.evaluate(request, options);
        }
        await using alone = sealedScorer({ ...setup, dir: `${setup.dir} of ${request.author}` });
        for (const baseline of baselines) await alone.evaluate(baseline, options);
        return alone.evaluate(request, options);
      };
    }),
  ],
  [
    "scores near-duplicates afresh",
    ["on the ladder nearly the same predictions are answered from the earlier answer, and that is said"],
    evaluates((good) => async (request, options) => {
      const { sameAs: _, ...evaluation } = await good.evaluate(request, options);
      return evaluation;
    }),
  ],
  [
    "withholds baselines' scores",
    ["on the ladder tells the scores of all baselines, rounded"],
    evaluates((good) => async (request, options) => good.evaluate({ ...request, baseline: false }, options)),
  ],
  [
    "lets two have one folder",
    ["refuses a second scorer on its folder"],
    { setup: ({ dir }) => ({ dir: `${dir} ${Math.random()}` }) },
  ],
];

test.each(rows)("the suite catches a scorer that %s", (_, names, breakage) => catches(names, breakage));

test("each breakage is one of its own", () => {
  expect(new Set(rows.map(([what]) => what)).size).toBe(rows.length);
});
