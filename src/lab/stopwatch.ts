/** Times an agent's steps as research: what is left of them when waiting for a trainer is taken out. */
export interface Stopwatch {
  /** Starts a step; what is returned ends it and tells its seconds, and how many of them were waiting. */
  step(): () => { readonly seconds: number; readonly queued: number };
  /** A call that took so many seconds has just ended; for the first `queued` of them it waited. */
  waited(seconds: number, queued: number): void;
  /** Research seconds of all steps, those that are under way too. */
  total(): number;
}

export function stopwatch(): Stopwatch {
  let past = 0;
  const steps = new Set<{ readonly begun: number; readonly waits: [from: number, to: number][] }>();

  /** Waits of calls that were made at the same time lie over each other: their union counts. */
  function union(waits: readonly [number, number][], begun: number): number {
    let total = 0;
    let until = begun;
    for (const [from, to] of [...waits].sort(([a], [b]) => a - b)) {
      total += Math.max(0, to - Math.max(from, until));
      until = Math.max(until, to);
    }
    return total / 1000;
  }

  return {
    step() {
      const own = { begun: performance.now(), waits: [] as [from: number, to: number][] };
      steps.add(own);
      return () => {
        steps.delete(own);
        const time = { seconds: (performance.now() - own.begun) / 1000, queued: union(own.waits, own.begun) };
        past += time.seconds - time.queued;
        return time;
      };
    },
    waited(seconds, queued) {
      const from = performance.now() - seconds * 1000;
      if (queued > 0) for (const { waits } of steps) waits.push([from, from + queued * 1000]);
    },
    total() {
      const now = performance.now();
      const each = [...steps].map(({ begun, waits }) => (now - begun) / 1000 - union(waits, begun));
      return each.reduce((sum, seconds) => sum + seconds, past);
    },
  };
}
