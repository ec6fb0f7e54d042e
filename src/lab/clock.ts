import { WeakToStrongError } from "../errors.js";
import type { Budget } from "./budget.js";

/** Watches what passes without anybody doing anything: hours. */
export interface LabClock extends Disposable {
  /** Aborts when only writing up is left. */
  readonly closing: AbortSignal;
  /** Aborts when the hours are over. */
  readonly over: AbortSignal;
  /** Looks again, after something was spent. */
  look(): void;
}

/** `hours`: how many have passed by now. */
export function startClock(budget: Budget, hours: () => number, whose: string): LabClock {
  const closing = new AbortController();
  const over = new AbortController();
  const look = (): void => {
    budget.reach("hours", hours());
    if (budget.closing()) closing.abort(new WeakToStrongError("exhausted", "Only writing up is left."));
    const limit = budget.limit("hours");
    if (limit !== undefined && budget.spent("hours") >= limit)
      over.abort(new WeakToStrongError("exhausted", `${whose} hours are over.`));
  };
  const timer = setInterval(look, 500);
  timer.unref();
  look();
  return { closing: closing.signal, over: over.signal, look, [Symbol.dispose]: () => clearInterval(timer) };
}
