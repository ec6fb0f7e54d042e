import type { SandboxProvider } from "../sandbox.js";
import { sandboxBench } from "./sandbox-cases/bench.js";
import { bombCases } from "./sandbox-cases/bombs.js";
import { commandCases } from "./sandbox-cases/commands.js";
import { fileCases } from "./sandbox-cases/files.js";
import { hostCases } from "./sandbox-cases/host.js";
import { kernelCases } from "./sandbox-cases/kernel.js";
import { lifeCases } from "./sandbox-cases/life.js";
import { networkCases } from "./sandbox-cases/network.js";
import type { SuiteCase } from "./suite.js";

/**
 * The cases that every {@link SandboxProvider} must pass, for any test runner: that it works, and that what runs inside
 * cannot get out. A case that the provider's own capabilities say that it does not promise is skipped, with that reason.
 *
 * ```ts
 * for (const { name, run } of sandboxSuite(() => mine())) test(name, run);
 * ```
 *
 * `make` gives a new provider each time; it is disposed of when its case ends. There must be a shell and a `python3` inside.
 */
export function sandboxSuite(make: () => SandboxProvider | Promise<SandboxProvider>): SuiteCase[] {
  const bench = sandboxBench(make);
  return [
    ...commandCases(bench),
    ...fileCases(bench),
    ...lifeCases(bench),
    ...hostCases(bench),
    ...networkCases(bench),
    ...kernelCases(bench),
    ...bombCases(bench),
  ];
}
