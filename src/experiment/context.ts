import { rowInputs } from "../data/dataset.js";
import type { Matrix } from "../data/matrix.js";
import { WeakToStrongError } from "../errors.js";
import type { Example, Fitted, Method, MethodContext, StudentFit } from "../methods/method.js";
import type { LinearModel } from "../models/linear.js";
import type { Split, Testbed } from "../testbed/testbed.js";
import type { FitResult, Trainer, TrainerEvent } from "../trainer.js";

/** What one seed's methods work on. */
export interface StudentTask {
  readonly testbed: Testbed;
  readonly student: LinearModel;
  readonly seed: number;
  readonly weakLabels: Matrix;
  /** Rows of `train_label` that this seed's teacher was trained on, and their truth. */
  readonly teacher: { readonly rows: Int32Array; readonly labels: Matrix };
}

/** What a method receives. Truth is not reachable from it, but for the teacher's labels that a control gets. */
export function makeContext(
  task: StudentTask,
  method: Method,
  trainer: Trainer,
  signal: AbortSignal,
  emit: (event: TrainerEvent) => void,
): MethodContext {
  const { splits, classes } = task.testbed;
  const { weakLabels, seed, student } = task;
  return {
    examples: examplesOf(splits.train_unlabel),
    // A copy each: what one method does to its labels must not reach another.
    weakLabels: { ...weakLabels, data: weakLabels.data.slice() },
    classes: classes.length,
    seed,
    signal,
    emit,
    fit: (options) => fitStudent(options),
    ...(method.control && { teacherLabels: task.teacher.labels }),
  };

  async function fitStudent(options: StudentFit): Promise<Fitted> {
    const { targets, rows, weights, loss = { name: "cross_entropy" }, optimizer, predictTrain, traces, on } = options;
    if (on && !method.control) {
      throw new WeakToStrongError(
        "bad_input",
        'fit: on: "teacher examples" is for controls; a method trains on train_unlabel.',
      );
    }
    const odd = rows === undefined ? undefined : Array.from(rows).find((row) => !Number.isInteger(row));
    if (odd !== undefined)
      throw new WeakToStrongError(
        "bad_input",
        `fit: rows: expected whole numbers, indices into examples, found ${odd}.`,
      );
    const pool = on ? splits.train_label.dataset : splits.train_unlabel.dataset;
    const indices = on ? task.teacher.rows : rows && Int32Array.from(rows);
    const fitted: FitResult = await trainer.fit(
      {
        task: "classify",
        model: { ...student, optimizer: { ...student.optimizer, ...optimizer } },
        classes: classes.length,
        train: { dataset: pool, targets, ...(indices && { indices }), ...(weights && { weights }) },
        loss,
        seed,
        predict: {
          test: { dataset: splits.test.dataset },
          ...(predictTrain && { train: { dataset: splits.train_unlabel.dataset } }),
        },
        ...(traces && { traces }),
      },
      { signal },
    );
    const { test, train } = fitted.predictions;
    // Where checkpoints lie is not a method's business: the ceiling's lies beside them.
    return {
      ...fitted,
      checkpoint: { id: fitted.checkpoint.id },
      predictions: { test: test!, ...(train && { train }) },
    };
  }
}

function examplesOf(split: Split): readonly Example[] {
  return rowInputs(split).map((input, index) => {
    const group = split.groups?.[index] ?? -1;
    const answer = split.answers?.[index];
    return { id: split.ids[index]!, input, ...(group >= 0 && { group }), ...(answer !== undefined && { answer }) };
  });
}
