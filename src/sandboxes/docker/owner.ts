import { execFile } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { promisify } from "node:util";
import { type Engine, engineError, removeContainer } from "./engine.js";

const label = "weak-to-strong.owner";
const separator = " ";

/** Labels that tell whose a container is: this machine, since its start, and process, since its own. */
export async function ownerLabels(): Promise<Record<string, string>> {
  return { [label]: [place(), process.pid, await startOf(process.pid)].join(separator) };
}

/** Removes the containers of processes of this machine that no longer run. */
export async function removeStale({ docker }: Engine): Promise<void> {
  try {
    for (const { Id, Labels } of await docker.listContainers({ all: true, filters: { label: [label] } })) {
      const [where, pid, ...start] = Labels[label]?.split(separator) ?? [];
      if (where !== place() || (await startOf(Number(pid))) === start.join(separator)) continue;
      await removeContainer(docker.getContainer(Id));
    }
  } catch (error) {
    throw engineError("remove what earlier processes have left", error);
  }
}

/** Process ids mean something within one namespace of one run of a machine; elsewhere, within a machine of one name. */
function place(): string {
  try {
    return `${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()}/${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return hostname();
  }
}

/** When a process was started, as the system tells it; undefined where it does not run. */
async function startOf(pid: number): Promise<string | undefined> {
  if (process.platform === "linux") {
    try {
      const [state, ...fields] = readFileSync(`/proc/${pid}/stat`, "utf8")
        .replace(/^.*\) /s, "")
        .split(" ");
      return state === "Z" ? undefined : fields[18];
    } catch {
      return undefined;
    }
  }
  const { stdout } = await promisify(execFile)("ps", ["-o", "lstart=", "-p", `${pid}`]).catch(() => ({ stdout: "" }));
  return stdout.trim() || undefined;
}
