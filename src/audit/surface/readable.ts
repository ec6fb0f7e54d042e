import type { AlignedRuns } from "../aligned.js";
import { plainColumns } from "../reference-student.js";
import { betterExplained, explainEach } from "./explained.js";

/** How far a plain student can learn the predictions from the words (or pixels) of other test rows. */
export interface Readable {
  readonly submission: number;
  /** The least of teacher, ceiling and all peers. */
  readonly least: number;
  /** Of "it reads the submission at most {@link clearly} worse than each of them". */
  readonly p: number;
}

/** What is read worse by less than this share may be chance or taste. */
export const clearly = 0.1;

/**
 * What a student learned can be learned from it again; what a table, a vote or an interpreter says need not stand in the
 * words at all. Shares are those of {@link explainEach}; the p-value is the largest over references (Berger 1982).
 */
export function readable(aligned: AlignedRuns, classes: number): Readable {
  const { inputs, groups, submission, weak, ceiling, peers } = aligned;
  const labellings = [submission, weak, ceiling, ...peers.map(({ predictions }) => predictions)];
  const [mine, ...others] = explainEach(plainColumns(inputs), groups, labellings, classes);
  return {
    submission: mine!.share,
    least: Math.min(...others.map(({ share }) => share)),
    p: Math.max(...others.map((other) => betterExplained(other, mine!, { by: clearly }, groups))),
  };
}
