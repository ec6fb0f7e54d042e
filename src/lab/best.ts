import type { SubmissionResult } from "../scorer.js";
import { bestScoreFirst } from "../scorers/standings.js";

/** What is known of a submission when it is chosen or shown. */
type Judged = Pick<SubmissionResult, "standing" | "verdict" | "audits">;

/**
 * The best of these by PGR on the final part, then by accuracy there: of those that ran through, disqualified ones left
 * out. The scorer chooses by the same order what it confirms.
 */
export function bestOf(submissions: readonly SubmissionResult[]): SubmissionResult | undefined {
  const fair = submissions.filter(({ scores, standing }) => scores && standing !== "disqualified");
  return fair.toSorted((one, other) => bestScoreFirst(one.scores!.final, other.scores!.final))[0];
}

/** Submissions by author and testbed, in their order; the lab's own left out. */
export function byAuthor(results: readonly SubmissionResult[]): SubmissionResult[][] {
  const own = results.filter(({ baseline }) => !baseline);
  return [...Map.groupBy(own, ({ author, testbed }) => JSON.stringify([author, testbed])).values()];
}

/** Those of `detectors` that have said nothing of it yet. */
export function unheard<T extends { readonly name: string }>(
  { audits }: Pick<Judged, "audits">,
  detectors: readonly T[],
) {
  const heard = new Set(audits.flatMap(({ findings }) => findings).map(({ detector }) => detector));
  return detectors.filter(({ name }) => !heard.has(name));
}

/** What an outcome says of it: nothing speaks for a submission until every detector of the lab has looked, or a person. */
export function shownStanding(submission: Judged, detectors: readonly string[]): SubmissionResult["standing"] {
  const { standing, verdict } = submission;
  const fine = standing === "clean" || standing === "elicitation";
  const some = unheard(
    submission,
    detectors.map((name) => ({ name })),
  );
  return fine && !verdict && some.length > 0 ? "unaudited" : standing;
}
