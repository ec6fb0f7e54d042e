import { mkdir } from "node:fs/promises";
import { isAbsolute } from "node:path";
import { WeakToStrongError } from "../../errors.js";
import { packagePath } from "../../package-root.js";
import type { Mount, Sandbox, SandboxCapabilities, SandboxProvider } from "../../sandbox.js";
import { startHelper } from "../helper-process.js";
import { providerOf } from "../provider.js";
import { pythonMounts } from "../python-mounts.js";
import { type FullRequest, fullRequest } from "../request.js";
import { diskCaveat, openSandbox } from "../session.js";
import { bubblewrapArguments, systemFolders } from "./arguments.js";
import { type Cgroup, type CgroupParent, findCgroupParent, makeCgroup, removeStale } from "./cgroups.js";
import { type Found, findBubblewrap } from "./find.js";
import { type Architecture, seccompFilter } from "./seccomp.js";

export { pythonMounts };

export interface BubblewrapOptions {
  /**
   * The Python (3.11 or newer, an absolute path) that runs the helper inside and is the first `python3` on the PATH
   * there; it and its packages are mounted. Default: the system's, `/usr/bin/python3`.
   */
  readonly python?: string;
  /** The program. Default: `bwrap` on the PATH. */
  readonly bwrap?: string;
}

/** What is found out once for all sandboxes of a provider. */
interface Ground {
  readonly found: Found;
  readonly cgroups: CgroupParent | undefined;
  readonly pythonMounts: readonly Required<Mount>[];
}

const systemPython = "/usr/bin/python3";

/**
 * Sandboxes by bubblewrap, on Linux: namespaces of their own, a filter of system calls, and nothing of the host but a
 * read-only system, the mounts of a request and its door. Memory and processes are limited by a control group where this
 * process may make one; `capabilities()` says what holds here (docs/sandboxes.md).
 *
 * Errors: `missing_dependency` (no bubblewrap, no right to use namespaces, or no Python; what to do about it).
 */
export function bubblewrap(options: BubblewrapOptions = {}): SandboxProvider {
  const { python = systemPython, bwrap = "bwrap" } = options;
  if (!isAbsolute(python)) {
    throw new WeakToStrongError(
      "bad_input",
      `bubblewrap({ python }): expected an absolute path, found ${JSON.stringify(python)}.`,
    );
  }
  return providerOf({
    name: "bubblewrap",
    async prepare(): Promise<Ground> {
      const [found, mounts] = await Promise.all([
        findBubblewrap(bwrap),
        python === systemPython ? [] : pythonMounts(python),
      ]);
      const cgroups = findCgroupParent();
      if (cgroups) removeStale(cgroups);
      return { found, cgroups, pythonMounts: mounts };
    },
    capabilities: ({ cgroups }) => capabilitiesHere(cgroups),
    async create(request, ground, { signal }) {
      const full = fullRequest(request);
      await mkdir(full.work, { recursive: true });
      signal?.throwIfAborted();
      return start(withPython(full, python), ground, python, signal);
    },
  });
}

async function start(
  request: FullRequest,
  { found, cgroups, pythonMounts }: Ground,
  python: string,
  signal: AbortSignal | undefined,
): Promise<Sandbox> {
  const filter = filterHere();
  const inside = bubblewrapArguments({
    request,
    helper: packagePath("python", "w2s_sandbox"),
    python,
    pythonMounts,
    seccomp: filter ? 3 : undefined,
    disableUserNamespaces: found.disableUserNamespaces,
  });
  const group = cgroups && makeCgroup(cgroups, request.limits);
  const memory = `${request.limits.memory} bytes of memory`;
  const helper = startHelper({
    program: python,
    args: [...enter(filter ? 4 : 3, group), found.program, ...inside],
    env: {},
    detached: true,
    files: filter ? [filter] : [],
    explain: (how) => (group?.outOfMemory() ? `${how}; the sandbox needed more than its ${memory}` : how),
    release: async () => group?.remove(),
  });
  let killed = 0;
  const noticed = (): string | undefined => {
    const before = killed;
    killed = group?.outOfMemory() ?? 0;
    return killed > before ? `The sandbox needed more than its ${memory}: a process was killed.` : undefined;
  };
  const each = group ? {} : { memory: request.limits.memory, processes: request.limits.processes };
  return openSandbox(helper, { request, work: "/work", each, noticed }, { signal });
}

/**
 * What becomes bubblewrap: it puts itself into the control group, so that nothing ever runs outside of it, and closes all
 * files from this one up. Node may leave open what it has itself inherited, such as a folder of the host.
 */
function enter(first: number, group: Cgroup | undefined): string[] {
  const script = packagePath("python", "w2s_sandbox", "enter.py");
  return ["-I", "-S", "-B", script, `${first}`, ...(group?.procs ?? []), "--"];
}

function withPython(request: FullRequest, python: string): FullRequest {
  if (python === systemPython) return request;
  const folder = python.slice(0, python.lastIndexOf("/"));
  return { ...request, env: { ...request.env, PATH: `${folder}:${request.env.PATH}` } };
}

function filterHere(): Buffer | undefined {
  const known: readonly string[] = ["x64", "arm64"] satisfies readonly Architecture[];
  return known.includes(process.arch) ? seccompFilter(process.arch as Architecture) : undefined;
}

function capabilitiesHere(cgroups: CgroupParent | undefined): SandboxCapabilities {
  const root = process.geteuid?.() === 0;
  return {
    isolated: true,
    network: ["none", "full"],
    limits: {
      memory: cgroups ? "kernel" : "each",
      processes: cgroups ? "kernel" : root ? "none" : "each",
      disk: "watched",
    },
    hostFolders: systemFolders,
    caveats: [
      "The kernel is the host's: a hole in it is a hole in the sandbox.",
      diskCaveat,
      "Paths of the host that are mounted can be read in /proc/self/mountinfo, and the machine's load, memory and processors in /proc.",
      ...(cgroups
        ? []
        : [
            "No control group could be made: memory is limited for each process alone, by its address space. Start the lab with `systemd-run --user --scope`, or as root.",
          ]),
      ...(root
        ? [
            "The lab runs as root, and so do processes inside, without any of its rights: files mounted into a sandbox are readable though only root may read them. Run it as another user where you can.",
          ]
        : []),
      ...(filterHere()
        ? []
        : [`There is no filter of system calls for ${process.arch}; keyrings are shared with the host.`]),
    ],
  };
}
