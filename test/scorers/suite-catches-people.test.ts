import { test, vi } from "vitest";
import type { CleanRoom, CleanRun } from "../../src/clean-room.js";
import { takeRows } from "../../src/data/matrix.js";
import { WeakToStrongError } from "../../src/errors.js";
import type { PGRScorer, Submission } from "../../src/scorer.js";
import { type Breakage, catches } from "./catches.js";

vi.mock("../../src/scorers/sealed/child.js", () => import("./in-process.js"));

type Run = (room: CleanRoom) => CleanRoom["run"];
const runs = (does: Run): Breakage => ({ setup: ({ room }) => ({ room: { run: does(room) } }) });
const submits = (does: (good: PGRScorer) => PGRScorer["submit"]): Breakage => ({
  does: (good) => ({ submit: does(good) }),
});
const changes = (change: (answer: Submission) => Submission): Breakage =>
  submits((good) => async (request, options) => change(await good.submit(request, options)));

const sealed = "runs a method on several sealed seeds, with their weak labels, on all rows shuffled";
const failing = "takes a method that fails with one seed for failed, as a result, in the same words however it failed";
const onlyAuthor = "tells only the author, and only of fitting, what a method wrote; seconds rounded up";
const vault = "opens the vault once, for the best of each author, disqualified ones left out";
const receipts = "signs a receipt for every answer, which holds what was answered and nothing that is hidden";
const verdicts = "keeps audits and verdicts: the last verdict stands, else the worst finding";

const rows: [what: string, names: string[], breakage: Breakage][] = [
  [
    "gives runs the labels of other teachers",
    [sealed],
    {
      setup: ({ testbeds }) => ({
        testbeds: testbeds.map((one) => ({ ...one, weakLabels: one.weakLabels.toReversed() })),
      }),
    },
  ],
  [
    "shows rows in their order",
    [sealed],
    runs((room) => async (request, options) => {
      const rows = request.rows.toSorted();
      const run = await room.run({ ...request, rows }, options);
      if (run.status === "failed" || run.predictions.rows !== rows.length) return run;
      const places = request.rows.map((row) => rows.indexOf(row));
      return { ...run, predictions: takeRows(run.predictions, places) };
    }),
  ],
  [
    "runs with the same seed each time",
    [sealed, "draws other seeds and orders for the same code the next time"],
    runs((room) => (request, options) => room.run({ ...request, seed: 7 }, options)),
  ],
  [
    "runs no more than once",
    [sealed],
    runs((room) => {
      let first: Promise<CleanRun> | undefined;
      return (request, options) => {
        first ??= room.run(request, options);
        return first;
      };
    }),
  ],
  [
    "tries again where a seed fails",
    [failing],
    runs((room) => async (request, options) => {
      const run = await room.run(request, options);
      return run.status === "failed" ? room.run(request, options) : run;
    }),
  ],
  ["throws where a method fails", [failing], changes(failed)],
  [
    "tells how it failed",
    [failing],
    runs((room) => async (request, options) => {
      const run = await room.run(request, options);
      return run.status === "failed" ? { ...run, fitLog: run.detail } : run;
    }),
  ],
  ["tells seconds exactly", [onlyAuthor], changes((answer) => ({ ...answer, seconds: 3.3 }))],
  [
    "keeps logs for all to see",
    [onlyAuthor],
    {
      does: (good) => ({
        records: async (options) =>
          (await good.records(options)).map((one) =>
            one.type === "submission" ? { ...one, logs: ["fitted on"] } : one,
          ),
      }),
    },
  ],
  [
    "calls everything better",
    ["says of a submission whether it is better than the author's best, and no more"],
    changes((answer) => ({ ...answer, outcome: "better" })),
  ],
  [
    "has an author's first submission begin from nothing",
    ["begins from the lab's baseline where there is one"],
    { setup: ({ testbeds }) => ({ testbeds: testbeds.map(({ baselines: _, ...rest }) => rest) }) },
  ],
  [
    "begins again what was cut off",
    [
      "answers a submission's key that was used before with the same submission, for nothing",
      "goes on with a submission that was cut off: the same code, seeds and rows, charged once",
    ],
    submits(
      (good) =>
        ({ key: _, ...request }, options) =>
          good.submit(request, options),
    ),
  ],
  [
    "gives a failed submission back",
    ["gives each author its submissions and no more, baselines aside"],
    changes((answer) => (answer.outcome === "failed" ? { ...answer, left: answer.left + 1 } : answer)),
  ],
  [
    "scores every row as final",
    ["scores a submission on development and final, against the sealed seeds' teachers and ceilings"],
    {
      does: (good) => ({
        results: async (options) =>
          (await good.results(options)).map(({ scores, ...rest }) => ({
            ...rest,
            ...(scores && { scores: { ...scores, final: scores.development } }),
          })),
      }),
    },
  ],
  [
    "opens the vault with every result",
    ["scores a submission on development and final, against the sealed seeds' teachers and ceilings"],
    {
      does: (good) => ({
        results: async (options) =>
          (await good.results(options)).map(({ scores, ...rest }) => ({
            ...rest,
            ...(scores && { scores: { ...scores, vault: scores.final } }),
          })),
      }),
    },
  ],
  [
    "opens the vault for whoever was disqualified",
    [verdicts, vault],
    { does: (good) => ({ decide: ({ submission }) => good.audited({ submission, findings: [] }) }) },
  ],
  [
    "confirms without a vault what the final part says",
    ["opens no vault where there is none, and none for nobody"],
    {
      setup: ({ testbeds }) => ({
        testbeds: testbeds.map((one) =>
          one.parts.vault.length > 0
            ? one
            : { ...one, parts: { ...one.parts, final: one.parts.final.slice(1), vault: one.parts.final.slice(0, 1) } },
        ),
      }),
    },
  ],
  [
    "signs a confirmation for whoever asks",
    ["gives the same confirmation when it is asked again, whatever has come since"],
    {
      does: (good) => ({
        confirm: async (request, options) => ({ ...(await good.confirm(request, options)), by: request.by }),
      }),
    },
  ],
  [
    "forgets what audits found",
    [verdicts],
    {
      does: (good) => ({
        results: async (options) => (await good.results(options)).map((one) => ({ ...one, audits: [] })),
      }),
    },
  ],
  [
    "gives receipts that nobody signed",
    [receipts],
    changes(({ receipt, ...rest }) => ({ ...rest, receipt: { ...receipt, signature: receipt.entry } })),
  ],
  [
    "gives receipts of something else",
    [receipts],
    changes((answer) => ({ ...answer, outcome: answer.outcome === "better" ? "not-better" : "better" })),
  ],
];

function failed(answer: Submission): Submission {
  if (answer.outcome === "failed") throw new WeakToStrongError("bad_input", "The method failed.");
  return answer;
}

test.each(rows)("the suite catches a scorer that %s", (_, names, breakage) => catches(names, breakage));
