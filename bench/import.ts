/**
 * How long `import "weak-to-strong"` takes, packed and installed as users have it, beside its peers: the median of fresh
 * Node processes in turn, less a Node that imports nothing. `npm start bench/import.ts`
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { must, run } from "../scripts/lib/command.js";
import { pack } from "../scripts/lib/pack.js";

const rounds = 15;
const own = ["weak-to-strong", "weak-to-strong/trainers/python"];
const peers = ["@anthropic-ai/sdk", "ai", "@langchain/langgraph"];
const goal = 25;

const folder = mkdtempSync(join(tmpdir(), "w2s-import-"));
try {
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
  const { tarball } = await pack(folder);
  const install = (...names: string[]) =>
    run("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error", ...names], { cwd: folder });
  await must(install(tarball));
  const there: string[] = [];
  for (const name of peers) {
    const extra = name.startsWith("@langchain") ? ["@langchain/core"] : [];
    if ((await install(name, ...extra)).code === 0) there.push(name);
    else console.log(`${name} cannot be installed here and is left out`);
  }
  const programs = new Map([["", join(folder, "nothing.js")]]);
  writeFileSync(programs.get("")!, "");
  for (const name of [...own, ...there]) {
    const file = join(folder, `${name.replaceAll(/\W/g, "-")}.js`);
    writeFileSync(file, `import "${name}";\n`);
    programs.set(name, file);
  }
  const times = new Map([...programs.keys()].map((name) => [name, [] as number[]]));
  for (let round = -1; round < rounds; round++) {
    for (const [name, file] of programs) {
      const begun = performance.now();
      const { status, stderr } = spawnSync(process.execPath, [file], { cwd: folder, encoding: "utf8" });
      if (status !== 0) throw new Error(`${name}: ${stderr}`);
      if (round >= 0) times.get(name)?.push(performance.now() - begun); // the first round warms the disk cache
    }
  }
  const median = (name: string): number => times.get(name)!.toSorted((a, b) => a - b)[Math.floor(rounds / 2)]!;
  const bare = median("");
  const reference = median(own[0]!) - bare;
  console.log(`bare node ${bare.toFixed(0)} ms; above that, median of ${rounds}:`);
  for (const name of [...own, ...there]) {
    const ms = median(name) - bare;
    console.log(`${name.padEnd(32)}${ms.toFixed(1).padStart(8)} ms${(ms / reference).toFixed(1).padStart(8)} x`);
  }
  console.log(`goal for the root entry: ${goal} ms; ${reference <= goal ? "met" : "not met"}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
