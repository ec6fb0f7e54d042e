import * as z from "zod";
import type { Evaluation } from "../scorer.js";

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
export const pgrSchema: z.ZodType<Evaluation["pgr"]> = z.discriminatedUnion("status", [
  z.object({ status: z.literal("ok"), ...share, estimate: z.number(), interval }),
  z.object({ status: z.literal("undefined"), ...share, reason: z.string() }),
]);

/** One record of a scorer as JSON has it. */
export const evaluationSchema: z.ZodType<Evaluation> = z.object({
  id: z.string(),
  index: z.int().min(0),
  author: text,
  testbed: text,
  method: z.string(),
  seeds: z.array(z.int()),
  at: z.iso.datetime(),
  accuracy: z.number().min(0).max(1),
  pgr: pgrSchema,
  improved: z.boolean(),
  snapshot: text.exactOptional(),
  baseline: z.boolean(),
  left: z.int().min(0),
});
