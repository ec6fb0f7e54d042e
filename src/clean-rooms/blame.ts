import type { ErrorCode } from "../errors.js";

const ours: readonly ErrorCode[] = ["worker_died", "protocol", "storage", "missing_dependency"];

/** Whether this is a failure of the trainer itself: a method that meets it is not to blame, and is not judged. */
export function isTrainersOwn(code: ErrorCode): boolean {
  return ours.includes(code);
}
