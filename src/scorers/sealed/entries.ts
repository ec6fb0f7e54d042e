import * as z from "zod";
import { WeakToStrongError } from "../../errors.js";
import type { Verdict } from "../../scorer.js";
import { evaluationEntry, scoreSchema, submissionEntry } from "../evaluation.js";
import { issuesOf } from "./testbed.js";

/* What the entries of a scorer's ledger hold: what is released, and what is hidden behind a commitment. */

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const text = z.string().min(1);
export const secondsSchema = z.object({ fit: z.number().min(0), predict: z.number().min(0) });
const key = z.string().exactOptional();
const rows = z.array(z.int().min(0));
const partsSchema = z.object({ development: rows, final: rows, vault: rows });

export const tracesSchema = z.object({
  canaries: z.array(z.string()),
  processes: z.record(z.string(), z.number()),
  refused: z.array(z.string()),
  /** Ledgers of before it was looked for have none. */
  opened: z.array(z.string()).default([]),
});

/** Which run it is: the teacher's seed, the method's own, and what its rows are shuffled by. */
const drawnRun = z.object({ teacherSeed: z.int(), seed: z.int(), order: z.string() });

export const findingSchema = z.object({
  detector: text,
  verdict: z.enum(["clean", "elicitation", "review", "disqualified"]),
  words: z.string(),
  evidence: z.array(z.object({ what: z.string(), value: z.string() })),
});

export const verdictSchema = z.object({
  submission: text,
  verdict: z.enum(["clean", "elicitation", "disqualified"]),
  reason: z.string().min(1).max(10_000),
  by: z.string().min(1).max(200),
});

/** Throws `bad_input`, naming the field, for what is no verdict. */
export function parseVerdict(value: unknown): Verdict {
  const parsed = verdictSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new WeakToStrongError("bad_input", `verdict: ${issuesOf(parsed.error)}.`);
}

export const confirmedRow = z.object({
  submission: text,
  author: text,
  testbed: text,
  method: text,
  development: scoreSchema,
  final: scoreSchema,
  vault: scoreSchema,
  optimism: z.number().nullable(),
});

/** By type of entry: released, then hidden. */
export const entrySchemas = {
  opened: {
    released: z.object({ about: z.object({ feedback: z.string(), testbeds: z.array(z.object({ name: text })) }) }),
    /** By testbed: SHA-256 over all that is sealed of it, and which rows are in which part. */
    hidden: z.object({ testbeds: z.record(z.string(), z.object({ hash, parts: partsSchema })) }),
  },
  evaluation: {
    released: evaluationEntry,
    hidden: z.object({ key, score: scoreSchema, predictions: hash }),
  },
  submission: {
    released: z.object({ id: text, author: text, testbed: text, method: text, code: hash, baseline: z.boolean() }),
    hidden: z.object({ key, writeUp: z.string(), runs: z.array(drawnRun) }),
  },
  result: {
    released: submissionEntry,
    hidden: z.object({
      runs: z.array(z.object({ failure: z.string().exactOptional(), seconds: secondsSchema, traces: tracesSchema })),
      predictions: hash,
      scores: z.object({ development: scoreSchema, final: scoreSchema }).exactOptional(),
    }),
  },
  audit: {
    released: z.object({ submission: text }),
    hidden: z.object({ findings: z.array(findingSchema) }),
  },
  verdict: { released: verdictSchema, hidden: z.null() },
  confirmation: {
    released: z.object({ by: text, level: z.number() }),
    hidden: z.object({ rows: z.array(confirmedRow) }),
  },
} as const;
