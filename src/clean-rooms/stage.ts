import { delimiter, dirname, join } from "node:path";
import type { Mount } from "../sandbox.js";
import { pythonMounts } from "../sandboxes/python-mounts.js";

/** What the sandboxes of programs are given besides inputs, labels and code: an interpreter with its packages. */
export interface RoomStage {
  readonly mounts: readonly Mount[];
  readonly env: Readonly<Record<string, string>>;
  /** The interpreter, by its path inside. */
  readonly python: string;
}

/** A stage with this interpreter alone. `isolated`: whether the sandbox shows only what is mounted. */
export async function pythonStage(python: string, isolated: boolean): Promise<RoomStage> {
  const mounts = isolated ? (await pythonMounts(python)).map(insideOf) : [];
  return { mounts, ...interpreter(python, isolated) };
}

/** How programs inside find an interpreter of the host. */
export function interpreter(python: string, isolated: boolean): Omit<RoomStage, "mounts"> {
  const inside = isolated ? pathInside(python) : python;
  return {
    python: inside,
    env: {
      PATH: [dirname(inside), "/usr/local/bin", "/usr/bin", "/bin"].join(delimiter),
      PYTHONDONTWRITEBYTECODE: "1",
      HF_HUB_OFFLINE: "1",
    },
  };
}

/** The mount at the place where a sandbox can have it. */
export function insideOf(mount: Mount): Required<Mount> {
  return { ...mount, target: pathInside(mount.target ?? mount.source) };
}

/** A path of the host as it is inside: below `/work` nothing can be mounted, and a project may lie there. */
function pathInside(path: string): string {
  return /^\/work(\/|$)/.test(path) ? join("/host", path) : path;
}
