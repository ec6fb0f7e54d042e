import { WeakToStrongError } from "../../errors.js";
import type { Message } from "./messages.js";

/** The other side answered `dataset_missing`: the caller puts the dataset and asks again. */
export class DatasetMissing extends Error {}

/** What the other side's error is on this side. */
export function failure({ code, message, traceback }: Extract<Message, { type: "error" }>["body"]): Error {
  if (code === "dataset_missing") return new DatasetMissing();
  if (code === "cancelled") return new WeakToStrongError("failed", message);
  return new WeakToStrongError(code, message, traceback ? { cause: new Error(traceback) } : {});
}

export function tooLargeTogether(keeps: string, cause: DatasetMissing): WeakToStrongError {
  return new WeakToStrongError(
    "failed",
    `The datasets of this request together need more memory than ${keeps}: it forgets one while it is sent another. Use fewer or shorter examples, or fit with \`predict: {}\` and ask for the predictions of one dataset at a time with predict().`,
    { cause },
  );
}
