/* What a process takes of its machine, from /proc. */
import { readdirSync, readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

export interface Taken {
  /** Megabytes; of the heap after a collection. */
  readonly rss: number;
  readonly heap: number;
  readonly descriptors: number;
  readonly handles: number;
}

export function taken(): Taken {
  collect();
  const { rss, heapUsed } = process.memoryUsage();
  return {
    rss: rss / 2 ** 20,
    heap: heapUsed / 2 ** 20,
    descriptors: readdirSync("/proc/self/fd").length,
    handles: process.getActiveResourcesInfo().length,
  };
}

/** Megabytes of the highest RSS that this process has had. */
export function peak(): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8"))![1]) / 1024;
}

/** Processes that descend from this one, leaving one out, and the sum of their RSS in megabytes (shared pages count in each). */
export function descendants(except: number | undefined): { count: number; rss: number } {
  const parents = new Map<number, { parent: number; pages: number }>();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
      parents.set(Number(pid), { parent: Number(fields[1]), pages: Number(fields[21]) });
    } catch {
      // It has ended meanwhile.
    }
  }
  const ours = (pid: number | undefined): boolean =>
    pid !== undefined && pid !== except && (pid === process.pid || ours(parents.get(pid)?.parent));
  const all = [...parents].filter(([pid]) => pid !== process.pid && ours(pid));
  return { count: all.length, rss: all.reduce((sum, [, { pages }]) => sum + pages * 4096, 0) / 2 ** 20 };
}
