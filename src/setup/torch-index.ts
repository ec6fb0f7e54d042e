import type { CommandResult } from "./command.js";
import { explainFailure, runCommand, runPythonModule } from "./command.js";
import type { Gpu } from "./gpu.js";

/** From where torch is installed, and why. */
export interface TorchChoice {
  /** The index to take torch from; absent for the one that pip uses anyway. */
  readonly url?: string;
  readonly why: string;
}

export interface TorchChoiceOptions {
  /** An interpreter with pip. */
  readonly python: string;
  /** `torch==2.13.0` */
  readonly requirement: string;
  /** `auto`, `default` (pip's own index), or the address of an index. */
  readonly asked: string;
  readonly gpu: Gpu;
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Where PyTorch publishes builds by kind: `<host>/cpu`, `<host>/cu130`, …; a test puts its own here. */
  readonly host?: string | undefined;
}

const pytorch = "https://download.pytorch.org/whl";
const cudaBuilds = ["13.2", "13.0", "12.9", "12.8", "12.6"];

/**
 * Chooses the index for torch. The ordinary Linux wheel carries gigabytes of CUDA, the ordinary macOS and Windows wheels
 * none, and a private index may hold either: so pip is asked what it would install, and another index is named only
 * where that does not fit the machine.
 */
export async function chooseTorch(options: TorchChoiceOptions): Promise<TorchChoice> {
  const { asked, gpu } = options;
  if (asked === "default") return { why: "pip's own index, as asked" };
  if (asked !== "auto") return { url: asked, why: `${asked}, as asked` };
  const host = options.host ?? pytorch;

  const plain = await ask(options);
  if ("failed" in plain) throw explainFailure(`Asking pip about ${options.requirement}`, plain.failed);
  if (!gpu.present) {
    return plain.cuda
      ? { url: `${host}/cpu`, why: "no NVIDIA GPU here, and pip's own index would bring CUDA: the CPU build" }
      : { why: "no NVIDIA GPU here, and pip's own index has a build without CUDA" };
  }
  if (plain.cuda) return { why: `NVIDIA GPU (${gpu.by}), and pip's own index has a CUDA build` };
  for (const version of cudaBuilds.filter((build) => fits(build, gpu.cuda))) {
    const url = `${host}/cu${version.replace(".", "")}`;
    const there = await ask(options, url);
    if (!("failed" in there) && there.cuda) {
      return { url, why: `NVIDIA GPU (${gpu.by}), and pip's own index has no CUDA build: the one for CUDA ${version}` };
    }
  }
  return {
    why:
      `NVIDIA GPU (${gpu.by}), but neither pip's own index nor ${host} has a CUDA build of ${options.requirement} ` +
      `${gpu.cuda ? `for CUDA ${gpu.cuda} or older ` : ""}within reach: torch will run on the CPU. To name an index: --torch-index URL`,
  };
}

/** A driver runs what was built for its own CUDA version or an older one. */
function fits(build: string, driver: string | undefined): boolean {
  if (driver === undefined) return true;
  const [major = 0, minor = 0] = build.split(".").map(Number);
  const [driverMajor = 0, driverMinor = 0] = driver.split(".").map(Number);
  return major < driverMajor || (major === driverMajor && minor <= driverMinor);
}

/** Would this index's torch bring CUDA? */
async function ask(
  options: TorchChoiceOptions,
  index?: string,
): Promise<{ readonly cuda: boolean } | { readonly failed: CommandResult }> {
  const { python, env = process.env, signal } = options;
  const report = await runPythonModule(
    python,
    "pip",
    [
      ...["install", "--dry-run", "--no-deps", "--ignore-installed", "--quiet", "--report", "-"],
      ...["--no-input", "--disable-pip-version-check", ...(index ? ["--index-url", index] : []), options.requirement],
    ],
    { env, signal },
  );
  if (report.code !== 0) return { failed: report };
  const result = await runCommand(python, ["-I", "-c", carriesCuda], { input: report.stdout, env, signal });
  return result.code === 0 ? { cuda: result.stdout.trim() === "True" } : { failed: result };
}

/** Reads pip's report; a requirement counts only where its marker holds on this machine. */
const carriesCuda = `
import json, re, sys
from pip._vendor.packaging.requirements import Requirement
def holds(text):
    requirement = Requirement(text)
    return bool(re.match("(nvidia|cuda)([-_]|$)", requirement.name)) and (
        requirement.marker is None or requirement.marker.evaluate({"extra": ""}))
metadata = [item["metadata"] for item in json.load(sys.stdin)["install"]]
print(any(holds(text) for m in metadata for text in m.get("requires_dist", []))
      or any("+cu" in m["version"] for m in metadata))
`;
