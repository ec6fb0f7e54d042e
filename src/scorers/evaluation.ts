import * as z from "zod";
import type { Evaluation, Receipt, Score, Submission } from "../scorer.js";

const text = z.string().min(1).max(200);
const interval = z.tuple([z.number(), z.number()]);
const share = {
  n: z.int(),
  groups: z.int().exactOptional(),
  seeds: z.int(),
  gap: z.object({ estimate: z.number(), interval: interval.exactOptional() }),
  level: z.number(),
  conditionalOn: z.array(z.string()),
  seedsPerList: z.object({ weak: z.int(), transfer: z.int(), ceiling: z.int() }),
};

/** A PGR as JSON has it. */
export const pgrSchema: z.ZodType<Score["pgr"]> = z.discriminatedUnion("status", [
  z.object({ status: z.literal("ok"), ...share, estimate: z.number(), interval }),
  z.object({ status: z.literal("undefined"), ...share, reason: z.string() }),
]);

const hash = z.string().regex(/^[0-9a-f]{64}$/);

export const receiptSchema: z.ZodType<Receipt> = z.object({
  ledger: hash,
  seq: z.int().min(0),
  prev: hash,
  at: z.string(),
  clock: z.string().exactOptional(),
  type: z.string(),
  released: z.json(),
  commitment: hash.exactOptional(),
  entry: hash,
  head: z.object({ count: z.int().min(1), hash }),
  signature: z.string(),
});

export const scoreSchema: z.ZodType<Score> = z.object({ accuracy: z.number().min(0).max(1), pgr: pgrSchema });

const recordShare = {
  id: z.string(),
  index: z.int().min(0),
  author: text,
  testbed: text,
  method: z.string(),
  at: z.iso.datetime(),
  left: z.int().min(0),
};

/** Records as the ledger keeps them: the receipt comes afterwards. */
export const evaluationEntry = z.object({
  type: z.literal("evaluation"),
  ...recordShare,
  seeds: z.array(z.int()),
  feedback: z.enum(["ladder", "rounded", "exact"]),
  score: scoreSchema.exactOptional(),
  improved: z.boolean(),
  sameAs: z.string().exactOptional(),
  snapshot: text.exactOptional(),
  baseline: z.boolean(),
}) satisfies z.ZodType<Omit<Evaluation, "receipt">>;

export const submissionEntry = z.object({
  type: z.literal("submission"),
  ...recordShare,
  code: hash,
  outcome: z.enum(["better", "not-better", "failed"]),
  seconds: z.number().min(0),
  baseline: z.boolean(),
}) satisfies z.ZodType<Omit<Submission, "receipt">>;

const receipt = receiptSchema;

/** Records as they are handed out. */
export const evaluationSchema: z.ZodType<Evaluation> = evaluationEntry.extend({ receipt });
export const submissionSchema: z.ZodType<Submission> = submissionEntry.extend({
  receipt,
  logs: z.array(z.string()).exactOptional(),
});
