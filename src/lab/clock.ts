import { WeakToStrongError } from "../errors.js";
import type { Budget } from "./budget.js";

/** Watches what passes without anybody doing anything: the lab's hours. */
export interface LabClock extends Disposable {
  /** Aborts when only writing up is left. */
  readonly closing: AbortSignal;
  /** Aborts when the hours are over. */
  readonly over: AbortSignal;
  /** Looks again, after something was spent. */
  look(): void;
}

/** `up` is how many seconds the lab has run. */
export function startClock(lab: Budget, up: () => number): LabClock {
  const closing = new AbortController();
  const over = new AbortController();
  const look = (): void => {
    lab.reach("hours", up() / 3600);
    if (lab.closing()) closing.abort(new WeakToStrongError("exhausted", "Only writing up is left."));
    const limit = lab.limit("hours");
    if (limit !== undefined && lab.spent("hours") >= limit)
      over.abort(new WeakToStrongError("exhausted", "The lab's hours are over."));
  };
  const timer = setInterval(look, 500);
  timer.unref();
  look();
  return { closing: closing.signal, over: over.signal, look, [Symbol.dispose]: () => clearInterval(timer) };
}
