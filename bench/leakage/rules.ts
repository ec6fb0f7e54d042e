/** The ways to answer that bench/leakage.ts and bench/utility.ts compare. */
import type { FeedbackMode } from "../../src/scorer.js";
import { isAbove, stepOf } from "../../src/scorers/sealed/feedback.js";
import type { Matrix } from "../../src/stats/crossed.js";
import { average } from "../answers.js";

export interface Rule {
  readonly name: string;
  readonly mode: FeedbackMode;
  /** Under the ladder: whether the candidate is told to be better than its author's best, at the lab's k-th query. */
  readonly better?: (candidate: Matrix, best: Matrix, k: number) => boolean;
  /** Whether a query near an earlier one is answered as that one. */
  readonly near?: boolean;
}

const ladder = (name: string, step: (k: number) => number, near = false): Rule => ({
  name,
  mode: "ladder",
  better: (candidate, best, k) => isAbove(candidate, best, step(k)),
  near,
});

export const mean = (scores: Matrix): number => average(scores.map(average));

/** The step of the first form of the Ladder. */
const fixed: Rule = {
  name: "ladder, 1/sqrt(n)",
  mode: "ladder",
  better: (candidate, best) => mean(candidate) - mean(best) > 1 / Math.sqrt(best[0]!.length),
};

export const exact: Rule = { name: "exact", mode: "exact" };
export const usual: Rule = ladder("ladder, default", stepOf, true);
export const usualScoringNear: Rule = ladder("ladder, default, near ones scored", stepOf);

export const rules: readonly Rule[] = [
  exact,
  { name: "rounded, near ones scored", mode: "rounded" },
  { name: "rounded", mode: "rounded", near: true },
  ladder("ladder, 1 SE", () => 1),
  ladder("ladder, 2 SE", () => 2),
  ladder("ladder, 3 SE", () => 3),
  fixed,
  ladder("ladder, sqrt(2 ln(k + 1)) SE", (k) => Math.sqrt(2 * Math.log(k + 1))),
  usualScoringNear,
  usual,
];
