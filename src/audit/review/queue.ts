import type { Snapshot } from "../../data/snapshot.js";
import type { AuditFinding, SubmissionResult } from "../../scorer.js";
import { unifiedDiff } from "./diff.js";

/** A submission and what a person needs to judge it. */
export interface ReviewItem {
  readonly submission: SubmissionResult;
  /** Of all audits, what speaks against it first; of a detector that looked twice, what it said last. */
  readonly findings: readonly AuditFinding[];
  /** The author's submission with a program before this one, on this testbed if there is one. */
  readonly earlier?: string;
  /** What changed in the code since then, as a unified diff: all of it is new where there is no earlier one. */
  readonly diff: string;
}

/** The submissions that wait for a person: those in review and those that no audit has looked at, the oldest first. */
export function reviewQueue(results: readonly SubmissionResult[]): ReviewItem[] {
  return results
    .filter(({ standing, baseline }) => !baseline && (standing === "review" || standing === "unaudited"))
    .map((submission) => reviewItem(submission, results));
}

/** One submission as an item, whatever its standing. */
export function reviewItem(submission: SubmissionResult, results: readonly SubmissionResult[]): ReviewItem {
  const last = new Map(submission.audits.flatMap(({ findings }) => findings).map((one) => [one.detector, one]));
  const findings = [...last.values()].sort((a, b) => weight[b.verdict] - weight[a.verdict]);
  const code = codeOf(submission);
  const before = results.filter(
    (one) => one.author === submission.author && one.index < submission.index && codeOf(one) !== undefined,
  );
  const earlier = before.findLast(({ testbed }) => testbed === submission.testbed) ?? before.at(-1);
  return {
    submission,
    findings,
    ...(earlier && code && { earlier: earlier.id }),
    diff: code ? unifiedDiff(earlier && codeOf(earlier), code) : "",
  };
}

const weight = { clean: 0, elicitation: 1, review: 2, disqualified: 3 } as const;

function codeOf({ program }: SubmissionResult): Snapshot | undefined {
  return program.type === "program" ? program.snapshot : undefined;
}
