import { untilAborted } from "../run.js";

/** Lets agents take turns at something scarce: round robin over agents, first come first served within one. */
export interface FairQueue {
  /**
   * Does `work` when it is the turn of `who`. Rejects with `signal.reason` where it aborts before that; from then on the
   * signal is the work's own business.
   */
  run<T>(who: string, work: () => Promise<T>, options: { signal: AbortSignal }): Promise<T>;
}

interface Waiting {
  begin(): void;
}

/** `parallel`: how much is done at once. */
export function fairQueue({ parallel }: { readonly parallel: number }): FairQueue {
  /** Whoever's line stands first has the next turn. */
  const lines = new Map<string, Waiting[]>();
  let running = 0;

  function next(): void {
    while (running < parallel) {
      const [turn] = lines;
      if (!turn) return;
      const [who, line] = turn;
      const first = line.shift()!;
      lines.delete(who);
      if (line.length > 0) lines.set(who, line);
      running++;
      first.begin();
    }
  }

  function leave(who: string, waiting: Waiting): void {
    const line = lines.get(who)?.filter((other) => other !== waiting);
    if (line?.length) lines.set(who, line);
    else lines.delete(who);
  }

  return {
    async run(who, work, { signal }) {
      signal.throwIfAborted();
      const turn = Promise.withResolvers<void>();
      let begun = false;
      const waiting: Waiting = {
        begin: () => {
          begun = true;
          turn.resolve();
        },
      };
      const line = lines.get(who);
      if (line) line.push(waiting);
      else lines.set(who, [waiting]);
      next();
      try {
        await untilAborted(turn.promise, signal);
        return await work();
      } finally {
        if (begun) {
          running--;
          next();
        } else {
          leave(who, waiting);
        }
      }
    },
  };
}
