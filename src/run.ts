import { EventEmitter } from "eventemitter3";

/**
 * Work that is under way: it starts when it is made. Iterating gives its events from the first one on; to stop iterating
 * does not cancel. An error appears in `result()` and nowhere else. Disposing cancels and waits.
 */
export interface Run<Event, Result> extends AsyncIterable<Event>, AsyncDisposable {
  /** The outcome. Rejects with the error, or with the reason of a cancellation. The same promise each time. */
  result(): Promise<Result>;
  /** Ends the work; `result()` rejects with `reason` (default: an `AbortError`). Does nothing once it has ended. */
  cancel(reason?: unknown): void;
}

/** What the work gets: emit its events, and stop when the signal says so. */
export interface RunContext<Event> {
  readonly signal: AbortSignal;
  emit(event: Event): void;
}

/** Starts `work` and returns its handle. An abort of `options.signal` cancels it. */
export function startRun<Event extends { readonly type: string }, Result>(
  work: (context: RunContext<Event>) => Promise<Result>,
  options: {
    readonly signal?: AbortSignal | undefined;
    /**
     * Events kept for an iterator that comes late or lags behind; progress is thinned out first, then the oldest go.
     * Default 10,000.
     */
    readonly kept?: number;
  } = {},
): Run<Event, Result> {
  const { kept = 10_000 } = options;
  const controller = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, controller.signal]) : controller.signal;
  let log: { readonly at: number; readonly event: Event }[] = [];
  let next = 0;
  let ended = false;
  const bus = new EventEmitter<"change">();

  function emit(event: Event): void {
    if (ended) return;
    log.push({ at: next++, event });
    if (log.length > kept) {
      const lasting = log.filter((entry) => entry.event.type !== "progress");
      log = lasting.length <= kept / 2 ? lasting : log.slice(-kept / 2);
    }
    bus.emit("change");
  }

  async function perform(): Promise<Result> {
    try {
      signal.throwIfAborted();
      return await work({ signal, emit });
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      ended = true;
      bus.emit("change");
    }
  }
  const result = perform();
  // Whoever asks for the result gets the error; nobody having asked yet must not end the process.
  result.catch(() => undefined);

  async function* events(): AsyncGenerator<Event, void, undefined> {
    let position = 0;
    for (;;) {
      const entry = log[0] && log[0].at >= position ? log[0] : log[lowerBound(log, position)];
      if (entry) {
        position = entry.at + 1;
        yield entry.event;
      } else if (ended) {
        return;
      } else {
        await new Promise<void>((resolve) => bus.once("change", resolve));
      }
    }
  }

  const cancel = (reason?: unknown): void =>
    controller.abort(reason ?? new DOMException("the run was cancelled", "AbortError"));
  return {
    result: () => result,
    cancel,
    [Symbol.asyncIterator]: events,
    async [Symbol.asyncDispose]() {
      cancel(new DOMException("the run was disposed before it ended", "AbortError"));
      await result.catch(() => undefined);
    },
  };
}

function lowerBound(log: readonly { readonly at: number }[], position: number): number {
  let low = 0;
  let high = log.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (log[middle]!.at < position) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Settles as `promise` does, or rejects with the signal's reason as soon as it aborts. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
