import type { Rows } from "../data/dataset.js";
import type { Matrix } from "../data/matrix.js";
import type { Method, MethodContext } from "../methods/method.js";
import type { ModelSpec } from "../models/model.js";
import type { Split, Testbed } from "../testbed/testbed.js";
import type { Trainer } from "../trainer.js";

/** What one seed's methods work on. */
export interface StudentTask {
  readonly testbed: Pick<Testbed, "name" | "kind" | "classes"> & {
    readonly splits: { readonly train_unlabel: Split; readonly test: Rows };
  };
  readonly student: ModelSpec;
  readonly seed: number;
  readonly weakLabels: Matrix;
  /** The examples of `train_label` that this seed's teacher was trained on, and their truth: for controls. */
  readonly teacher?: { readonly examples: Rows; readonly labels: Matrix };
  /** Labels of one more teacher, trained on the `draw`-th bootstrap of the teacher's examples. */
  anotherTeacher(draw: number, method: Method): Promise<Matrix>;
}

/** What stands behind a method's context. */
export interface Behind {
  readonly task: StudentTask;
  readonly trainer: Trainer;
}

/**
 * Kept beside contexts and not in them: with the trainer itself a method could go on from the ceiling's checkpoint. Only
 * what puts a door between method and trainer opens it (clean-rooms/program.ts).
 */
const behind = new WeakMap<MethodContext, Behind>();

export function keepBehind(context: MethodContext, what: Behind): void {
  behind.set(context, what);
}

/** Undefined for a context that was not made from a task. */
export function behindOf(context: MethodContext): Behind | undefined {
  return behind.get(context);
}
