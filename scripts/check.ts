/**
 * `npm run check`: everything but the tests. One line a step, with its time; what a step prints is shown only where it
 * fails. Two lanes run at the same time. `npm run check -- types walls` runs only these.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { homePython, projectHome } from "../src/home.js";
import { packagePath } from "../src/package-root.js";
import { checkExamples } from "./check/examples.js";
import { checkLinks } from "./check/links.js";
import { checkPackage } from "./check/package.js";
import { checkRootEntry } from "./check/root-entry.js";
import { checkSnippets } from "./check/snippets.js";
import { must, run, tool } from "./lib/command.js";
import { type Packed, pack } from "./lib/pack.js";

const folder = mkdtempSync(join(tmpdir(), "w2s-check-"));
const python = process.env.W2S_TEST_PYTHON ?? homePython(projectHome(packagePath()));
let packed: Promise<Packed> | undefined;

/** The build is a step of its own; those that need it wait for it. */
function thePackage(): Promise<Packed> {
  packed ??= pack(folder);
  return packed;
}

interface Step {
  readonly name: string;
  /** Throws with what to show; may return a remark for the step's line. */
  run(): Promise<unknown>;
}

const lanes: readonly (readonly Step[])[] = [
  [
    { name: "types", run: () => must(tool("tsc", [])) },
    { name: "lint", run: () => must(tool("biome", ["check", "--error-on-warnings"])) },
    { name: "build", run: thePackage },
    { name: "package", run: async () => checkPackage(await thePackage()) },
    { name: "root-entry", run: async () => checkRootEntry((await thePackage()).folder) },
    { name: "walls", run: () => must(tool("depcruise", ["src", "--config", ".dependency-cruiser.mjs"])) },
    { name: "unused", run: () => must(tool("knip", ["--no-progress"])) },
    { name: "api-docs", run: () => must(tool("typedoc", ["--emit", "none"])) },
    { name: "links", run: checkLinks },
    { name: "snippets", run: checkSnippets },
    { name: "python", run: lintPython },
  ],
  [{ name: "examples", run: () => checkExamples(folder) }],
];

async function lintPython(): Promise<void> {
  await must(run(python, ["-m", "ruff", "check", "--no-cache", "python"]));
  await must(run(python, ["-m", "ruff", "format", "--no-cache", "--check", "python"]));
}

const only = process.argv.slice(2);
let failed = 0;
let done = 0;

async function perform(step: Step): Promise<void> {
  const begun = performance.now();
  const took = (): string => `${((performance.now() - begun) / 1000).toFixed(1).padStart(6)} s`;
  try {
    const remark = await step.run();
    console.log(`ok      ${step.name.padEnd(11)}${took()}${isRemark(remark) ? `  ${remark.remark}` : ""}`);
  } catch (error) {
    failed++;
    console.log(`FAILED  ${step.name.padEnd(11)}${took()}\n${error instanceof Error ? error.message : error}\n`);
  }
  done++;
}

function isRemark(value: unknown): value is { remark: string } {
  return typeof value === "object" && value !== null && "remark" in value;
}

const names = lanes.flat().map((step) => step.name);
const unknown = only.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.log(`There is no step ${unknown.join(", ")}. Steps: ${names.join(", ")}.`);
  process.exitCode = 2;
} else {
  try {
    await Promise.all(
      lanes.map(async (lane) => {
        for (const step of lane) if (only.length === 0 || only.includes(step.name)) await perform(step);
      }),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(failed ? `${failed} of ${done} checks failed` : `all ${done} checks passed`);
  if (failed) process.exitCode = 1;
}
