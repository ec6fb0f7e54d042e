import { execFile } from "node:child_process";
import { WeakToStrongError } from "../../errors.js";
import { isolation } from "./arguments.js";

/** A bubblewrap that works on this machine. */
export interface Found {
  readonly program: string;
  readonly disableUserNamespaces: boolean;
}

/** Tries whether bubblewrap is there and may do what sandboxes need. Throws `missing_dependency` with what to do. */
export async function findBubblewrap(program: string): Promise<Found> {
  if (process.platform !== "linux") {
    throw new WeakToStrongError(
      "missing_dependency",
      `bubblewrap needs Linux, and this is ${process.platform}. Use docker() from "weak-to-strong/sandboxes/docker" (docs/sandboxes.md).`,
    );
  }
  const attempt = (...more: string[]): Promise<Outcome> =>
    run(program, [...isolation, "--unshare-net", ...more, "--ro-bind", "/", "/", "--proc", "/proc", "/bin/true"]);
  const strict = await attempt("--disable-userns");
  if (strict.ok) return { program, disableUserNamespaces: true };
  if (strict.missing) {
    throw new WeakToStrongError(
      "missing_dependency",
      `There is no ${program} to isolate agents with. Install bubblewrap (Debian, Ubuntu: apt-get install bubblewrap; Fedora: ` +
        "dnf install bubblewrap), or run `npx weak-to-strong setup` as root, or use docker() (docs/sandboxes.md).",
    );
  }
  const plain = await attempt();
  if (plain.ok) return { program, disableUserNamespaces: false };
  throw new WeakToStrongError(
    "missing_dependency",
    `bubblewrap is there, but may not isolate here: ${plain.words}. It needs user namespaces: on Ubuntu see sysctl ` +
      "kernel.apparmor_restrict_unprivileged_userns, on older Debian kernel.unprivileged_userns_clone; in a container, start it with " +
      "--security-opt seccomp=unconfined --security-opt systempaths=unconfined. Or use docker() (docs/sandboxes.md).",
  );
}

interface Outcome {
  readonly ok: boolean;
  readonly missing: boolean;
  readonly words: string;
}

function run(program: string, args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: 20_000 }, (error, _, stderr) => {
      const words = stderr.trim() || error?.message || "";
      resolve({ ok: error === null, missing: error?.code === "ENOENT", words });
    });
  });
}
