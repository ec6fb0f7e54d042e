import type { ExperimentEvent } from "../experiment/events.js";
import type { PowerPlan } from "../stats/power.js";
import type { PairNames } from "./plan.js";

/** What a sweep tells while it runs. */
export type SweepEvent =
  /** The first one. Each of the `pairs` is an experiment; `units` counts the units of all of them. */
  | {
      readonly type: "started";
      readonly testbed: string;
      readonly models: readonly string[];
      readonly methods: readonly string[];
      readonly seeds: readonly number[];
      readonly pairs: number;
      readonly units: number;
      /**
       * The minimum detectable difference of PGR between two methods, of every pair of models: an experiment's plan, which
       * is not adjusted over pairs of models. Absent where an experiment has none.
       */
      readonly resolvable?: PowerPlan;
    }
  /**
   * What an experiment tells, with the pair that it is about. `done` and `units` are the whole sweep's, and a fit is
   * also `shared` where another pair asked for the same.
   */
  | (Exclude<ExperimentEvent, { readonly type: "started" | "finished" }> & PairNames)
  /** A pair has ended: `done` of `pairs`. */
  | (PairNames & { readonly type: "pair"; readonly done: number; readonly pairs: number })
  | (PairNames & {
      readonly type: "pair-failed";
      readonly error: string;
      readonly done: number;
      readonly pairs: number;
    })
  /** The last one. */
  | { readonly type: "finished"; readonly seconds: number };
