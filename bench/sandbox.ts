/*
 * What a command in a sandbox costs, against a bare `bwrap ... true` that makes a sandbox for each command, in interleaved
 * pairs; then what it costs to make and end a sandbox. Prints the ratio of their times.
 *
 *   npm start bench/sandbox.ts
 *   npm start bench/sandbox.ts node_modules      also @anthropic-ai/sandbox-runtime, from the folder that has it
 */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { bubblewrap } from "weak-to-strong/sandboxes/bubblewrap";

const pairs = 200;
const makes = 20;

/** What is measured against our `exec`; each runs `true` in isolation once. */
type Peer = () => Promise<void>;

const isolation =
  "--unshare-user --unshare-pid --unshare-ipc --unshare-uts --unshare-net --die-with-parent --new-session";
const folders = "--ro-bind /usr /usr --symlink usr/bin /bin --symlink usr/lib /lib --symlink usr/lib64 /lib64";
const bare = `${isolation} --clearenv ${folders} --proc /proc --dev /dev --tmpfs /tmp true`.split(" ");

function run(program: string, args: readonly string[]): Promise<void> {
  return new Promise((done, failed) => {
    const child = spawn(program, args, { stdio: "ignore" });
    child.once("error", failed);
    child.once("exit", (code) => (code === 0 ? done() : failed(new Error(`${program}: exit code ${code}`))));
  });
}

async function sandboxRuntime(modules: string): Promise<Peer> {
  const from = createRequire(join(resolve(modules), "x.js"));
  const { SandboxManager } = await import(pathToFileURL(from.resolve("@anthropic-ai/sandbox-runtime")).href);
  await SandboxManager.initialize({
    network: { allowedDomains: [], deniedDomains: [] },
    filesystem: { denyRead: [], allowWrite: ["/tmp"], denyWrite: [] },
  });
  return async () => run("/bin/sh", ["-c", await SandboxManager.wrapWithSandbox("true")]);
}

const quantile = (values: readonly number[], q: number): number =>
  values.toSorted((a, b) => a - b)[Math.round(q * (values.length - 1))]!;
const spread = (values: readonly number[], digits: number): string =>
  `median ${quantile(values, 0.5).toFixed(digits)} (quartiles ${quantile(values, 0.25).toFixed(digits)} to ${quantile(values, 0.75).toFixed(digits)})`;

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

const folder = await mkdtemp(join(tmpdir(), "w2s-bench-"));
try {
  await using provider = bubblewrap();
  await using sandbox = await provider.create({ name: "bench", work: join(folder, "work") });
  const ours: Peer = async () => {
    const { exitCode } = await sandbox.exec(["true"]);
    if (exitCode !== 0) throw new Error(`exit code ${exitCode}`);
  };
  const peers: [string, Peer, number][] = [["bare bwrap", () => run("bwrap", bare), pairs]];
  const [modules] = process.argv.slice(2);
  if (modules) peers.push(["sandbox-runtime", await sandboxRuntime(modules), 20]);

  for (const [name, peer, count] of peers) {
    const [mine, theirs]: [number[], number[]] = [[], []];
    for (let pair = -3; pair < count; pair++) {
      // Whoever goes first alternates, so that a machine that warms up or slows down favours nobody.
      for (const first of pair % 2 === 0 ? [true, false] : [false, true]) {
        const took = await milliseconds(first ? ours : peer);
        if (pair >= 0) (first ? mine : theirs).push(took);
      }
    }
    console.log(`${"exec".padEnd(16)} ${spread(mine, 2)} ms`);
    console.log(`${name.padEnd(16)} ${spread(theirs, 2)} ms`);
    console.log(
      `${"ratio".padEnd(16)} ${spread(
        mine.map((took, pair) => took / theirs[pair]!),
        2,
      )} of ${count} pairs\n`,
    );
  }

  const made: number[] = [];
  for (let i = 0; i < makes; i++) {
    made.push(
      await milliseconds(async () => {
        await using _ = await provider.create({ name: "made", work: join(folder, "made") });
      }),
    );
  }
  console.log(`${"create + dispose".padEnd(16)} ${spread(made, 1)} ms`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
process.exit(); // sandbox-runtime keeps its proxies running
