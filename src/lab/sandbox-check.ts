import { WeakToStrongError } from "../errors.js";
import type { SandboxCapabilities, SandboxProvider, SandboxRequest } from "../sandbox.js";

/** Makes one sandbox and has its Python import the lab's client: what is wrong with either is known before any agent begins. */
export async function trySandbox(
  provider: SandboxProvider,
  request: SandboxRequest,
  signal: AbortSignal,
): Promise<void> {
  await using sandbox = await provider.create(request, { signal });
  const { exitCode, output } = await sandbox.exec(["python3", "-c", "import numpy; from w2s_trainer import lab"], {
    signal,
  });
  if (exitCode === 0) return;
  throw new WeakToStrongError(
    "missing_dependency",
    `The Python inside the sandbox "${provider.name}" cannot be used by agents: it needs Python 3.11 or newer and numpy. \`npx weak-to-strong setup\` makes one, or name another by \`python\`. It said:\n${output}`,
  );
}

/** Says what a sandbox does not enforce here; throws `unsupported` unless that was accepted. Returns what it can. */
export async function checkSandbox(
  provider: SandboxProvider,
  accepted: boolean,
  notice: (message: string) => void,
  /** Told of what no provider of this kind can promise: the same each time, so it is in no journal. */
  say: (message: string) => void,
  signal: AbortSignal,
): Promise<SandboxCapabilities> {
  const capabilities = await provider.capabilities({ signal });
  const { isolated, limits, caveats } = capabilities;
  const missing = Object.entries(limits).flatMap(([limit, how]) => (how === "none" ? [limit] : []));
  if (!isolated) notice(`The sandbox "${provider.name}" isolates nothing: agents' commands run with your own rights.`);
  if (missing.length > 0) {
    const what = `The sandbox "${provider.name}" does not enforce limits of ${missing.join(" and ")} on this machine`;
    if (!accepted) {
      throw new WeakToStrongError(
        "unsupported",
        `${what}. ${caveats.join(" ")} Pass acceptUnenforced: true to run the lab nevertheless, or use another sandbox.`,
      );
    }
    notice(`${what}.`);
  }
  for (const caveat of caveats) say(`The sandbox "${provider.name}": ${caveat}`);
  return capabilities;
}
