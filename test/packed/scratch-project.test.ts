import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { codeBlocks } from "../../scripts/lib/markdown.js";
import { type Packed, pack } from "../../scripts/lib/pack.js";
import { projectHome } from "../../src/home.js";
import { packagePath } from "../../src/package-root.js";

// What a newcomer does: the README's install lines in an empty folder, then the README's program. Only the package's name
// is replaced by the tarball.

const readme = existsSync(packagePath("README.md")) ? readFileSync(packagePath("README.md"), "utf8") : "";
const blocks = codeBlocks(readme);
const install = blocks.find((block) => block.marker === "install")?.code;
const program = blocks.find((block) => block.marker === "program")?.code;
/** As the README calls it: "Run it with `node first.mts`". */
const file = /`node ([\w-]+\.m?ts)`/.exec(readme)?.[1] ?? "first.mts";
const minutes = 60_000;

/** Of this process's environment, what a person's shell would have: no npm run, no vitest, no settings of ours. */
function shellEnvironment(): NodeJS.ProcessEnv {
  const own = /^(npm_|W2S_|VITEST|NODE_(?!EXTRA_CA_CERTS)|INIT_CWD$|TEST$|PATH$)/i;
  const kept = Object.entries(process.env).filter(([name]) => !own.test(name) || /^npm_config_/i.test(name));
  const rest = (process.env.PATH ?? "").split(delimiter).filter((folder) => !folder.includes("node_modules"));
  return { ...Object.fromEntries(kept), PATH: [dirname(process.execPath), ...rest].join(delimiter), NO_COLOR: "1" };
}

describe.skipIf(!install || !program)(
  "the README in an empty folder (skipped where README.md has no marked blocks)",
  () => {
    let folder: string;
    let project: string;
    let packed: Packed;

    async function shell(script: string): Promise<string> {
      const child = spawn("bash", ["-e", "-o", "pipefail", "-c", script], {
        cwd: project,
        env: shellEnvironment(),
        stdio: ["ignore", "pipe", "pipe"],
      });
      let output = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding("utf8").on("data", (chunk: string) => {
          output += chunk;
        });
      }
      const { promise, resolve } = Promise.withResolvers<number | null>();
      child.on("close", resolve);
      const code = await promise;
      if (code !== 0) throw new Error(`exit code ${code} of: ${script}\n${output}`);
      return output;
    }

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "w2s-scratch-"));
      project = join(folder, "project");
      mkdirSync(project);
      packed = await pack(folder);
    }, 5 * minutes);
    afterAll(() => rmSync(folder, { recursive: true, force: true }), 5 * minutes);

    test("the install lines", { timeout: 15 * minutes }, async () => {
      const lines = install!
        .split("\n")
        .map((line) =>
          /\bnpm (i|install|add)\b/.test(line) ? line.replace(/(?<=\s)weak-to-strong(?=\s|$)/, packed.tarball) : line,
        );
      await shell(lines.join("\n"));
      // Extracted features are named by their content: those that this repository has are as good, and save minutes.
      const cache = join(projectHome(packagePath()), "cache");
      mkdirSync(cache, { recursive: true });
      mkdirSync(join(project, ".weak-to-strong"), { recursive: true });
      if (!existsSync(join(project, ".weak-to-strong/cache")))
        symlinkSync(cache, join(project, ".weak-to-strong/cache"));
    });

    test("npx weak-to-strong doctor finds that it works", { timeout: 5 * minutes }, async () => {
      const output = await shell("npx weak-to-strong doctor");
      expect(output).toContain("It works.");
      expect(output).not.toContain("MISSING");
      expect(output.split("\n").length).toBeLessThan(25);
    });

    const tsx = packagePath("node_modules/tsx/dist/cli.mjs");
    for (const [name, command] of [
      ["node", "node"],
      ["tsx", `node ${tsx}`],
    ]) {
      test(`the program, under ${name}`, { timeout: 15 * minutes }, async () => {
        writeFileSync(join(project, file), program!);
        rmSync(join(project, "report.html"), { force: true });
        const output = await shell(`${command} ${file}`);
        for (const method of ["naive", "confidence"]) expect(output).toContain(method);
        expect(readFileSync(join(project, "report.html"), "utf8")).toContain("</html>");
      });
    }

    test("a lab of one's own parts", { timeout: 15 * minutes }, async () => {
      writeFileSync(join(project, "lab.mts"), readFileSync(packagePath("examples/own-lab.ts")));
      expect(await shell("node lab.mts")).toContain("2 agents, 2 evaluations");
    });

    test("the program type-checks in a project without @types/node", { timeout: 5 * minutes }, async () => {
      const compilerOptions = {
        target: "esnext",
        module: "nodenext",
        strict: true,
        exactOptionalPropertyTypes: true,
        noEmit: true,
        types: [],
        skipLibCheck: false,
      };
      writeFileSync(join(project, file), program!);
      writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: [file] }));
      await shell(`${packagePath("node_modules/.bin/tsc")} -p .`);
    });
  },
);
