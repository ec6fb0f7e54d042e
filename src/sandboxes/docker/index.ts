import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { WeakToStrongError } from "../../errors.js";
import { packagePath } from "../../package-root.js";
import type { Sandbox, SandboxCapabilities, SandboxProvider } from "../../sandbox.js";
import { providerOf } from "../provider.js";
import { type FullRequest, fullRequest } from "../request.js";
import { diskCaveat, openSandbox } from "../session.js";
import { containerOf, noPython } from "./container.js";
import { type Engine, findEngine, findImage, type Image } from "./engine.js";
import { type ContainerHelper, startContainer } from "./helper.js";
import { tellOutOfMemory } from "./out-of-memory.js";
import { ownerLabels, removeStale } from "./owner.js";
import { seccompOption } from "./seccomp.js";

export interface DockerOptions {
  /** An image that the engine has, with `/bin/sh` and Python 3.11 or newer: `python:3.12-slim`. It is never pulled. */
  readonly image: string;
  /** The engine's Unix socket. Default: that of `DOCKER_HOST`, else the first of Docker's and podman's that answers. */
  readonly socketPath?: string;
  /** The image's Python that runs the helper. Default: `python3` on the image's PATH. */
  readonly python?: string;
}

/** What is found out once for all sandboxes of a provider. */
interface Ground {
  readonly engine: Engine;
  readonly image: Image;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Sandboxes by containers of Docker or podman (docs/docker-sandbox.md), one each: no network, no capabilities, a read-only
 * image, and of the host the work folder, the mounts of a request and its door. `npm i dockerode` first.
 *
 * Errors: `missing_dependency` (no dockerode, no engine that answers, no such image, or no Python in it; what to do about
 * it), `unsupported` (an engine elsewhere, an image with volumes).
 */
export function docker(options: DockerOptions): SandboxProvider {
  const { image, socketPath, python = "python3" } = options;
  for (const [field, value] of Object.entries({ image, python })) {
    if (typeof value !== "string" || value === "") {
      throw new WeakToStrongError(
        "bad_input",
        `docker({ ${field} }): expected a text, found ${JSON.stringify(value)}. An image is named as in \`docker run\`.`,
      );
    }
  }
  return providerOf({
    name: "docker",
    async prepare(): Promise<Ground> {
      const engine = await findEngine(socketPath);
      const [found, labels] = await Promise.all([findImage(engine, image), ownerLabels(), removeStale(engine)]);
      return { engine, image: found, labels };
    },
    capabilities: ({ engine }) => capabilitiesOf(engine),
    async create(request, ground, { signal }) {
      const full = fullRequest(request);
      const path = ground.image.path ? { PATH: ground.image.path } : {};
      const env = { ...full.env, ...path, ...request.env };
      checkSources(full);
      await mkdir(full.work, { recursive: true });
      signal?.throwIfAborted();
      return start({ ...full, env }, ground, { image, python, signal });
    },
  });
}

/** Some engines make a folder where there is nothing to mount. */
function checkSources({ name, mounts, door }: FullRequest): void {
  const sources = [...mounts.map(({ source }) => source), ...(door ? [door] : [])];
  const missing = sources.find((source) => !existsSync(source));
  if (missing) throw new WeakToStrongError("not_found", `Sandbox ${name}: there is no ${missing} to mount.`);
}

async function start(
  request: FullRequest,
  { engine, image, labels }: Ground,
  calling: { readonly image: string; readonly python: string; readonly signal: AbortSignal | undefined },
): Promise<Sandbox> {
  const { python, signal } = calling;
  const helper = await startHelper(request, { engine, image, labels }, python);
  const each = {
    ...(engine.limitsMemory ? {} : { memory: request.limits.memory }),
    ...(engine.limitsProcesses ? {} : { processes: request.limits.processes }),
  };
  try {
    const sandbox = await openSandbox(helper, { request, work: "/work", each }, { signal });
    return engine.limitsMemory ? tellOutOfMemory(sandbox, request.limits.memory) : sandbox;
  } catch (error) {
    const words = helper.lastWords();
    if (!words.startsWith(noPython)) throw error;
    throw new WeakToStrongError(
      "missing_dependency",
      `The image ${calling.image} has no Python 3.11 or newer as ${python}; found: ${words.slice(noPython.length).trim()}. ` +
        "Use another image, or name its interpreter: docker({ python }).",
    );
  }
}

async function startHelper(request: FullRequest, ground: Ground, python: string): Promise<ContainerHelper> {
  await using seccomp = await seccompOption(ground.engine);
  const helper = packagePath("python", "w2s_sandbox");
  return await startContainer(
    ground.engine,
    containerOf({ ...ground, request, helper, python, seccomp: seccomp.value }),
  );
}

function capabilitiesOf({ limitsMemory, limitsProcesses, rootless, seccomp }: Engine): SandboxCapabilities {
  const root = !rootless && process.getuid?.() === 0;
  return {
    isolated: true,
    network: ["none", "full"],
    limits: {
      memory: limitsMemory ? "kernel" : "each",
      processes: limitsProcesses ? "kernel" : root ? "none" : "each",
      disk: "watched",
    },
    hostFolders: [],
    caveats: [
      "The kernel is shared with the host, or with the engine's virtual machine: a hole in it is a hole in the sandbox.",
      "All of the image can be read: what it holds of data sets (scikit-learn has some, with labels) is for you to look after.",
      diskCaveat,
      "Paths of the host that are mounted can be read in /proc/self/mountinfo, and the machine's load, memory and processors in /proc.",
      ...(limitsMemory && limitsProcesses
        ? []
        : [
            "The engine cannot limit memory and processes together (a rootless one needs cgroups v2): they hold for each process alone.",
          ]),
      ...(rootless || root
        ? [
            "Processes inside are root there, without any of its rights: they can write into /dev, which is a small file system in memory.",
          ]
        : []),
      ...(root
        ? [
            "The lab runs as root, and so do processes inside: files mounted into a sandbox are readable though only root may read them. Run it as another user, or with a rootless engine.",
          ]
        : []),
      ...(process.platform === "linux"
        ? []
        : [
            "The engine runs in a virtual machine, and not every one lets a container reach a Unix socket of the host: try the door first.",
          ]),
      seccomp
        ? "The filter of system calls lists what is refused: calls that are newer than the list pass."
        : "The engine does not filter system calls.",
    ],
  };
}
