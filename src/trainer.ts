import type { Rows } from "./data/dataset.js";
import type { Matrix } from "./data/matrix.js";
import type { Features, Pooling } from "./models/features.js";
import type { ModelSpec } from "./models/model.js";
import type { Pretrained } from "./models/pretrained.js";

/**
 * Trains models and predicts with them. Everything that is asked and answered is plain data, so that a backend can be
 * a function, a subprocess or a machine elsewhere. Backends start lazily, and whoever makes one disposes it.
 */
export interface Trainer extends AsyncDisposable {
  readonly name: string;
  /** What this trainer can do. Asynchronous: a remote or lazy trainer has to ask. */
  capabilities(options?: CallOptions): Promise<Capabilities>;
  /**
   * Names everything besides the request that answers depend on: device, threads, library and worker versions,
   * micro-batch, the contents of the model's files. For one fingerprint the same request gives the same bits.
   */
  fingerprint(model: ModelSpec, options?: CallOptions): Promise<string>;
  fit(request: FitRequest, options?: CallOptions): Promise<FitResult>;
  /** Predicts with a checkpoint that this trainer's `fit` returned. */
  predict(request: PredictRequest, options?: CallOptions): Promise<PredictResult>;
  /** Vectors for inputs: hidden states of a pretrained model by layer, or any other features. */
  embed(request: EmbedRequest, options?: CallOptions): Promise<EmbedResult>;
  /** Log-probabilities of continuations after a prompt, by a pretrained causal language model as it is. */
  score(request: ScoreRequest, options?: CallOptions): Promise<ScoreResult>;
}

/** What every call takes. */
export interface CallOptions {
  /** Aborting rejects the promise within a second, with `signal.reason`. */
  readonly signal?: AbortSignal;
  /** Called with progress while the call runs. */
  readonly emit?: (event: TrainerEvent) => void;
}

/** What a trainer tells while it works. */
export type TrainerEvent =
  | {
      readonly type: "progress";
      readonly stage: "load" | "features" | "train" | "predict";
      /** Done so far, out of `of`: optimiser steps while training, examples otherwise. */
      readonly step: number;
      readonly of: number;
      /** Mean loss of the last step, in nats. */
      readonly loss?: number;
      readonly tokensPerSecond?: number;
    }
  /** Something that changes no result but that a person should know: a cache entry recomputed, a disk that is full. */
  | { readonly type: "warning"; readonly message: string };

export interface Capabilities {
  readonly tasks: readonly FitRequest["task"][];
  /** Types of models that `fit` takes. */
  readonly models: readonly ModelSpec["type"][];
  /** Names of losses that `fit` knows. */
  readonly losses: readonly string[];
  /** Which of the optional calls work. */
  readonly predict: boolean;
  readonly embed: boolean;
  readonly score: boolean;
  /** Whether `fit` can start `from` a checkpoint. */
  readonly warmStart: boolean;
  /** In words, one entry a device: `cpu (2 threads)`, `cuda:0 NVIDIA H200`. */
  readonly devices: readonly string[];
  /** How many calls run at the same time; more are queued. */
  readonly parallel: number;
}

/** A loss by name, with its parameters: `{ name: "confidence", alpha: 0.5, ramp: 0.2 }`. */
export interface LossSpec {
  readonly name: string;
  readonly [parameter: string]: number | string | boolean;
}

/** Fit a classifier to soft targets. */
export interface FitRequest {
  readonly task: "classify";
  readonly model: ModelSpec;
  readonly classes: number;
  readonly train: Rows & {
    /** Soft labels: one row a training row, one column a class, each row summing to 1. */
    readonly targets: Matrix;
    /** Non-negative weight of each training row; all 1 if absent. */
    readonly weights?: Float32Array;
  };
  readonly loss: LossSpec;
  /** Initialisation and order. */
  readonly seed: number;
  /** The rows to predict with the trained model, by a name of the caller's. */
  readonly predict: Readonly<Record<string, Rows>>;
  /** Start from this trained model instead of from scratch (a head) or from the pretrained weights. */
  readonly from?: Checkpoint;
  /** Measured after each epoch; with `keep: "best"` the epoch of least validation loss is what is returned. */
  readonly validation?: Validation;
  /** Also return every training row's loss after each epoch. */
  readonly traces?: boolean;
  /** Also return the mean training loss of each optimiser step. */
  readonly curve?: boolean;
}

