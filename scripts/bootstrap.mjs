// Makes a bare checkout run: `node scripts/bootstrap.mjs test|demo|check|… [arguments]`. Plain JavaScript without
// dependencies, for Node 20 and later: nothing is installed yet when it starts. It brings in the npm packages, among
// them Node 24, and goes on under that with scripts/run.ts.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, "node_modules");
const stampFile = join(modules, ".weak-to-strong");
const lockFile = join(root, ".weak-to-strong", "bootstrap.lock");
const interrupted = "installing";
const wantedNode = 24;

function say(line) {
  process.stderr.write(`${line}\n`);
}

function fail(line) {
  say(line);
  process.exit(1);
}

/** What node_modules was installed from. */
function wantedStamp() {
  const hash = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  return `${hash} ${process.platform} ${process.arch}`;
}

function read(file) {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return undefined;
  }
}

/** True while a process that could be ours lives; `pattern` guards against a number that has been given again. */
function alive(pid, pattern) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error.code === "EPERM";
  }
  const ps = spawnSync("ps", ["-p", String(pid), "-o", "args="], { encoding: "utf8" });
  return ps.status !== 0 || pattern.test(ps.stdout);
}

/** The lock names this process and, once it runs, npm: an npm that outlives a killed parent still counts. */
function writeLock(npm) {
  writeFileSync(`${lockFile}.${process.pid}`, JSON.stringify({ pid: process.pid, npm }));
}

function holder() {
  const text = read(lockFile);
  if (text === undefined) return undefined;
  try {
    const { pid, npm } = JSON.parse(text);
    if (alive(pid, /bootstrap/)) return { pid };
    if (npm && alive(npm, /npm/)) return { pid: npm };
  } catch {
    // Being written this moment, or half-written by a process that was killed then.
    if (Date.now() - (statSync(lockFile, { throwIfNoEntry: false })?.mtimeMs ?? 0) < 2000) return { pid: "?" };
  }
  return { pid: undefined };
}

/** Only one process at a time may remove what a dead one left, or two could both find it and remove each other's. */
function breakLock() {
  const guard = `${lockFile}.break`;
  try {
    writeFileSync(guard, "", { flag: "wx" });
  } catch {
    try {
      if (Date.now() - statSync(guard).mtimeMs > 10_000) rmSync(guard, { force: true });
    } catch {
      // Gone meanwhile.
    }
    return;
  }
  try {
    const now = holder();
    if (now && now.pid === undefined) rmSync(lockFile, { force: true });
  } finally {
    rmSync(guard, { force: true });
  }
}

async function takeLock() {
  mkdirSync(dirname(lockFile), { recursive: true });
  const own = `${lockFile}.${process.pid}`;
  writeLock();
  for (let said = false; ; await sleep(200)) {
    try {
      linkSync(own, lockFile); // both names are one file, so writeLock changes what others read
      return;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    const found = holder();
    if (found && found.pid === undefined) breakLock();
    else if (found && !said) {
      say(
        `Waiting for process ${found.pid}, which is installing npm packages here (if that is wrong, delete ${lockFile}).`,
      );
      said = true;
    }
  }
}

function dropLock() {
  for (const file of [lockFile, `${lockFile}.${process.pid}`]) rmSync(file, { force: true });
}

/** Runs npm with the terminal; resolves with its exit code. */
function npm(args) {
  const cli = process.env.npm_execpath;
  const viaNode = cli && /\.c?js$/.test(cli) && existsSync(cli);
  const child = viaNode
    ? spawn(process.execPath, [cli, ...args], { cwd: root, stdio: "inherit" })
    : spawn(process.platform === "win32" ? "npm.cmd" : "npm", args, {
        cwd: root,
        stdio: "inherit",
        shell: process.platform === "win32",
      });
  writeLock(child.pid);
  return new Promise((resolve) => {
    child.on("error", (error) =>
      fail(`npm cannot be started (${error.message}). Install Node.js with npm and try again.`),
    );
    child.on("close", (code) => resolve(code ?? 1));
  });
}

async function installPackages() {
  if (read(stampFile) === wantedStamp()) return;
  await takeLock();
  try {
    const stamp = read(stampFile);
    if (stamp === wantedStamp()) return;
    const begun = Date.now();
    if (existsSync(modules) && (stamp === interrupted || !existsSync(join(modules, ".package-lock.json")))) {
      say("node_modules is only half installed (an installation was interrupted): removing it.");
      rmSync(modules, { recursive: true, force: true });
    }
    say(
      existsSync(modules)
        ? "Bringing node_modules up to date with package-lock.json (npm install, a few seconds)…"
        : "Installing npm packages, Node 24 among them (npm install, about 30 seconds)…",
    );
    mkdirSync(modules, { recursive: true });
    writeFileSync(stampFile, interrupted);
    // Not `npm ci`: it refuses a lock file that was written where the registry lacks other platforms' optional packages.
    // `--no-save` takes the same versions and writes neither package.json nor package-lock.json.
    const code = await npm(["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"]);
    if (code !== 0) {
      fail(
        `npm install failed with exit code ${code}; its own words are above. If it could not reach the registry, check the ` +
          "network and `npm config get registry`; if the disk is full, make room. Then type the same command again.",
      );
    }
    writeFileSync(stampFile, wantedStamp());
    say(`npm packages ready (${((Date.now() - begun) / 1000).toFixed(1)} s).`);
  } finally {
    dropLock();
  }
}

function major(version) {
  return Number(/^v?(\d+)/.exec(version)?.[1] ?? 0);
}

/** A Node that is new enough: this one, or the one that npm installed. */
function findNode() {
  if (major(process.version) >= wantedNode) return process.execPath;
  const installed = join(modules, "node", "bin", process.platform === "win32" ? "node.exe" : "node");
  const version = spawnSync(installed, ["--version"], { encoding: "utf8" });
  if (version.status === 0 && major(version.stdout) >= wantedNode) return installed;
  return fail(
    `This is Node ${process.version}, and Node ${wantedNode} or later is needed. npm should have put one into ${installed}, but ` +
      "did not run that package's install script (is `ignore-scripts` set? `npm config get ignore-scripts`). Either type\n" +
      "    npm rebuild node esbuild --ignore-scripts=false\n" +
      `or install Node ${wantedNode}; then type the same command again.`,
  );
}

if (major(process.version) < 20) fail(`This is Node ${process.version}; Node 20 or later is needed to begin with.`);
await installPackages();
const node = findNode();
const path = [dirname(node), join(modules, ".bin"), process.env.PATH]
  .filter(Boolean)
  .join(process.platform === "win32" ? ";" : ":");
const child = spawn(
  node,
  ["--conditions=w2s-source", "--import", "tsx", join(root, "scripts", "run.ts"), ...process.argv.slice(2)],
  { cwd: root, stdio: "inherit", env: { ...process.env, PATH: path } },
);
// Ctrl-C in a terminal reaches the child by itself.
process.on("SIGINT", () => process.stdin.isTTY || child.kill("SIGINT"));
for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("error", (error) => fail(`${node} cannot be started: ${error.message}`));
child.on("close", (code, signal) => process.exit(code ?? 128 + (signal ? constants.signals[signal] : 0)));
