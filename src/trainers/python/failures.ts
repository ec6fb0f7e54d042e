import { WeakToStrongError } from "../../errors.js";
import type { WorkerMessage } from "./messages.js";

/** The worker that answered `dataset_missing`: the caller puts the dataset and asks again. */
export class DatasetMissing extends Error {}

/** What the worker's error is on this side. */
export function failure({ code, message, traceback }: Extract<WorkerMessage, { type: "error" }>["body"]): Error {
  if (code === "dataset_missing") return new DatasetMissing();
  if (code === "cancelled") return new WeakToStrongError("failed", message);
  return new WeakToStrongError(code, message, traceback ? { cause: new Error(traceback) } : {});
}

export function tooLargeTogether(cause: DatasetMissing): WeakToStrongError {
  return new WeakToStrongError(
    "failed",
    "The datasets of this request together need more memory than the worker keeps (512 MB): it forgets one while it is sent another. Use fewer or shorter examples, or fit with `predict: {}` and ask for the predictions of one dataset at a time with predict().",
    { cause },
  );
}

export function missingPython(python: string): WeakToStrongError {
  return new WeakToStrongError(
    "missing_dependency",
    `There is no Python at ${python}. Run \`npx weak-to-strong setup\` to make this project's Python environment, or name another interpreter with pythonTrainer({ python }) or $W2S_PYTHON.`,
  );
}
