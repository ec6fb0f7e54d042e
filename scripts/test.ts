/**
 * `npm test`: vitest and pytest, and one last line that adds them up: `N passed, N failed` (and `, N skipped`). The slow
 * test of the packed package comes last, with pytest beside it. Arguments go to vitest; pytest is then left out.
 */
import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { homePython, projectHome } from "../src/home.js";
import { packagePath } from "../src/package-root.js";
import { isolatedTests, noIsolation } from "./lib/isolation.js";

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
  /** The runner ended with an error although no test failed: nothing to collect, or it crashed. */
  crashed: boolean;
}

/** Runs a program; with `later`, what it prints is kept until then. */
async function run(program: string, args: readonly string[], later?: Promise<unknown>): Promise<number> {
  const stdio: StdioOptions = later ? ["ignore", "pipe", "pipe"] : "inherit";
  const child: ChildProcess = spawn(program, args, { stdio, cwd: packagePath() });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk;
    });
  }
  const { promise, resolve } = Promise.withResolvers<number>();
  child.on("error", (error) => {
    output += `${program} cannot be started: ${error.message}`;
    resolve(127);
  });
  child.on("close", (code) => resolve(code ?? 1));
  const code = await promise;
  await later;
  if (output) console.log(output.trimEnd());
  return code;
}

async function vitest(folder: string, args: readonly string[]): Promise<Tally> {
  const report = join(mkdtempSync(join(folder, "vitest-")), "report.json");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const code = await run(process.execPath, [
    packagePath("node_modules/vitest/vitest.mjs"),
    "run",
    ...reporters,
    ...args,
  ]);
  if (!existsSync(report)) return { passed: 0, failed: 0, skipped: 0, crashed: true };
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(readFileSync(report, "utf8"));
  const skipped = numPendingTests + numTodoTests;
  // A file that cannot be loaded, or an error outside every test, fails no test: it shows in the exit code.
  return { passed: numPassedTests, failed: numFailedTests, skipped, crashed: code !== 0 && numFailedTests === 0 };
}

async function pytest(folder: string, after: Promise<unknown>): Promise<Tally> {
  const report = join(folder, "pytest.xml");
  const python = process.env.W2S_TEST_PYTHON ?? homePython(projectHome(packagePath()));
  const tests = packagePath("python/tests");
  if (!existsSync(tests)) {
    console.log("There is no python/tests: pytest is left out.");
    return { passed: 0, failed: 0, skipped: 0, crashed: false };
  }
  const code = await run(
    python,
    ["-m", "pytest", "-q", "-p", "no:cacheprovider", `--junitxml=${report}`, tests],
    after,
  );
  const suite = existsSync(report) ? /<testsuite [^>]*>/.exec(readFileSync(report, "utf8"))?.[0] : undefined;
  if (!suite) return { passed: 0, failed: 0, skipped: 0, crashed: true };
  const count = (name: string): number => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(suite)?.[1] ?? 0);
  const failed = count("failures") + count("errors");
  const skipped = count("skipped");
  return { passed: count("tests") - failed - skipped, failed, skipped, crashed: code !== 0 && failed === 0 };
}

const args = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "w2s-test-"));
try {
  const tallies: Tally[] = [];
  if (args.length > 0) {
    tallies.push(await vitest(folder, args));
    console.log("Arguments were given: the Python tests are left out.");
  } else {
    const missing = await noIsolation();
    if (missing) console.log(`Tests that need isolation are left out: ${missing}`);
    const leftOut = ["test/packed/**", ...(missing ? isolatedTests : [])];
    tallies.push(
      await vitest(
        folder,
        leftOut.map((files) => `--exclude=${files}`),
      ),
    );
    console.log("Now the packed package, and beside it the Python tests (several minutes the first time)…");
    const packed = vitest(folder, ["test/packed"]);
    tallies.push(...(await Promise.all([packed, pytest(folder, packed)])));
  }
  const sum = (pick: (tally: Tally) => number): number => tallies.reduce((total, tally) => total + pick(tally), 0);
  const crashed = tallies.filter((tally) => tally.crashed).length;
  if (crashed)
    console.log("A test runner ended with an error outside the tests (see above); it counts as one failure.");
  const failed = sum((tally) => tally.failed) + crashed;
  const skipped = sum((tally) => tally.skipped);
  if (failed) process.exitCode = 1;
  console.log(`${sum((tally) => tally.passed)} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ""}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
