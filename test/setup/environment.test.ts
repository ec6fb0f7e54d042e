import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runCommand } from "../../src/setup/command.js";
import { setupPython } from "../../src/setup/environment.js";
import { Machine } from "./fixtures/machine.js";

const timeout = 120_000;

const listing = `
import importlib.metadata, json
print(json.dumps({found.metadata["Name"]: found.version for found in importlib.metadata.distributions()}))
`;

async function installed(python: string): Promise<Record<string, string>> {
  const list = await runCommand(python, ["-I", "-c", listing]);
  const packages = JSON.parse(list.stdout) as Record<string, string>;
  return Object.fromEntries(Object.entries(packages).map(([name, version]) => [name.replaceAll("_", "-"), version]));
}

test("without a GPU: base first, then the CPU build of torch; a second call does nothing", { timeout }, async () => {
  await using machine = await Machine.start();
  const first = await setupPython(machine.options("with-cuda"));
  expect(first).toMatchObject({ changed: true, extras: [] });
  expect(Object.keys(await installed(first.python))).toEqual(expect.arrayContaining(["tiny-base"]));
  expect(await installed(first.python)).not.toHaveProperty("torch");

  const second = await setupPython(machine.options("with-cuda", { extras: ["demo"] }));
  const packages = await installed(second.python);
  expect(packages).toMatchObject({ torch: "2.13.0+cpu", "tiny-sympy": "1.0", "tiny-demo": "1.0" });
  expect(packages).not.toHaveProperty("nvidia-tiny");

  machine.lines.length = 0;
  const times: number[] = [];
  let third = second;
  for (let i = 0; i < 3; i++) {
    const begun = performance.now();
    third = await setupPython(machine.options("with-cuda"));
    times.push(performance.now() - begun);
  }
  expect(Math.min(...times)).toBeLessThan(1000);
  expect(third).toEqual({ python: second.python, extras: ["demo"], changed: false });
  expect(machine.lines).toEqual([]);

  // A changed list of requirements is noticed.
  writeFileSync(join(machine.folder, "requirements/base.txt"), "tiny-base==1.0\ntiny-dev==1.0\n");
  expect(await setupPython(machine.options("with-cuda"))).toMatchObject({ changed: true });
  expect(await installed(second.python)).toHaveProperty("tiny-dev");

  // A GPU that was put in later, and an ordinary index without CUDA: the CUDA build and what it needs.
  machine.installGpu("13.0");
  machine.installDeviceFile();
  machine.lines.length = 0;
  expect(await setupPython(machine.options("cpu-only"))).toMatchObject({ changed: true });
  expect(await installed(second.python)).toMatchObject({ torch: "2.13.0+cu130", "nvidia-tiny": "13.0" });
  expect(machine.lines.join("\n")).toContain("CUDA 13.0");
});

test("two set-ups at the same time: one works, the other waits; a Python that has gone is noticed", {
  timeout,
}, async () => {
  await using machine = await Machine.start();
  const both = await Promise.all([
    setupPython(machine.options("cpu-only")),
    setupPython(machine.options("cpu-only", { extras: ["dev"] })),
  ]);
  expect(both[0].python).toBe(both[1].python);
  expect(await installed(both[0].python)).toMatchObject({ "tiny-base": "1.0", "tiny-dev": "1.0" });
  expect(machine.lines.some((line) => line.includes("waiting"))).toBe(true);

  // An environment whose Python has gone is made again, with what it had.
  const { python } = both[0];
  rmSync(python);
  const again = await setupPython(machine.options("cpu-only"));
  expect(again).toMatchObject({ changed: true, extras: ["dev"] });
  expect(await installed(again.python)).toHaveProperty("tiny-dev");
  expect(readdirSync(machine.home).filter((name) => name.includes(".old-"))).toEqual([]);
});

test("a folder that somebody else made is left alone", async () => {
  await using machine = await Machine.start();
  mkdirSync(join(machine.home, "python"), { recursive: true });
  writeFileSync(join(machine.home, "python", "mine.txt"), "");
  const call = setupPython(machine.options("cpu-only"));
  await expect(call).rejects.toMatchObject({ code: "bad_input", message: expect.stringContaining("was not made by") });
  expect(readdirSync(join(machine.home, "python"))).toEqual(["mine.txt"]);
});

test("what fails or is aborted before pip changes anything leaves the environment usable", { timeout }, async () => {
  await using machine = await Machine.start();
  machine.index.slow = { name: "tiny_base", ms: 60_000 };
  const controller = new AbortController();
  const reason = new Error("enough");
  let aborted = Number.POSITIVE_INFINITY;
  const report = (line: string): void => {
    if (!line.startsWith("Installing")) return;
    setTimeout(() => {
      aborted = performance.now();
      controller.abort(reason);
    }, 500);
  };
  await expect(setupPython(machine.options("cpu-only", { report, signal: controller.signal }))).rejects.toBe(reason);
  expect(performance.now() - aborted).toBeLessThan(1000);
  machine.index.slow = undefined;

  const options = machine.options("cpu-only");
  const env = { ...machine.env("cpu-only"), PIP_INDEX_URL: "http://127.0.0.1:9/simple" };
  const offline = setupPython({ ...options, stub: { ...options.stub, env } });
  await expect(offline).rejects.toMatchObject({
    code: "missing_dependency",
    message: expect.stringContaining("Check the network"),
  });

  const base = join(machine.folder, "requirements/base.txt");
  writeFileSync(base, "tiny-unheard-of==9\n");
  await expect(setupPython(machine.options("cpu-only"))).rejects.toMatchObject({
    code: "missing_dependency",
    message: expect.stringContaining("tiny-unheard-of==9"),
  });

  writeFileSync(base, "tiny-base==1.0\n");
  machine.lines.length = 0;
  const { python } = await setupPython(machine.options("cpu-only"));
  expect(await installed(python)).toHaveProperty("tiny-base");
  expect(machine.lines.join("\n")).not.toContain("Making"); // the environment of the first try was kept
});
