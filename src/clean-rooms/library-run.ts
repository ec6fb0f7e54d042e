import type { CleanRun, Code } from "../clean-room.js";
import type { Rows } from "../data/dataset.js";
import { checkProbabilities, type Matrix } from "../data/matrix.js";
import { WeakToStrongError } from "../errors.js";
import { makeContext } from "../experiment/context.js";
import { methodCalled } from "../methods/registry.js";
import type { ModelSpec } from "../models/model.js";
import { untilAborted } from "../run.js";
import type { Split, Testbed } from "../testbed/testbed.js";
import type { Trainer } from "../trainer.js";
import { isTrainersOwn } from "./blame.js";

export interface LibraryRequest {
  readonly code: Extract<Code, { type: "library" }>;
  readonly testbed: Pick<Testbed, "name" | "kind" | "classes"> & { readonly train: Split; readonly student: ModelSpec };
  readonly test: Rows;
  readonly seed: number;
  readonly weakLabels: Matrix;
}

/**
 * Runs one of the library's own methods. Its code is this package's, so it needs no sandbox; it has the restricted context
 * that every method has, without further teachers and without truth.
 */
export async function runLibraryMethod(
  trainer: Trainer,
  { code, testbed, test, seed, weakLabels }: LibraryRequest,
  mostSeconds: number,
  signal: AbortSignal,
): Promise<CleanRun> {
  const { name, kind, classes, train, student } = testbed;
  const begun = performance.now();
  const overtime = AbortSignal.timeout(mostSeconds * 1000);
  const either = AbortSignal.any([signal, overtime]);
  const shared = () => ({
    fitLog: "",
    seconds: { fit: (performance.now() - begun) / 1000, predict: 0 },
    traces: { canaries: [], processes: {}, refused: [], opened: [] },
  });
  try {
    const method = methodCalled(code.name, code.options);
    const task = {
      testbed: { name, kind, classes, splits: { train_unlabel: train, test } },
      student,
      seed,
      weakLabels,
      anotherTeacher: () =>
        Promise.reject(new WeakToStrongError("unsupported", "A clean room has the labels of one teacher and no more.")),
    };
    const context = makeContext(task, method, trainer, either, () => undefined);
    const { predictions } = await untilAborted(method(context), either);
    checkProbabilities(
      predictions.test,
      test.indices?.length ?? test.dataset.inputs.length,
      classes.length,
      "predictions",
    );
    return { status: "ok", predictions: predictions.test, ...shared() };
  } catch (error) {
    signal.throwIfAborted();
    if (overtime.aborted)
      return { status: "failed", phase: "fit", detail: `It was ended after ${mostSeconds} seconds.`, ...shared() };
    if (!WeakToStrongError.isInstance(error) || isTrainersOwn(error.code)) throw error;
    return { status: "failed", phase: "fit", detail: error.message, ...shared() };
  }
}
