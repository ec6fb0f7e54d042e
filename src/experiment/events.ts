import type { PowerPlan } from "../stats/power.js";
import type { TrainerEvent } from "../trainer.js";

/** Which piece of work of an experiment an event is about: `method` is a method's name, `weak` or `ceiling`. */
export interface Unit {
  readonly method: string;
  readonly seed: number;
}

/** What an experiment tells while it runs. */
export type ExperimentEvent =
  /** The first one. A unit is one method (teacher and ceiling among them) with one seed; there are `units` of them. */
  | {
      readonly type: "started";
      readonly testbed: string;
      readonly methods: readonly string[];
      readonly seeds: readonly number[];
      readonly units: number;
      /**
       * The minimum detectable difference of PGR between two methods: a planning value from assumptions about methods,
       * which it holds, and not from these data. Absent with one method, and for other metrics than accuracy.
       */
      readonly resolvable?: PowerPlan;
    }
  /** From the trainer, while a unit is worked on. */
  | (TrainerEvent & Unit)
  /** A fit has ended: `shared` with another unit that asked for the same, or `cached` on disk. */
  | (Unit & { readonly type: "fit"; readonly seconds: number; readonly cached: boolean; readonly shared: boolean })
  /** A unit has ended: `done` of `units`. */
  | (Unit & {
      readonly type: "unit";
      /** Mean of the experiment's metric on the test split. */
      readonly score: number;
      readonly accuracy: number;
      readonly done: number;
      readonly units: number;
    })
  | (Unit & { readonly type: "unit-failed"; readonly error: string; readonly done: number; readonly units: number })
  /** The last one. */
  | { readonly type: "finished"; readonly seconds: number };
