import * as z from "zod";
import type { Standing, SubmissionResult } from "../../scorer.js";
import { receiptSchema, scoreSchema, submissionEntry } from "../evaluation.js";
import type { BookedSubmission, Books } from "./books.js";
import { codeOnWire, toWire } from "./code.js";
import { findingSchema, secondsSchema, tracesSchema, verdictSchema } from "./entries.js";
import type { KeptFiles } from "./files.js";
import { rowsOf } from "./submitting.js";

const standings = ["unaudited", "clean", "elicitation", "review", "disqualified"] as const satisfies Standing[];

/** A submission with all that is known of it, as it travels to the lab. */
export const resultSchema = submissionEntry.extend({
  receipt: receiptSchema,
  writeUp: z.string(),
  program: codeOnWire,
  runs: z.array(
    z.object({
      teacherSeed: z.int(),
      seed: z.int(),
      predictions: z.unknown().exactOptional(),
      rows: z.custom<Int32Array>((value) => value instanceof Int32Array),
      failure: z.string().exactOptional(),
      seconds: secondsSchema,
      traces: tracesSchema,
    }),
  ),
  scores: z
    .object({ development: scoreSchema, final: scoreSchema, vault: scoreSchema.exactOptional() })
    .exactOptional(),
  audits: z.array(z.object({ submission: z.string(), findings: z.array(findingSchema) })),
  verdict: verdictSchema.exactOptional(),
  standing: z.enum(standings),
});

export type ResultOnWire = Omit<SubmissionResult, "program"> & { readonly program: z.infer<typeof codeOnWire> };

/** Of a submission that has its result. */
export function resultOf(
  submission: BookedSubmission,
  { opened, confirmation }: Books,
  files: KeptFiles,
): Omit<ResultOnWire, "receipt"> {
  const { id, testbed } = submission.released;
  const { parts } = opened.hidden.testbeds[testbed]!;
  const vault = confirmation?.hidden.rows.find((row) => row.submission === id)?.vault;
  const { released, hidden } = submission.result!;
  const predictions = files.predictions(hidden.predictions);
  const verdict = submission.verdicts.at(-1)?.released;
  return {
    ...released,
    writeUp: submission.hidden.writeUp,
    program: toWire(files.code(released.code)),
    runs: submission.hidden.runs.map(({ teacherSeed, seed, order }, at) => ({
      teacherSeed,
      seed,
      rows: rowsOf(parts, order),
      ...hidden.runs[at]!,
      ...(predictions[at] && { predictions: predictions[at] }),
    })),
    ...(hidden.scores && { scores: { ...hidden.scores, ...(vault && { vault }) } }),
    audits: submission.audits.map(({ released, hidden }) => ({ ...released, ...hidden })),
    ...(verdict && { verdict }),
    standing: standingOf(submission),
  };
}

/** What stands: the last verdict of a person, else the worst that an audit found. */
export function standingOf({ audits, verdicts }: BookedSubmission): Standing {
  const verdict = verdicts.at(-1);
  if (verdict) return verdict.released.verdict;
  if (audits.length === 0) return "unaudited";
  // Of a detector that looked twice, what it said last.
  const last = new Map(audits.flatMap(({ hidden }) => hidden.findings).map((one) => [one.detector, one.verdict]));
  const found = [...last.values()];
  return standings.findLast((standing) => (found as readonly Standing[]).includes(standing)) ?? "clean";
}
