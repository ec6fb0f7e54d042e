/** How often other processes' events are looked for, in milliseconds; a look costs some microseconds. */
const interval = 25;

interface Waiting {
  readonly cursor: number;
  readonly wake: () => void;
}

/** Wakes followers: at once for what this connection writes, and by looking for what others do. */
export class Watch {
  readonly #last: () => number;
  readonly #waiting = new Set<Waiting>();
  #timer: NodeJS.Timeout | undefined;

  /** `last` gives the cursor of the last event. */
  constructor(last: () => number) {
    this.#last = last;
  }

  /** Resolves when there may be events after `cursor`, or when the signal aborts. */
  beyond(cursor: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(waiting);
        signal.removeEventListener("abort", wake);
        if (this.#waiting.size === 0) this.#stop();
        resolve();
      };
      const waiting: Waiting = { cursor, wake };
      this.#waiting.add(waiting);
      this.#timer ??= setInterval(() => this.look(), interval);
      signal.addEventListener("abort", wake);
      if (signal.aborted) wake();
    });
  }

  look(): void {
    if (this.#waiting.size === 0) return;
    let last: number;
    try {
      last = this.#last();
    } catch {
      last = Number.POSITIVE_INFINITY; // they meet the error when they read
    }
    for (const { cursor, wake } of this.#waiting) if (last > cursor) wake();
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
