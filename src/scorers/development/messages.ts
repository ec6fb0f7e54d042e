import * as z from "zod";
import type { Blob, Frame } from "../../data/frame.js";
import type { Matrix } from "../../data/matrix.js";
import { type ErrorCode, WeakToStrongError } from "../../errors.js";
import type { EvaluateRequest, ScorerDescription, Standings } from "../../scorer.js";
import { evaluationSchema } from "../evaluation.js";
import { issuesOf } from "./sealed.js";

/* What the lab and the scorer's process say to each other: frames (src/data/frame.ts), one a message. */

/** Bytes of one message: what is larger is refused before it is sent. */
export const mostBytes = 64 << 20;

const name = z.string().min(1).max(200);
const probabilities = z.custom<Matrix>((value) => {
  const { rows, columns, data } = (value ?? {}) as Partial<Matrix>;
  return data instanceof Float32Array && z.int().safeParse(rows).success && data.length === rows! * columns!;
}, "expected a matrix of probabilities, { rows, columns, data: a Float32Array of rows * columns values }");

/** The form of a request, whatever the testbed. */
export const evaluateRequest = z.object({
  author: name,
  testbed: name,
  method: z.string().min(1).max(80),
  predictions: z
    .array(z.object({ seed: z.int(), probabilities }))
    .min(1)
    .max(1000),
  snapshot: name.exactOptional(),
  key: name.exactOptional(),
  baseline: z.boolean().exactOptional(),
});

const description = z.object({
  feedback: z.literal("exact"),
  evaluations: z.int(),
  testbeds: z.array(z.object({ name, classes: z.int(), ids: z.array(z.string()), seeds: z.array(z.int()) })),
  notices: z.array(z.string()),
}) satisfies z.ZodType<ScorerDescription>;

const standings = z.object({
  rows: z.array(
    z.object({
      author: name,
      baseline: z.boolean(),
      best: z.record(z.string(), evaluationSchema),
      worst: z.number().nullable(),
    }),
  ),
  evaluations: z.int(),
}) satisfies z.ZodType<Standings>;

/** Answers, by what was asked. */
export const answers = {
  open: z.object({}),
  describe: description,
  evaluate: evaluationSchema,
  records: z.array(evaluationSchema),
  standings,
} as const;

export type Op = keyof typeof answers;
export type Answer<O extends Op> = z.infer<(typeof answers)[O]>;

const codes = ["bad_input", "not_found", "exhausted", "storage", "busy"] as const satisfies ErrorCode[];

export const question = z.object({
  id: z.int(),
  op: z.enum(Object.keys(answers) as [Op, ...Op[]]),
  body: z.unknown(),
});

export const reply = z.discriminatedUnion("type", [
  z.object({ id: z.int(), type: z.literal("result"), body: z.unknown() }),
  z.object({
    id: z.int(),
    type: z.literal("error"),
    body: z.object({ code: z.enum(codes), message: z.string() }),
  }),
]);

export type Reply = z.infer<typeof reply>;

/** Reads a message with its arrays in their places. */
export function parseFrame<T>(schema: z.ZodType<T>, { header, blobs }: Frame): T {
  return parseMessage(schema, filled(header, blobs));
}

export function parseMessage<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new WeakToStrongError(
    "protocol",
    `The lab and its scorer do not understand each other: ${issuesOf(parsed.error)}.`,
  );
}

/** Throws `bad_input` unless it has the form of a request. */
export function parseRequest(value: EvaluateRequest): EvaluateRequest {
  const parsed = evaluateRequest.safeParse(value);
  if (!parsed.success) throw new WeakToStrongError("bad_input", `evaluate: ${issuesOf(parsed.error)}.`);
  const bytes = parsed.data.predictions.reduce((sum, entry) => sum + entry.probabilities.data.byteLength, 0);
  if (bytes <= mostBytes) return parsed.data;
  throw new WeakToStrongError(
    "bad_input",
    `evaluate: predictions: expected at most ${mostBytes} bytes, found ${bytes}.`,
  );
}

function filled(value: unknown, blobs: readonly Blob[]): unknown {
  if (Array.isArray(value)) return value.map((entry) => filled(entry, blobs));
  if (typeof value !== "object" || value === null) return value;
  if ("$blob" in value) return blobs[value.$blob as number];
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, filled(entry, blobs)]));
}
