import type { Pretrained } from "../../models/pretrained.js";
import type { Trainer } from "../../trainer.js";
import type { SuiteCase } from "../suite.js";

/** What the suite should know of the trainer that it tests. */
export interface TrainerSuiteOptions {
  /** A pretrained model that `embed` can be tried with; without one its cases are skipped. */
  readonly pretrained?: Pretrained;
  /** A causal language model that `score` can be tried with; without one its cases are skipped. */
  readonly causal?: Pretrained;
  /** Why neither seeds nor optimisers change anything, for a trainer that solves its problem in closed form. */
  readonly closedForm?: string;
}

/** What cases are made with. */
export interface Bench {
  /** A case that gets a trainer, which is disposed of where it is its own. */
  test(name: string, body: (trainer: Trainer) => Promise<void>): SuiteCase;
  /** A second instance; skips where the factory gives one only. */
  another(trainer: Trainer): Promise<Trainer>;
  readonly options: TrainerSuiteOptions;
}
