import * as z from "zod";
import type { Input } from "../data/dataset.js";
import type { Blob } from "../data/frame.js";
import type { Matrix } from "../data/matrix.js";

/* What a program in a sandbox may ask of the trainer (docs/method-authors.md). Datasets go by the names of testbeds and splits. */

const matrix = z.custom<Matrix>(
  (value) => typeof value === "object" && value !== null && "columns" in value && isFloats((value as Matrix).data),
  "expected a matrix of numbers, one row an example",
);
const floats = z.custom<Float32Array>(isFloats, "expected a list of numbers");
const rows = z.custom<Int32Array>((value) => value instanceof Int32Array, "expected a list of whole numbers");

const mostInputs = 100_000;
const pixel = z.number().min(0).max(1);
const input: z.ZodType<Input> = z.union(
  [
    z.strictObject({ text: z.string() }),
    z.strictObject({ image: z.array(z.array(pixel).min(1).max(1024)).min(1).max(1024) }),
    z.strictObject({ prompt: z.string(), first: z.string(), second: z.string() }),
    z.strictObject({ question: z.string(), choice: z.string() }),
  ],
  "expected an input as the testbed has them: {text}, {image}, {prompt, first, second} or {question, choice}, and no other field",
);
const inputs = z.array(input).min(1).max(mostInputs);

/** Examples of `train`, all or some, or inputs of the agent's own. */
const examples = { rows: rows.exactOptional(), inputs: inputs.exactOptional() };
/** The same, of either split. */
const selected = { ...examples, split: z.enum(["train", "development"]).default("development") };
const oneOf = "rows and inputs: expected one of them, found both";
const notBoth = ({ rows, inputs }: { rows?: unknown; inputs?: unknown }): boolean => !(rows && inputs);

const common = { testbed: z.string().max(200), model: z.string().max(200).default("student") };
const parameter = z.union([z.number(), z.string().max(1000), z.boolean()]);

export const requests = {
  fit: z.strictObject({
    ...common,
    seed: z.int().min(0),
    train: z.strictObject({ ...examples, targets: matrix, weights: floats.exactOptional() }).refine(notBoth, oneOf),
    loss: z
      .object({ name: z.string().max(100) })
      .catchall(parameter)
      .default({ name: "cross_entropy" }),
    optimizer: z
      .strictObject({
        learningRate: z.number().positive().max(1000).exactOptional(),
        weightDecay: z.number().min(0).max(1e6).exactOptional(),
        epochs: z.int().min(1).max(10_000).exactOptional(),
        batchSize: z.int().min(1).max(mostInputs).exactOptional(),
        warmup: z.number().min(0).max(1).exactOptional(),
      })
      .default({}),
    tune: z.enum(["head", "lora", "full"]).exactOptional(),
    /** Splits to predict; `inputs` are predicted besides. */
    predict: z.array(z.enum(["train", "development"])).default(["development"]),
    inputs: inputs.exactOptional(),
    from: z.string().max(2000).exactOptional(),
    validation: z
      .strictObject({ ...examples, targets: matrix, keep: z.enum(["last", "best"]).default("best") })
      .refine(notBoth, oneOf)
      .exactOptional(),
    traces: z.boolean().default(false),
    curve: z.boolean().default(false),
  }),
  predict: z
    .strictObject({ testbed: common.testbed, checkpoint: z.string().max(2000), ...selected })
    .refine(notBoth, oneOf),
  embed: z
    .strictObject({
      ...common,
      ...selected,
      /** Absent: the features that a linear model is a head on. */
      layers: z
        .union([z.enum(["all", "middle"]), z.array(z.int().min(0).max(10_000)).min(1).max(1000)])
        .exactOptional(),
      pooling: z.enum(["mean", "last"]).default("mean"),
    })
    .refine(notBoth, oneOf),
  score: z
    .strictObject({
      ...common,
      ...selected,
      prompt: z.string().max(100_000).exactOptional(),
      continuations: z.array(z.string().max(10_000)).min(1).max(100).exactOptional(),
      chat: z.boolean().default(false),
    })
    .refine(notBoth, oneOf),
  quote: z.strictObject({
    ...common,
    call: z.enum(["fit", "predict", "embed", "score"]).default("fit"),
    /** Default: all of the split that the call is about, `train` for `fit` and else `development`. */
    examples: z.int().min(1).max(mostInputs).exactOptional(),
    /** Of a fit; default: the model's. */
    epochs: z.int().min(1).max(10_000).exactOptional(),
  }),
} as const;

export type HelperName = keyof typeof requests;
export type HelperRequest<K extends HelperName> = z.infer<(typeof requests)[K]>;

/** Puts arrays where a message refers to them as `{ $blob: n }`. No field of a request lies deeper than `depth`. */
export function placed(value: unknown, blobs: readonly Blob[], depth = 4): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value) || depth === 0) return value;
  if ("$blob" in value) return blobs[Number(value.$blob)];
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, placed(entry, blobs, depth - 1)]));
}

function isFloats(value: unknown): boolean {
  return value instanceof Float32Array;
}
