import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { WeakToStrongError } from "../../errors.js";

/** Where this process may make control groups: one folder (v2), or one for each controller (v1). */
export interface CgroupParent {
  readonly version: 1 | 2;
  readonly memory: string;
  readonly processes: string;
}

/** A control group that holds one sandbox. */
export interface Cgroup {
  /** A process that writes its id into each of these is in it. */
  readonly procs: readonly string[];
  /** How many of its processes the kernel has killed for want of memory. */
  outOfMemory(): number;
  /** Kills what is left in it and removes it. */
  remove(): Promise<void>;
}

/** Where the kernel shows control groups, and this process's; others in tests. */
export interface CgroupFiles {
  readonly root: string;
  readonly self: string;
}

const machine: CgroupFiles = { root: "/sys/fs/cgroup", self: "/proc/self/cgroup" };

/** Undefined where this process may not limit memory and processes together. */
export function findCgroupParent({ root, self }: CgroupFiles = machine): CgroupParent | undefined {
  const own = new Map<string, string>();
  for (const line of read(self)?.trim().split("\n") ?? []) {
    const [, controllers = "", path = "/"] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    for (const controller of controllers.split(",")) own.set(controller, path);
  }
  const memory = own.get("memory");
  const processes = own.get("pids");
  if (memory !== undefined && processes !== undefined) {
    // In a container the path may be the host's, of which only the end is visible.
    const [a, b] = [
      ["memory", memory],
      ["pids", processes],
    ].map(([controller, path]) =>
      [join(root, controller!, path === "/" ? "" : path!), join(root, controller!)].find(writable),
    );
    return a && b ? { version: 1, memory: a, processes: b } : undefined;
  }
  // Only a group whose children get these controllers will do: this process's own, or one above it.
  for (let path = own.get("") ?? "/"; ; path = dirname(path)) {
    const folder = join(root, path);
    const given = read(join(folder, "cgroup.subtree_control"))?.trim().split(" ") ?? [];
    const both = given.includes("memory") && given.includes("pids");
    if (both && writable(folder) && writable(join(folder, "cgroup.procs"))) {
      return { version: 2, memory: folder, processes: folder };
    }
    if (path === dirname(path)) return undefined;
  }
}

let made = 0;

/** Makes a control group with these limits. */
export function makeCgroup(
  parent: CgroupParent,
  limits: { readonly memory: number; readonly processes: number },
): Cgroup {
  const name = `w2s-${process.pid}-${Date.now().toString(36)}-${++made}`;
  const memory = join(parent.memory, name);
  const processes = join(parent.processes, name);
  const folders = [...new Set([memory, processes])];
  try {
    for (const folder of folders) mkdirSync(folder);
    if (parent.version === 1) {
      writeFileSync(join(memory, "memory.limit_in_bytes"), `${limits.memory}`);
      // Memory and swap together; not there where the kernel does not count swap.
      ifThere(join(memory, "memory.memsw.limit_in_bytes"), `${limits.memory}`);
    } else {
      writeFileSync(join(memory, "memory.max"), `${limits.memory}`);
      ifThere(join(memory, "memory.swap.max"), "0");
    }
    writeFileSync(join(processes, "pids.max"), `${limits.processes}`);
  } catch (cause) {
    for (const folder of folders) if (existsSync(folder)) rmdirSync(folder);
    throw new WeakToStrongError(
      "failed",
      `The control group ${memory} could not be made: ${cause instanceof Error ? cause.message : cause}.`,
      { cause },
    );
  }
  const events = join(memory, parent.version === 1 ? "memory.oom_control" : "memory.events");
  return {
    procs: folders.map((folder) => join(folder, "cgroup.procs")),
    outOfMemory: () => Number(/^oom_kill (\d+)$/m.exec(read(events) ?? "")?.[1] ?? 0),
    async remove() {
      for (const folder of folders) await removeGroup(folder);
    },
  };
}

/** Removes groups that processes which no longer run have left behind. */
export function removeStale(parent: CgroupParent): void {
  for (const folder of new Set([parent.memory, parent.processes])) {
    for (const name of readdirSync(folder)) {
      const pid = Number(/^w2s-(\d+)-/.exec(name)?.[1] ?? Number.NaN);
      if (Number.isNaN(pid) || runs(pid)) continue;
      try {
        rmdirSync(join(folder, name));
      } catch {
        // Another process was quicker, or something still runs in it.
      }
    }
  }
}

const attempts = 500;

async function removeGroup(folder: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      rmdirSync(folder);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
      if (attempt === attempts) throw error;
    }
    for (const pid of read(join(folder, "cgroup.procs"))?.split("\n").filter(Boolean) ?? []) {
      try {
        process.kill(Number(pid), "SIGKILL");
      } catch {
        // It has gone.
      }
    }
    await sleep(10); // the kernel takes a moment to let go of what was killed
  }
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function writable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function ifThere(file: string, content: string): void {
  if (existsSync(file)) writeFileSync(file, content);
}
