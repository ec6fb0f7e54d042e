import { readFileSync } from "node:fs";
import { lastLines, runCommand } from "./command.js";

export interface BubblewrapSetup {
  /** Called with each line for a person. */
  readonly report: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

const elsewhere = "Until then agents can run in docker() only (docs/sandboxes.md).";

/**
 * Installs bubblewrap where that is ours to do: on Debian and Ubuntu, as root. Elsewhere it says how. Nothing but agents'
 * sandboxes needs it, so what goes wrong is told and is no error. Quick where it is there.
 */
export async function ensureBubblewrap({ report, signal }: BubblewrapSetup): Promise<void> {
  if (process.platform !== "linux") return;
  if ((await runCommand("bwrap", ["--version"], { signal, timeoutMs: 10_000 })).code === 0) return;
  if (!isDebian()) {
    report(`bubblewrap, in which agents are isolated, is not here: install it with your package manager. ${elsewhere}`);
    return;
  }
  if (process.geteuid?.() !== 0) {
    report(
      `bubblewrap, in which agents are isolated, is not here. Type: sudo apt-get install bubblewrap. ${elsewhere}`,
    );
    return;
  }
  report("Installing bubblewrap, in which agents are isolated (apt-get install bubblewrap)");
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const apt = (...args: string[]): ReturnType<typeof runCommand> =>
    runCommand("apt-get", ["-qq", "-o", "DPkg::Lock::Timeout=60", ...args], { env, signal, timeoutMs: 300_000 });
  const install = ["install", "-y", "--no-install-recommends", "bubblewrap"];
  // A machine that is not new knows where the package is; a new one has to be told first.
  let result = await apt(...install);
  if (result.code !== 0) {
    await apt("update");
    result = await apt(...install);
  }
  if (result.code === 0) report("bubblewrap is installed");
  else report(`bubblewrap could not be installed:\n${lastLines(result.output)}\n${elsewhere}`);
}

function isDebian(): boolean {
  try {
    return /^(ID|ID_LIKE)=.*\b(debian|ubuntu)\b/m.test(readFileSync("/etc/os-release", "utf8"));
  } catch {
    return false;
  }
}
