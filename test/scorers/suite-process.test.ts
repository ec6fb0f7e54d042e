import { expect, test } from "vitest";
import { sealedScorer } from "../../src/scorers/sealed/index.js";
import { scorerSuite } from "../../src/testing/scorer-suite.js";

/** Where it matters that the scorer is a process: what travels, what is asked at once, what ends. */
const across = [
  "refuses malformed requests, naming the field, in the same words under another truth, for nothing",
  "keeps to the budget when a hundred evaluations are asked for at once",
  "goes on where it was: records, standings, budgets and keys",
  "takes a method that fails with one seed for failed, as a result, in the same words however it failed",
  "goes on with a submission that was cut off: the same code, seeds and rows, charged once",
  "shows people every submission with its code, write-up and runs",
  "shows people every evaluation with the predictions that were asked about and all that they score",
  "refuses a second scorer on its folder",
  "refuses calls after it was disposed of",
];
const cases = scorerSuite((setup) => sealedScorer(setup)).filter(({ name }) => across.includes(name));

test("these are cases of the suite", () => expect(cases.length).toBe(across.length));
for (const { name, run } of cases) test.concurrent(name, run);
