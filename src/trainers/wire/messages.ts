import * as z from "zod";
import { type Blob, encodeFrame, type Frame } from "../../data/frame.js";
import type { Matrix } from "../../data/matrix.js";
import { WeakToStrongError } from "../../errors.js";

/* What a worker or a trainer server may say (docs/protocol.md). Everything here can be written as JSON Schema. */

const blob = z.object({ $blob: z.int().min(0) });

const cost = z.object({
  seconds: z.number().min(0),
  device: z.string(),
  tokens: z.number().min(0),
  cached: z.boolean().exactOptional(),
});

export const replies = {
  capabilities: z.object({
    tasks: z.array(z.literal("classify")),
    models: z.array(z.enum(["linear", "huggingface"])),
    losses: z.array(z.string()),
    devices: z.array(z.string()),
    parallel: z.int().min(1),
  }),
  fingerprint: z.object({ fingerprint: z.string().min(1) }),
  put: z.object({}),
  fit: z.object({
    checkpoint: z.object({ id: z.string(), path: z.string() }),
    predictions: z.record(z.string(), blob),
    history: z.array(
      z.object({
        epoch: z.int(),
        loss: z.number(),
        validation: z.object({ loss: z.number(), accuracy: z.number() }).exactOptional(),
      }),
    ),
    traces: blob.optional(),
    curve: blob.optional(),
    fingerprint: z.string().exactOptional(),
    cost,
  }),
  predict: z.object({ predictions: blob, cost }),
  embed: z.object({ layers: z.array(blob), cost }),
  score: z.object({ logProbabilities: blob, tokens: blob, cost }),
} as const;

const event = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("progress"),
    stage: z.enum(["load", "features", "train", "predict"]),
    step: z.number(),
    of: z.number(),
    loss: z.number().exactOptional(),
    tokensPerSecond: z.number().exactOptional(),
  }),
  z.object({ type: z.literal("warning"), message: z.string() }),
]);

const errorCodes = [
  "bad_input",
  "unsupported",
  "not_found",
  "missing_dependency",
  "worker_died",
  "storage",
  "busy",
  "failed",
  "cancelled",
  "dataset_missing",
] as const;

const message = z.discriminatedUnion("type", [
  z.object({
    id: z.literal(0),
    type: z.literal("hello"),
    body: z.object({
      protocol: z.literal(1),
      pid: z.int(),
      python: z.string(),
      worker: z.string(),
      mostBytes: z.int().exactOptional(),
    }),
  }),
  z.object({ id: z.int(), type: z.literal("alive") }),
  z.object({ id: z.int(), type: z.literal("event"), body: event }),
  z.object({ id: z.int(), type: z.literal("result"), body: z.unknown() }),
  z.object({
    id: z.int(),
    type: z.literal("error"),
    body: z.object({ code: z.enum(errorCodes), message: z.string(), traceback: z.string().optional() }),
  }),
]);

export type Message = z.infer<typeof message>;
export type Op = keyof typeof replies;
export type Reply<O extends Op> = z.infer<(typeof replies)[O]>;

/** Writes a message. */
export function encodeMessage(message: Readonly<Record<string, unknown>>): Uint8Array[] {
  try {
    return encodeFrame(message);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new WeakToStrongError(
      "bad_input",
      `The dataset is too large to send at once (${cause.message}): written as JSON, its inputs must stay below 512 MB. Divide it into several datasets, train on fewer examples, and ask for the predictions of the others in several calls of predict(); or shorten its texts.`,
      { cause },
    );
  }
}

/** Reads a frame as a message of `sender`, in words: "The Python worker". */
export function parseMessage(frame: Frame, sender: string): Message {
  return parse(message, frame.header, `${sender} sent a message`);
}

/** Reads the body of the result of `op`. */
export function parseReply<O extends Op>(op: O, body: unknown, sender: string): Reply<O> {
  return parse<unknown>(replies[op], body, `${sender} sent an answer to \`${op}\``) as Reply<O>;
}

/** The list that a reference stands for. */
export function listAt(reference: z.infer<typeof blob>, blobs: readonly Blob[]): Float32Array {
  const found = blobs[reference.$blob];
  if (found instanceof Float32Array) return found;
  throw new WeakToStrongError(
    "protocol",
    `An answer refers to blob ${reference.$blob} as a list of numbers, but it is none.`,
  );
}

/** The matrix that a reference stands for. */
export function matrixAt(reference: z.infer<typeof blob>, blobs: readonly Blob[]): Matrix {
  const found = blobs[reference.$blob];
  if (found && "columns" in found) return found;
  throw new WeakToStrongError(
    "protocol",
    `An answer refers to blob ${reference.$blob} as a matrix, but it ${found ? "has one dimension" : "is not there"}.`,
  );
}

function parse<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new WeakToStrongError(
    "protocol",
    `${what} of an unexpected form: ${z.prettifyError(parsed.error)}. Are the npm package and the python folder of the same version?`,
  );
}
