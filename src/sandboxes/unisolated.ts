import { mkdir } from "node:fs/promises";
import { WeakToStrongError } from "../errors.js";
import { packagePath } from "../package-root.js";
import type { SandboxProvider } from "../sandbox.js";
import { startHelper } from "./helper-process.js";
import { providerOf } from "./provider.js";
import { fullRequest } from "./request.js";
import { diskCaveat, openSandbox } from "./session.js";

export interface UnisolatedOptions {
  /** The Python (3.11 or newer) that runs the helper. Default: `python3` on the PATH. */
  readonly python?: string;
}

/**
 * No isolation at all: commands run on this machine, with your rights, and can read your files, keys and the truth. For
 * agents whose code is your own, and for machines that have nothing better.
 *
 * `/work` is the request's folder itself, for `cwd` and for files; commands see its real path, in `$W2S_WORK` and `$HOME`.
 * The door is where it was made: `$W2S_DOOR`. Mounts must have the same path inside as outside.
 */
export function unisolated(options: UnisolatedOptions = {}): SandboxProvider {
  const { python = "python3" } = options;
  return providerOf({
    name: "unisolated",
    async prepare() {
      if (process.platform === "win32") {
        throw new WeakToStrongError("missing_dependency", "unisolated() needs Linux or macOS: on Windows, use WSL.");
      }
    },
    capabilities: () => ({
      isolated: false,
      network: ["full"],
      limits: { memory: "none", processes: "none", disk: "watched" },
      hostFolders: ["/"],
      caveats: [
        "Nothing is isolated: a command can do whatever you can, read every file of yours, and use the network.",
        "Memory and processes are not limited.",
        diskCaveat,
        "A command that means to can end the helper, and what it has started then goes on after the sandbox.",
      ],
    }),
    async create(request, _, { signal }) {
      const full = fullRequest(request, request.work);
      const moved = full.mounts.find(({ source, target }) => source !== target);
      if (moved) {
        throw new WeakToStrongError(
          "unsupported",
          `unisolated() cannot show ${moved.source} as ${moved.target}: mounts keep their paths.`,
        );
      }
      if (request.network === "none") {
        throw new WeakToStrongError(
          "unsupported",
          'unisolated() cannot keep commands from the network: leave `network` out, or set it to "full".',
        );
      }
      await mkdir(full.work, { recursive: true });
      signal?.throwIfAborted();
      const helper = startHelper({
        program: python,
        args: ["-I", "-S", "-B", packagePath("python", "w2s_sandbox")],
        env: {},
        detached: true,
      });
      const path = process.env.PATH ?? full.env.PATH!;
      const door = full.door ? { W2S_DOOR: full.door } : {};
      const env = { ...full.env, PATH: path, W2S_WORK: full.work, ...door, ...request.env };
      return openSandbox(helper, { request: { ...full, env }, work: full.work }, { signal });
    },
  });
}
