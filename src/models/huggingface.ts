import { WeakToStrongError } from "../errors.js";
import type { LinearOptimizer } from "./linear.js";
import type { Pretrained } from "./pretrained.js";

/** How a transformer is fine-tuned: AdamW, a linear warm-up, then linear decay to zero. */
export interface FineTuneOptimizer extends LinearOptimizer {
  /** Share of the steps over which the learning rate rises from 0. */
  readonly warmup: number;
}

/** Low-rank adapters beside frozen weights: W x + s B A x (Hu et al. 2021). */
export interface Lora {
  readonly type: "lora";
  readonly rank: number;
  readonly alpha: number;
  /** s = alpha / sqrt(rank) (rsLoRA, Kalajdzievski 2023) where true, alpha / rank where false. */
  readonly rankStabilized: boolean;
  /** Which linear layers: "all-linear" is every one but the output layer; else the last parts of their names. */
  readonly targets: "all-linear" | readonly string[];
}

/** Which weights are trained: the classification head only, adapters, or all. */
export type Tune = { readonly type: "head" } | Lora | { readonly type: "full" };

/**
 * A pretrained transformer, fine-tuned. A causal language model answers with the label token after the prompt: its
 * class probabilities are the softmax over the logits of the classes' tokens. An encoder gets a linear head on the
 * mean of its last states.
 */
export interface HuggingFaceModel {
  readonly type: "huggingface";
  readonly model: Pretrained;
  readonly tune: Tune;
  readonly optimizer: FineTuneOptimizer;
  /** Longer inputs are shortened to this many tokens, at the question's or text's cost before an answer's. */
  readonly maxTokens: number;
  /** The text before the label, with the input's fields in braces. Absent: the form of the input's kind (docs/models.md). */
  readonly prompt?: string;
  /** What stands for each class after the prompt; different in their first token. Absent: by the input's kind. */
  readonly labels?: readonly string[];
  /** The prompt is one user turn of the model's own chat template. */
  readonly chat: boolean;
}

/** What {@link huggingFace} takes besides the model. */
export interface HuggingFaceOptions {
  readonly tune?: "head" | "lora" | "full" | (Partial<Lora> & { readonly type: "lora" }) | Tune;
  readonly optimizer?: Partial<FineTuneOptimizer>;
  readonly maxTokens?: number;
  readonly prompt?: string;
  readonly labels?: readonly string[];
  readonly chat?: boolean;
}

const ofPretrained = ["id", "revision", "path", "package", "module", "folder", "gguf"];
const known = ["tune", "optimizer", "maxTokens", "prompt", "labels", "chat", ...ofPretrained];

/** LoRA r 32, alpha 32, rsLoRA, all linear layers: the automated study's settings (Anthropic Fellows, April 2026). */
const lora: Lora = { type: "lora", rank: 32, alpha: 32, rankStabilized: true, targets: "all-linear" };
const rates = { head: 1e-3, lora: 1e-4, full: 2e-5 } as const;

/**
 * Any causal language model or encoder that transformers knows, from the hub, a folder or a Python package, fine-tuned:
 * `huggingFace({ id: "Qwen/Qwen3-4B-Base" })`, `huggingFace({ path: "models/mine", tune: "full" })`,
 * `huggingFace({ ...smollm2(), tune: "head" })`.
 *
 * Defaults: `tune: "lora"` with rank 32, alpha 32, rank-stabilised, on all linear layers; AdamW with 10% warm-up and
 * linear decay, learning rate 1e-4 (head 1e-3, full 2e-5), weight decay 0, 5 epochs, batches of 32; 1,024 tokens; no chat
 * template, since base models have none to follow (say `chat: true` for a model that was trained on one).
 */
export function huggingFace(options: Pretrained & HuggingFaceOptions): HuggingFaceModel {
  if (typeof options !== "object" || options === null)
    throw new WeakToStrongError(
      "bad_input",
      `huggingFace: expected { id, ... } or { path, ... }, found ${JSON.stringify(options)}.`,
    );
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown !== undefined)
    throw new WeakToStrongError(
      "bad_input",
      `huggingFace: unknown option "${unknown}"; there are ${known.join(", ")}.`,
    );
  const { tune = "lora", optimizer, maxTokens = 1024, prompt, labels, chat = false, ...model } = options;
  const full = tuneOf(tune);
  return {
    type: "huggingface",
    model: model as Pretrained,
    tune: full,
    optimizer: { learningRate: rates[full.type], weightDecay: 0, epochs: 5, batchSize: 32, warmup: 0.1, ...optimizer },
    maxTokens,
    ...(prompt !== undefined && { prompt }),
    ...(labels !== undefined && { labels }),
    chat,
  };
}

/** Fills in what a short form leaves out. */
export function tuneOf(tune: NonNullable<HuggingFaceOptions["tune"]>): Tune {
  const { type, ...rest } = typeof tune === "string" ? { type: tune } : tune;
  if (type === "lora") return { ...lora, ...rest };
  if (type === "head" || type === "full") return { type };
  throw new WeakToStrongError(
    "bad_input",
    `huggingFace: tune: expected "head", "lora", "full" or { type: "lora", ... }, found ${JSON.stringify(tune)}.`,
  );
}
