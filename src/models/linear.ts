import type { Features } from "./features.js";

/** How a linear head is trained: AdamW with the learning rate falling linearly to zero. */
export interface LinearOptimizer {
  /** Step size at the start. */
  readonly learningRate: number;
  /** Decoupled weight decay, times the learning rate a step (the bias has none). */
  readonly weightDecay: number;
  /** Passes over the training examples. */
  readonly epochs: number;
  /** Examples a step. */
  readonly batchSize: number;
}

/** A softmax head (for two classes: logistic regression) on frozen features. */
export interface LinearModel {
  readonly type: "linear";
  readonly features: Features;
  readonly optimizer: LinearOptimizer;
}

/**
 * A linear model on `features`. The problem is convex, so a fit is quick and differs little between seeds.
 *
 * Defaults: AdamW, learning rate 0.02 falling linearly to 0, weight decay 1, 40 epochs, batches of 256. With 5,000
 * examples that is 800 steps, enough to converge, and the decay suits 576 features; docs/models.md has what other
 * values do. With a few hundred examples take more epochs. Hidden states and patches are z-scored over the training
 * rows; words and pixels go in as they are.
 */
export function linear(features: Features, optimizer: Partial<LinearOptimizer> = {}): LinearModel {
  return {
    type: "linear",
    features,
    optimizer: { learningRate: 0.02, weightDecay: 1, epochs: 40, batchSize: 256, ...optimizer },
  };
}
