import { WeakToStrongError } from "../../errors.js";
import type { PGRScorer, SubmissionResult, Verdict } from "../../scorer.js";
import { reviewItem, reviewQueue } from "./queue.js";

/** What a reviewer asks: the list of what waits, one submission with its evidence and code, or to give a verdict on it. */
export type ReviewRequest =
  | { readonly type: "list" }
  | { readonly type: "show"; readonly submission: string }
  | ({ readonly type: "decide" } & Verdict);

/**
 * Answers a reviewer in text for a terminal, in which nothing that an agent wrote is a control sequence.
 *
 * @throws WeakToStrongError `not_found` for a submission that the scorer does not have; `bad_input` for a verdict without
 * a reason or a name, which the ledger keeps for good.
 */
export async function reviewDesk(
  scorer: Pick<PGRScorer, "results" | "decide">,
  request: ReviewRequest,
  options: { readonly signal?: AbortSignal } = {},
): Promise<string> {
  const { formatDecision, formatQueue, formatReview } = await import("../../report/review-words.js");
  if (request.type === "decide") {
    checkWords(request);
    const { type: _, ...verdict } = request;
    const before = find(await scorer.results(options), verdict.submission);
    const receipt = await scorer.decide(verdict, options);
    return formatDecision(verdict, before.standing, receipt);
  }
  const results = await scorer.results(options);
  if (request.type === "list") return formatQueue(reviewQueue(results), results);
  return formatReview(reviewItem(find(results, request.submission), results));
}

function find(results: readonly SubmissionResult[], id: string): SubmissionResult {
  const found = results.find((one) => one.id === id);
  if (found) return found;
  const known = results.map((one) => one.id).join(", ") || "none yet";
  throw new WeakToStrongError(
    "not_found",
    `review: submission: expected one of ${known}, found ${JSON.stringify(id)}.`,
  );
}

function checkWords(verdict: Verdict): void {
  for (const field of ["reason", "by"] as const) {
    if (verdict[field].trim() !== "") continue;
    throw new WeakToStrongError(
      "bad_input",
      `review: ${field}: expected ${field === "by" ? "the name of who decides" : "why, in a sentence"}, found nothing. The ledger keeps it for good.`,
    );
  }
}
