import * as z from "zod";
import type { CleanRun } from "../../clean-room.js";
import { type Frame, filled } from "../../data/frame.js";
import type { Matrix } from "../../data/matrix.js";
import { type ErrorCode, WeakToStrongError } from "../../errors.js";
import type { EvaluateRequest, ScorerDescription, SubmitRequest } from "../../scorer.js";
import { evaluationSchema, receiptSchema, scoreSchema, submissionSchema } from "../evaluation.js";
import { codeOnWire, codeSchema, fromWire, toWire } from "./code.js";
import { confirmedRow, findingSchema, secondsSchema, tracesSchema, verdictSchema } from "./entries.js";
import { resultSchema } from "./results.js";
import { issuesOf } from "./testbed.js";

/* What the lab and the scorer's process say to each other: frames (src/data/frame.ts), one a message. */

/** Bytes of one message: what is larger is refused before it is sent. */
export const mostBytes = 64 << 20;

const name = z.string().min(1).max(200);
const method = z.string().min(1).max(80);
export const matrixSchema = z.custom<Matrix>((value) => {
  const { rows, columns, data } = (value ?? {}) as Partial<Matrix>;
  return data instanceof Float32Array && z.int().safeParse(rows).success && data.length === rows! * columns!;
}, "expected a matrix of probabilities, { rows, columns, data: a Float32Array of rows * columns values }");
const int32 = z.custom<Int32Array>((value) => value instanceof Int32Array, "expected row numbers");

/** The form of a request, whatever the testbed. */
const evaluateRequest = z.object({
  author: name,
  testbed: name,
  method,
  predictions: z
    .array(z.object({ seed: z.int(), probabilities: matrixSchema }))
    .min(1)
    .max(1000),
  snapshot: name.exactOptional(),
  key: name.exactOptional(),
  baseline: z.boolean().exactOptional(),
});

const submitRequest = z.object({
  author: name,
  testbed: name,
  method,
  code: codeOnWire,
  writeUp: z.string().trim().min(1).max(20_000),
  key: name.exactOptional(),
  baseline: z.boolean().exactOptional(),
});

/** The same before it travels. */
const submission = submitRequest.extend({ code: codeSchema });

const runShare = { fitLog: z.string(), seconds: secondsSchema, traces: tracesSchema };
const cleanRun = z.discriminatedUnion("status", [
  z.object({ status: z.literal("ok"), predictions: matrixSchema, ...runShare }),
  z.object({ status: z.literal("failed"), phase: z.enum(["fit", "predict"]), detail: z.string(), ...runShare }),
]) satisfies z.ZodType<CleanRun>;

const rows = z.object({ development: z.int(), final: z.int(), vault: z.int() });
const description = z.object({
  feedback: z.enum(["ladder", "rounded", "exact"]),
  evaluations: z.int(),
  submissions: z.int(),
  testbeds: z.array(z.object({ name, classes: z.int(), ids: z.array(z.string()), seeds: z.array(z.int()), rows })),
  asked: z.object({ evaluations: z.int(), submissions: z.int(), bits: z.number() }),
  ledger: z.object({ id: z.string(), publicKey: z.string() }),
  notices: z.array(z.string()),
}) satisfies z.ZodType<ScorerDescription>;

const begun = z.object({
  id: name,
  testbed: name,
  code: codeOnWire,
  runs: z.array(z.object({ teacherSeed: z.int(), seed: z.int(), rows: int32 })),
});

const confirmation = z.object({
  at: z.string(),
  by: z.string(),
  level: z.number(),
  rows: z.array(confirmedRow),
  receipt: receiptSchema,
});

const nothing = z.object({});

/** What is asked and answered. */
export const ops = {
  open: { asked: z.unknown(), answer: nothing },
  describe: { asked: nothing, answer: description },
  evaluate: { asked: evaluateRequest, answer: evaluationSchema },
  /** Answers the submission itself where it has its result already. */
  begin: { asked: submitRequest, answer: z.union([z.object({ begun }), z.object({ submission: submissionSchema })]) },
  begun: { asked: nothing, answer: z.array(begun) },
  finish: { asked: z.object({ id: name, runs: z.array(cleanRun) }), answer: submissionSchema },
  records: { asked: nothing, answer: z.array(z.union([evaluationSchema, submissionSchema])) },
  queries: {
    asked: nothing,
    answer: z.array(
      evaluationSchema.and(
        z.object({
          predictions: z.array(z.object({ seed: z.int(), probabilities: matrixSchema, accuracy: z.number() })),
          exact: scoreSchema,
        }),
      ),
    ),
  },
  results: { asked: nothing, answer: z.array(resultSchema) },
  audited: { asked: z.object({ submission: name, findings: z.array(findingSchema) }), answer: receiptSchema },
  decide: { asked: verdictSchema, answer: receiptSchema },
  confirm: { asked: z.object({ top: z.int().min(1), by: name }), answer: confirmation },
} as const;

export type Op = keyof typeof ops;
export type Asked<O extends Op> = z.infer<(typeof ops)[O]["asked"]>;
export type Answer<O extends Op> = z.infer<(typeof ops)[O]["answer"]>;

const codes = [
  "bad_input",
  "not_found",
  "unsupported",
  "exhausted",
  "storage",
  "busy",
  "protocol",
  "disposed",
] as const satisfies ErrorCode[];

export const question = z.object({ id: z.int(), op: z.enum(Object.keys(ops) as [Op, ...Op[]]), body: z.unknown() });

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

/** Throws `bad_input`, naming the field, unless it has the form of a request. */
export function parseAsked<O extends Op>(op: O, value: unknown): Asked<O> {
  const parsed = (ops[op].asked as z.ZodType).safeParse(value);
  if (!parsed.success) throw new WeakToStrongError("bad_input", `${op}: ${issuesOf(parsed.error)}.`);
  return parsed.data as Asked<O>;
}

export function parseEvaluate(value: EvaluateRequest): EvaluateRequest {
  const request = parseAsked("evaluate", value);
  const bytes = request.predictions.reduce((sum, entry) => sum + entry.probabilities.data.byteLength, 0);
  if (bytes <= mostBytes) return request;
  throw new WeakToStrongError(
    "bad_input",
    `evaluate: predictions: expected at most ${mostBytes} bytes, found ${bytes}.`,
  );
}

/** As it travels. What is no code of a submission is refused here already. */
export function submitOnWire(value: SubmitRequest): Asked<"begin"> {
  const parsed = submission.safeParse(value);
  if (!parsed.success) throw new WeakToStrongError("bad_input", `submit: ${issuesOf(parsed.error)}.`);
  const { code, ...request } = parsed.data;
  const wire = toWire(code);
  fromWire(wire);
  return { ...request, code: wire };
}
