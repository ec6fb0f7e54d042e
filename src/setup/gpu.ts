import { existsSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "./command.js";

/** Whether this machine has an NVIDIA GPU, and up to which CUDA version its driver goes. */
export type Gpu =
  | { readonly present: false }
  | {
      readonly present: true;
      /** What told us: `nvidia-smi`, `/proc/driver/nvidia/version`, `/dev/nvidia0`. */
      readonly by: string;
      /** The newest CUDA that the driver supports, as `12.8`; absent where nvidia-smi did not say. */
      readonly cuda?: string;
    };

/** Looks for an NVIDIA GPU. `systemRoot` and `env` (for its PATH) stand in for the machine in tests. */
export async function detectGpu(
  options: {
    systemRoot?: string | undefined;
    env?: NodeJS.ProcessEnv | undefined;
    signal?: AbortSignal | undefined;
  } = {},
): Promise<Gpu> {
  const root = options.systemRoot ?? "/";
  const smi = await runCommand("nvidia-smi", [], {
    env: options.env ?? process.env,
    signal: options.signal,
    timeoutMs: 15_000,
  });
  if (smi.code === 0) {
    const cuda = /CUDA Version:\s*(\d+\.\d+)/i.exec(smi.stdout)?.[1];
    return { present: true, by: "nvidia-smi", ...(cuda ? { cuda } : {}) };
  }
  for (const file of ["proc/driver/nvidia/version", "dev/nvidia0"]) {
    if (existsSync(join(root, file))) return { present: true, by: `/${file}` };
  }
  return { present: false };
}
