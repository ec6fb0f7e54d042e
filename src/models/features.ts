import { WeakToStrongError } from "../errors.js";
import type { Pretrained } from "./pretrained.js";

/** Counts of hashed word n-grams: what a weak teacher can be made of without any pretrained model. */
export interface HashedWords {
  readonly type: "hashed-words";
  /** Number of buckets that words are hashed into (CRC-32); 16 to 16,384. */
  readonly buckets: number;
  /** Longest n-gram: 1 is single words, 2 adds pairs of neighbours. */
  readonly ngrams: number;
}

/** Pixels of an image, averaged over squares. */
export interface Pixels {
  readonly type: "pixels";
  /** Side of the square that is averaged into one value; 1 keeps every pixel. */
  readonly pool: number;
}

/** Codes of image patches against k-means centroids that were learned without labels (Coates and Ng 2012). */
export interface Patches {
  readonly type: "patches";
  /** Side of a patch in pixels. */
  readonly size: number;
  /** Number of centroids. */
  readonly centroids: number;
}

/** Hidden states of a frozen pretrained transformer. */
export interface HiddenStates {
  readonly type: "hidden-states";
  readonly model: Pretrained;
  /** 0 is the embedding, k the output of block k. Nothing beyond the layer is computed. */
  readonly layer: number;
  /** "last": the state of the last token; "mean": the mean over the tokens. */
  readonly pooling: Pooling;
  /** Longer inputs are shortened to this many tokens. */
  readonly maxTokens: number;
}

export type Pooling = "last" | "mean";

/** A fixed, label-free map from inputs to vectors. */
export type Features = HashedWords | Pixels | Patches | HiddenStates;

/**
 * Hashed word n-grams. Default 1,024 buckets of single words: with a few hundred labels a teacher that is well above
 * chance and clearly below a pretrained student, which is what a weak-to-strong gap needs.
 */
export function hashedWords(options: { buckets?: number; ngrams?: number } = {}): HashedWords {
  return { type: "hashed-words", buckets: options.buckets ?? 1024, ngrams: options.ngrams ?? 1 };
}

/** Average-pooled pixels; default `pool` 2, so that a weak teacher sees an 8 x 8 digit as 4 x 4 values. */
export function pixels(options: { pool?: number } = {}): Pixels {
  return { type: "pixels", pool: options.pool ?? 2 };
}

/** Label-free k-means patch features; default 64 centroids of 3 x 3 patches, pooled over the four quadrants. */
export function patches(options: { size?: number; centroids?: number } = {}): Patches {
  return { type: "patches", size: options.size ?? 3, centroids: options.centroids ?? 64 };
}

/**
 * Hidden states of a frozen pretrained model. Default pooling "mean", `maxTokens` 512.
 *
 * @param model `smollm2()`, `minilm()`, a hub id, or `{ path, gguf? }`.
 */
export function hiddenStates(
  model: Pretrained | string,
  options: { layer: number; pooling?: Pooling; maxTokens?: number },
): HiddenStates {
  if (!Number.isInteger(options?.layer))
    throw new WeakToStrongError(
      "bad_input",
      `hiddenStates: layer: expected a whole number, as in hiddenStates(model, { layer: 18 }), found ${options?.layer}.`,
    );
  return {
    type: "hidden-states",
    model: typeof model === "string" ? { id: model } : model,
    layer: options.layer,
    pooling: options.pooling ?? "mean",
    maxTokens: options.maxTokens ?? 512,
  };
}
