import type { Rows } from "./data/dataset.js";
import type { Matrix } from "./data/matrix.js";
import type { Pooling } from "./models/features.js";
import type { ModelSpec } from "./models/linear.js";
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
  /** Hidden states of a pretrained model, by layer. */
  embed(request: EmbedRequest, options?: CallOptions): Promise<EmbedResult>;
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
  /** Names of losses that `fit` knows. */
  readonly losses: readonly string[];
  /** Which of the optional calls work. */
  readonly predict: boolean;
  readonly embed: boolean;
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
  /** Also return every training row's loss after each epoch. */
  readonly traces?: boolean;
}

export interface FitResult {
  readonly checkpoint: Checkpoint;
  /** Class probabilities for each entry of the request's `predict`, rows in the order asked. */
  readonly predictions: Readonly<Record<string, Matrix>>;
  /** The mean training loss of each epoch, in nats. */
  readonly history: readonly { readonly epoch: number; readonly loss: number }[];
  /** With `traces`: training rows x epochs. */
  readonly traces?: Matrix;
  readonly cost: Cost;
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

export interface EmbedRequest {
  readonly model: Pretrained;
  /** 0 is the embedding, k the output of block k. */
  readonly layers: readonly number[];
  readonly pooling: Pooling;
  readonly maxTokens: number;
  readonly rows: Rows;
}

export interface EmbedResult {
  /** One matrix a layer asked for, in that order: rows x width. */
  readonly layers: readonly Matrix[];
  readonly cost: Cost;
}
