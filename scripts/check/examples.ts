import { globSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { projectHome } from "../../src/home.js";
import { packagePath } from "../../src/package-root.js";
import { run } from "../lib/command.js";
import { isolatedExamples, noIsolation } from "../lib/isolation.js";

/** Runs each example without a network, in a folder of its own, and shows what it prints. */
export async function checkExamples(folder: string): Promise<{ remark: string }> {
  const nowhere = "http://127.0.0.1:9";
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    HF_HUB_OFFLINE: "1",
    HTTP_PROXY: nowhere,
    HTTPS_PROXY: nowhere,
    ALL_PROXY: nowhere,
    W2S_HOME: projectHome(packagePath()),
    NO_COLOR: "1",
  };
  const missing = await noIsolation();
  if (missing) console.log(`${isolatedExamples.join(", ")} left out: ${missing}`);
  const files = globSync("examples/*.ts", { cwd: packagePath() })
    .filter((file) => !missing || !isolatedExamples.includes(file))
    .sort();
  const failed: string[] = [];
  for (const file of files) {
    const cwd = join(folder, "examples", file.replaceAll(/\W/g, "-"));
    mkdirSync(cwd, { recursive: true });
    const begun = performance.now();
    const args = ["--conditions=w2s-source", "--import", import.meta.resolve("tsx"), packagePath(file)];
    const { code, output } = await run(process.execPath, args, { cwd, env, timeoutMs: 600_000 });
    const seconds = ((performance.now() - begun) / 1000).toFixed(1);
    console.log(`--- ${file} (${seconds} s)${code === 0 ? "" : `: exit code ${code}`}\n${output.trimEnd()}\n---`);
    if (code !== 0) failed.push(file);
  }
  if (failed.length > 0) throw new Error(`failed: ${failed.join(", ")} (output above)`);
  return { remark: `${files.length} examples` };
}
