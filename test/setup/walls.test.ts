import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { packagePath } from "../../src/package-root.js";
import { runCommand } from "../../src/setup/command.js";

// Each wall is broken on purpose in a copy of src/, and must then be reported by name.

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "w2s-walls-"));
  for (const name of [
    "src",
    "scripts",
    "package.json",
    "tsconfig.json",
    "biome.json",
    ".gitignore",
    ".dependency-cruiser.mjs",
  ]) {
    cpSync(packagePath(name), join(folder, name), { recursive: true });
  }
  mkdirSync(join(folder, ".git"));
  symlinkSync(packagePath("node_modules"), join(folder, "node_modules"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(file: string, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
}

/** Runs a tool in the copy. */
async function tool(name: string, args: readonly string[]): Promise<string> {
  const command = `cd "$0" && exec "$@"`;
  const result = await runCommand("sh", ["-c", command, folder, packagePath("node_modules/.bin", name), ...args]);
  return result.output;
}

const used = `export const broken = 1;\n`;

/** A rule of .dependency-cruiser.mjs, the module that breaks it, and what that imports. */
const broken: readonly (readonly [rule: string, file: string, text: string])[] = [
  ["no-circles", "src/stats/broken-a.ts", `import "./broken-b.js";\n${used}`],
  ["contracts-know-no-rooms", "src/broken-contract.ts", `import "./trainers/define.js";\n${used}`],
  ["data-and-models-know-no-rooms", "src/models/broken.ts", `import "../run.js";\n${used}`],
  ["stats-stand-alone", "src/stats/broken.ts", `import "../run.js";\n${used}`],
  ["methods-know-no-backends", "src/methods/broken.ts", `import "../trainers/python/index.js";\n${used}`],
  ["testbed-knows-no-backends", "src/testbed/broken.ts", `import "../trainers/define.js";\n${used}`],
  ["backends-know-contracts", "src/trainers/broken.ts", `import "../testbed/create.js";\n${used}`],
  ["backends-know-no-siblings-room", "src/scorers/broken.ts", `import "../trainers/define.js";\n${used}`],
  [
    "experiment-knows-contracts",
    "src/experiment/broken.ts",
    `import type {} from "../trainers/python/index.js";\n${used}`,
  ],
  ["sweep-stands-on-experiment", "src/sweep/broken.ts", `import type {} from "../trainers/python/index.js";\n${used}`],
  ["experiment-knows-no-sweep", "src/experiment/broken-sweep.ts", `import type {} from "../sweep/record.js";\n${used}`],
  ["lab-knows-contracts", "src/lab/broken.ts", `import type {} from "../forums/sqlite/index.js";\n${used}`],
  ["server-knows-contracts", "src/server/broken.ts", `import "../testbed/truth.js";\n${used}`],
  ["clean-rooms-know-contracts", "src/clean-rooms/broken.ts", `import "../scorers/standings.js";\n${used}`],
  ["nobody-below-knows-clean-rooms", "src/server/broken-room.ts", `import "../clean-rooms/program.js";\n${used}`],
  ["audits-look-from-outside", "src/audit/broken.ts", `import "../testbed/truth.js";\n${used}`],
  ["transfer-stands-on-experiment", "src/transfer/broken.ts", `import "../audit/run.js";\n${used}`],
  ["nobody-knows-the-lab", "src/experiment/broken-lab.ts", `import "../lab/budget.js";\n${used}`],
  ["report-only-when-asked-for", "src/experiment/broken-static.ts", `import "../report/broken.js";\n${used}`],
  ["report-text-stays-light", "src/report/words.ts", `import "@observablehq/plot";\n${used}`],
  ["report-reads-records", "src/report/broken.ts", `import "../run.js";\n${used}`],
  ["setup-knows-no-rooms", "src/setup/broken.ts", `import "../stats/pgr.js";\n${used}`],
  ["nobody-imports-a-face", "src/testing/broken.ts", `import "../index.js";\n${used}`],
  ["src-knows-no-tests", "src/stats/broken-test.ts", `import "../../test/broken.js";\n${used}`],
  ["only-declared-packages", "src/stats/broken-dev.ts", `import "fast-check";\n${used}`],
  ["everything-resolves", "src/stats/broken-name.ts", `import "./nowhere.js";\n${used}`],
];

test("dependency-cruiser: each rule reports the module that breaks it, and no rule is left untried", {
  timeout: 120_000,
}, async () => {
  write("src/stats/broken-b.ts", `import "./broken-a.js";\n${used}`);
  write("test/broken.ts", used);
  for (const [, file, text] of broken) write(file, text);
  const output = await tool("depcruise", ["src", "--config", ".dependency-cruiser.mjs"]);
  for (const [rule, file] of broken) expect(output, `${rule} by ${file}`).toMatch(new RegExp(`error ${rule}: ${file}`));
  const config = (await import(packagePath(".dependency-cruiser.mjs"))) as {
    default: { forbidden: { name: string }[] };
  };
  expect(broken.map(([rule]) => rule).sort()).toEqual(config.default.forbidden.map(({ name }) => name).sort());
});

test("Biome: the library neither prints nor exits, and the bin may", { timeout: 60_000 }, async () => {
  const lines = [
    'import { exit, stdout } from "node:process";',
    'import theProcess from "node:process";',
    "const { stderr } = process;",
    'process.stdout.write("x");',
    'process.stderr.write("x");',
    "process.exitCode = 3;",
    "process.exit(1);",
    "process.abort();",
    'process["exit"](2);',
    "globalThis.process.exit(1);",
    'console.log("x");',
    'console.error("x");',
  ];
  write("src/stats/prints.ts", `${lines.join("\n")}\nexport { exit, stderr, stdout, theProcess };\n`);
  const output = await tool("biome", ["lint", "--max-diagnostics=100", "src/stats/prints.ts"]);
  for (const [i, line] of lines.entries())
    expect(output, line).toMatch(new RegExp(`prints\\.ts:${i + 1}:\\d+ (plugin|lint/suspicious/noConsole)`));
  write("src/bin.ts", `${lines.slice(3, 8).join("\n")}\n${lines.slice(10).join("\n")}\n`);
  expect(await tool("biome", ["lint", "src/bin.ts"])).not.toContain("×");
});
