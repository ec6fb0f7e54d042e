import { WeakToStrongError } from "../errors.js";
import { runCommand } from "./command.js";

/** A Python that is new enough to make an environment with. */
export interface PythonFound {
  /** The interpreter's own path. */
  readonly path: string;
  /** `3.11.7` */
  readonly version: string;
}

const oldest = [3, 11] as const;
const names = ["python3.13", "python3.12", "python3.11", "python3.14", "python3", "python"];

const probe = `
import sys
try:
    import venv, ensurepip
    usable = "yes"
except ImportError:
    usable = "no"
print(sys.executable, ".".join(map(str, sys.version_info[:3])), usable, sep="\\n")
`;

type Probed = PythonFound & { readonly usable: boolean; readonly newEnough: boolean };

/**
 * Finds Python 3.11 or newer that can make environments: the one named, or else the first that does on the PATH.
 *
 * @throws WeakToStrongError `missing_dependency` with what was found instead and what to install.
 */
export async function findPython(
  options: { named?: string | undefined; signal?: AbortSignal | undefined } = {},
): Promise<PythonFound> {
  const tried: string[] = [];
  let unusable: Probed | undefined;
  for (const name of options.named ? [options.named] : names) {
    const found = await look(name, options.signal);
    if (typeof found === "string") {
      tried.push(found);
    } else if (!found.newEnough) {
      tried.push(`${name} is Python ${found.version} (${found.path})`);
    } else if (!found.usable) {
      unusable ??= found;
      tried.push(`${name} (${found.path}, Python ${found.version}) cannot make environments`);
    } else {
      return { path: found.path, version: found.version };
    }
  }
  if (unusable) {
    const minor = unusable.version.split(".").slice(0, 2).join(".");
    throw new WeakToStrongError(
      "missing_dependency",
      `Python ${unusable.version} (${unusable.path}) has no venv and ensurepip, which Debian and Ubuntu keep in a package of ` +
        `their own. Type: apt install python${minor}-venv (or python3-venv), or name another Python with --python PATH.`,
    );
  }
  throw new WeakToStrongError(
    "missing_dependency",
    `Python ${oldest.join(".")} or newer is needed, and ${options.named ? "this is not one" : "there is none"}: ${tried.join("; ")}. Install one (Debian: ` +
      "apt install python3 python3-venv; macOS: brew install python@3.13), or name one with --python PATH.",
  );
}

/** A sentence if there is no such Python. */
async function look(name: string, signal: AbortSignal | undefined): Promise<Probed | string> {
  const result = await runCommand(name, ["-I", "-c", probe], { signal, timeoutMs: 20_000 });
  if (result.code === 127) return `${name} is not there`;
  const [path, version, usable] = result.stdout.split(/\r?\n/);
  if (result.code !== 0 || !path || !version) {
    const words = result.output.trim().split("\n").at(-1) ?? "";
    return `${name} does not run (${words || `exit code ${result.code}`})`;
  }
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const newEnough = major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
  return { path, version, usable: usable === "yes", newEnough };
}
