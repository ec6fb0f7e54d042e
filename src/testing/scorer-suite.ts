import { accountCases } from "./scorer-cases/accounts.js";
import { answerCases } from "./scorer-cases/answers.js";
import { benchOf, type MakeScorer } from "./scorer-cases/bench.js";
import { endCases } from "./scorer-cases/ends.js";
import { ladderCases } from "./scorer-cases/ladder.js";
import { peopleCases } from "./scorer-cases/people.js";
import { refusalCases } from "./scorer-cases/refusals.js";
import { standingsCases } from "./scorer-cases/standings.js";
import { submissionCases } from "./scorer-cases/submissions.js";
import type { SuiteCase } from "./suite.js";

/**
 * The cases that every `PGRScorer` must pass, for any test runner:
 *
 * ```ts
 * for (const { name, run } of scorerSuite((setup) => sealedScorer(setup))) test(name, run);
 * ```
 *
 * `make` gives a new scorer on the folder, budgets, feedback, testbeds and clean room that it is told; a case may make
 * several, and the same one again. The suite disposes of them.
 */
export function scorerSuite(make: MakeScorer): SuiteCase[] {
  const bench = benchOf(make);
  return [
    ...answerCases(bench),
    ...refusalCases(bench),
    ...accountCases(bench),
    ...ladderCases(bench),
    ...submissionCases(bench),
    ...standingsCases(bench),
    ...peopleCases(bench),
    ...endCases(bench),
  ];
}
