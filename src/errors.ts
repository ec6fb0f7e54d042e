/** What went wrong, for callers that branch on it. */
export type ErrorCode =
  /** An argument, a file or a message does not have the form that it must have. */
  | "bad_input"
  /** The backend cannot do what was asked (an unknown loss, a model it does not know). */
  | "unsupported"
  /** A file, a checkpoint or a dataset that was named is not there. */
  | "not_found"
  /** Python, or a Python or npm package that the request needs, is missing or too old. */
  | "missing_dependency"
  /** The worker process or the remote service died or cannot be reached. */
  | "worker_died"
  /** The other side sent something that the protocol does not allow. */
  | "protocol"
  /** No space, or no right to write, where a result has to be kept. */
  | "storage"
  /** Somebody else is using the folder. */
  | "busy"
  /** A budget is spent: of evaluations, dollars, tokens, hours. */
  | "exhausted"
  /** The handle has been disposed. */
  | "disposed"
  /** The computation itself failed (a method or a fit threw). */
  | "failed";

const marker = Symbol.for("weak-to-strong.error");

/**
 * Every error that this library throws itself. `message` says what was expected, what was found and what to do;
 * `cause` holds what was caught underneath. An abort is not one of these: it is rethrown as `signal.reason`.
 */
export class WeakToStrongError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "WeakToStrongError";
    this.code = code;
  }

  /** True for errors of this family, also when they come from a second copy of the package. */
  static isInstance(value: unknown): value is WeakToStrongError {
    return typeof value === "object" && value !== null && marker in value;
  }
}

// On the prototype, so that printing an error does not show it.
Object.defineProperty(WeakToStrongError.prototype, marker, { value: true });
