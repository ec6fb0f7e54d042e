import type { SubmissionResult } from "../scorer.js";

/**
 * Whether a submission gained anything that could be taken away: better than what its author had, or a PGR on the final part
 * whose interval lies above 0. An unresolved PGR is no gain.
 */
export function gained({ outcome, scores }: SubmissionResult): boolean {
  const pgr = scores?.final.pgr;
  return outcome === "better" || (pgr?.status === "ok" && pgr.interval[0] > 0);
}
