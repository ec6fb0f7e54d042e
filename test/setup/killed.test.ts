import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { runCommand } from "../../src/setup/command.js";
import { setupPython } from "../../src/setup/environment.js";
import { ended, printed, startFixture } from "./fixtures/child.js";
import { Machine } from "./fixtures/machine.js";

const linux = process.platform === "linux";

/** Processes whose command line names the folder. */
function processesIn(folder: string): readonly string[] {
  return globSync("/proc/[0-9]*/cmdline").flatMap((file) => {
    try {
      const command = readFileSync(file, "utf8").replaceAll("\0", " ");
      return command.includes(folder) ? [command] : [];
    } catch {
      return [];
    }
  });
}

test("kill -9 while the environment is made, and while pip installs: the next set-up repairs it", {
  timeout: 180_000,
}, async () => {
  await using machine = await Machine.start();
  const options = JSON.stringify(machine.options("cpu-only"));

  const first = startFixture("setup-process.ts", [options]);
  await printed(first, "Making a Python");
  await sleep(300);
  first.kill("SIGKILL");
  await ended(first);

  machine.index.slow = { name: "tiny_base", ms: 60_000 };
  const second = startFixture("setup-process.ts", [options]);
  await printed(second, "Installing Python packages");
  while (!machine.index.asked.some((path) => path.endsWith(".whl"))) await sleep(50);
  second.kill("SIGKILL");
  await ended(second);
  await sleep(500);
  if (linux) expect(processesIn(join(machine.home, "python"))).toEqual([]); // pip has died with its parent

  machine.index.slow = undefined;
  const { python } = await setupPython(machine.options("cpu-only"));
  expect(machine.lines[0]).toContain("An earlier set-up was interrupted");
  const check = await runCommand(python, ["-I", "-c", "import tiny_base; print(tiny_base.__version__)"]);
  expect(check.output.trim()).toBe("1.0");
  expect(existsSync(`${join(machine.home, "python.lock")}.holder`)).toBe(false);
});