/** Rows that are not trained on, with soft labels: one row a validation row, one column a class. */
export type Validation = Rows & { readonly targets: Matrix; readonly keep: "last" | "best" };

export interface FitResult {
  readonly checkpoint: Checkpoint;
  /** Class probabilities for each entry of the request's `predict`, rows in the order asked. */
  readonly predictions: Readonly<Record<string, Matrix>>;
  /** The mean training loss of each epoch, in nats; with `validation` also the cross-entropy there. */
  readonly history: readonly EpochRecord[];
  /** With `traces`: training rows x epochs. */
  readonly traces?: Matrix;
  /** With `curve`: one loss an optimiser step, in nats. */
  readonly curve?: Float32Array;
  readonly cost: Cost;
  /**
   * The fingerprint under which the fit really went, and under which caches keep it: another than `fingerprint()` had
   * said where the memory sufficed for a smaller micro-batch only, or another device did it. Absent: as it had said.
   */
  readonly fingerprint?: string;
}

export interface EpochRecord {
  readonly epoch: number;
  readonly loss: number;
  readonly validation?: { readonly loss: number; readonly accuracy: number };
}

/** A trained model, usable with the trainer that made it. */
export interface Checkpoint {
  readonly id: string;
  /** The folder with its files, where the trainer is on this machine. */
  readonly path?: string;
}

export interface Cost {
  /** Seconds that the device was busy for this call. */
  readonly seconds: number;
  readonly device: string;
  /** Tokens that went through a transformer for this call; 0 where features were at hand. */
  readonly tokens: number;
  /** The answer came from a cache; `seconds` is what it had cost when it was computed. */
  readonly cached?: boolean;
}

export interface PredictRequest {
  readonly checkpoint: Checkpoint;
  readonly rows: Rows;
}

export interface PredictResult {
  readonly predictions: Matrix;
  readonly cost: Cost;
}

/** Hidden states of several layers, or features of another type. */
export type EmbedRequest =
  | {
      readonly model: Pretrained;
      /** 0 is the embedding, k the output of block k; "all" is 0 to the last of d blocks, "middle" is d / 2. */
      readonly layers: readonly number[] | "all" | "middle";
      readonly pooling: Pooling;
      readonly maxTokens: number;
      readonly rows: Rows;
    }
  /** Features that learn from a dataset (patches) learn from the whole of `rows.dataset`. */
  | { readonly features: Features; readonly rows: Rows };

export interface EmbedResult {
  /** One matrix a layer asked for, in that order: rows x width. Features give one. */
  readonly layers: readonly Matrix[];
  readonly cost: Cost;
}

/** Templates hold fields of the input in braces: `{text}`; a literal brace is doubled: `{{`. */
export interface ScoreRequest {
  /** A causal language model. */
  readonly model: Pretrained;
  readonly rows: Rows;
  /** Template of what stands before: `"Is this true? {question} {choice}\nLabel:"`. Default: the form of the inputs' kind. */
  readonly prompt?: string;
  /** Templates of what may follow: `[" No", " Yes"]`, `[" {first}", " {second}"]`. Default: the labels of their kind. */
  readonly continuations?: readonly string[];
  /** The prompt is one user turn of the model's chat template. Default false. */
  readonly chat?: boolean;
  /** Prompt and continuation together; a longer prompt is shortened. */
  readonly maxTokens: number;
}

export interface ScoreResult {
  /** log P(continuation | prompt) in nats, summed over its tokens: rows x continuations. */
  readonly logProbabilities: Matrix;
  /** How many tokens each continuation has, in the same shape. */
  readonly tokens: Matrix;
  readonly cost: Cost;
}
