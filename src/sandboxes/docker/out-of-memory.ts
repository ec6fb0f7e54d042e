import type { Sandbox } from "../../sandbox.js";

/** Where a container sees what its control group counts: cgroups v2 and v1. */
const places = ["/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"];

/** Lets the output of a command that failed say where the kernel has killed something for want of memory. */
export function tellOutOfMemory(sandbox: Sandbox, memory: number): Sandbox {
  const exec = sandbox.exec.bind(sandbox);
  let killed = 0;
  sandbox.exec = async (command, options = {}) => {
    const result = await exec(command, options);
    if (result.exitCode === 0) return result;
    const before = killed;
    killed = await killedSoFar(sandbox);
    if (killed <= before) return result;
    const notice = `[The sandbox needed more than its ${memory} bytes of memory: a process was killed.]\n`;
    return { ...result, output: result.output + (/(^|\n)$/.test(result.output) ? "" : "\n") + notice };
  };
  return sandbox;
}

async function killedSoFar(sandbox: Sandbox): Promise<number> {
  for (const place of places) {
    const content = await sandbox.files.read(place, { maxBytes: 4096 }).catch(() => undefined);
    const count = content && /^oom_kill (\d+)$/m.exec(Buffer.from(content).toString("latin1"))?.[1];
    if (count) return Number(count);
  }
  return 0;
}
