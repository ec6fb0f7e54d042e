/** What `npm test`, `npm run demo` and `npm run check` do once the npm packages are there (scripts/bootstrap.mjs). */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { projectHome } from "../src/home.js";
import { packageRoot } from "../src/package-root.js";
import { ensureBubblewrap } from "../src/setup/bubblewrap.js";
import { type Extra, setupPython } from "../src/setup/environment.js";

const root = packageRoot();
const [command = "help", ...args] = process.argv.slice(2);

interface Command {
  readonly extras: readonly Extra[];
  readonly file: string;
}

const commands: Readonly<Record<string, Command>> = {
  demo: { extras: ["demo"], file: "examples/demo.ts" },
  "demo:lab": { extras: [], file: "examples/demo-lab.ts" },
  test: { extras: ["demo", "serve", "dev"], file: "scripts/test.ts" },
  check: { extras: ["demo", "serve", "dev"], file: "scripts/check.ts" },
};

async function main(): Promise<number> {
  // `run FILE` starts any TypeScript file the same way: `node scripts/bootstrap.mjs run bench/import.ts`.
  const chosen =
    command === "run" ? { extras: ["demo", "serve", "dev"] as const, file: args.shift() } : commands[command];
  if (!chosen?.file) {
    console.error(`usage: node scripts/bootstrap.mjs ${Object.keys(commands).join("|")}|run FILE [arguments]`);
    return 2;
  }
  const environment = await setupPython({
    home: projectHome(root),
    extras: chosen.extras,
    report: (line) => console.error(line),
  });
  await ensureBubblewrap({ report: (line) => console.error(line) });
  // What runs now uses the environment that was just made, whatever else the shell names.
  const { W2S_PYTHON: _, ...env } = process.env;
  const child = spawn(
    process.execPath,
    ["--conditions=w2s-source", "--import", "tsx", join(root, chosen.file), ...args],
    {
      cwd: root,
      stdio: "inherit",
      env: { ...env, W2S_TEST_PYTHON: environment.python },
    },
  );
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => (signal === "SIGINT" && process.stdin.isTTY) || child.kill(signal));
  }
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  child.on("error", reject);
  child.on("close", (code) => resolve(code ?? 1));
  return promise;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error && error.name === "WeakToStrongError" ? error.message : error);
  process.exitCode = 1;
}
