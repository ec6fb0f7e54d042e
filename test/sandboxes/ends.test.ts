import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findCgroupParent, makeCgroup, removeStale } from "../../src/sandboxes/bubblewrap/cgroups.js";
import { bubblewrap } from "../../src/sandboxes/bubblewrap/index.js";
import { pythonMounts } from "../../src/sandboxes/python-mounts.js";
import { callDoor } from "../../src/testing/sandbox-cases/commands.js";
import { openFiles } from "../../src/testing/sandbox-cases/host.js";

const here = fileURLToPath(new URL(".", import.meta.url));
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "w2s-ends-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The processes of this machine whose command line holds a text. */
function running(text: string): number[] {
  return readdirSync("/proc").flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(text) ? [Number(pid)] : [];
    } catch {
      return [];
    }
  });
}

describe.each(["bubblewrap", "unisolated"])("a %s sandbox", (kind) => {
  test("ends with the process that made it, killed at once", async () => {
    const door = join(folder, "door.sock");
    const sockets: Socket[] = [];
    const two = Promise.withResolvers<void>();
    await using server = createServer((socket) => {
      socket.on("error", () => undefined).resume();
      if (sockets.push(socket) === 2) two.resolve();
    });
    server.listen(door);
    const args = ["--conditions=w2s-source", "--import", "tsx", join(here, "fixtures", "holder.ts")];
    const holder: ChildProcess = spawn(process.execPath, [...args, kind, join(folder, "work"), door, callDoor], {
      stdio: "inherit",
    });
    await two.promise;
    const closed = Promise.all(sockets.map((socket) => once(socket, "close")));
    holder.kill("SIGKILL");
    await closed;
  });
});

describe.each(["bubblewrap", "unisolated"])("a %s sandbox", (kind) => {
  test("gets none of the files that the process that makes it has inherited", async () => {
    const root = openSync("/", "r");
    // Node closes in its children what it was given, but only up to the first number that is free.
    const stdio = Array.from({ length: 201 }, (_, fd) => (fd === 1 ? "pipe" : fd === 200 ? root : "ignore") as "pipe");
    const args = ["--conditions=w2s-source", "--import", "tsx", join(here, "fixtures", "descriptors.ts")];
    const maker = spawn(process.execPath, [...args, kind, join(folder, "work"), openFiles], { stdio });
    closeSync(root);
    const output = (await maker.stdout!.setEncoding("utf8").toArray()).join("");
    expect(output).toBe("true\n[0, 1, 2]\n");
  });
});

describe("bubblewrap", () => {
  test("tells how its helper died, now and at the next call", async () => {
    await using provider = bubblewrap();
    await using sandbox = await provider.create({ name: "dying", work: join(folder, "work") });
    const call = sandbox.exec("sleep 100");
    const [helper] = running(join(folder, "work")).slice(0, 1);
    process.kill(helper!, "SIGKILL");
    await expect(call).rejects.toMatchObject({
      code: "worker_died",
      message: expect.stringMatching(/killed by SIGKILL/),
    });
    await expect(sandbox.health()).rejects.toMatchObject({ code: "worker_died" });
    await expect(sandbox.files.read("x")).rejects.toMatchObject({ code: "worker_died" });
  });

  test("leaves nothing behind: no process, no control group", async () => {
    const parent = findCgroupParent();
    await using provider = bubblewrap();
    const sandbox = await provider.create({ name: "gone", work: join(folder, "work") });
    await sandbox.exec("setsid sleep 777 &");
    await sandbox[Symbol.asyncDispose]();
    expect(running(folder)).toEqual([]);
    const own = (name: string): boolean => name.startsWith(`w2s-${process.pid}-`);
    if (parent) expect(readdirSync(parent.memory).filter(own)).toEqual([]);
  });

  test("refuses after its disposal, which ends its sandboxes", async () => {
    const provider = bubblewrap();
    const sandbox = await provider.create({ name: "one", work: join(folder, "work") });
    await provider[Symbol.asyncDispose]();
    await expect(sandbox.exec("true")).rejects.toMatchObject({ code: "disposed" });
    await expect(provider.create({ name: "two", work: folder })).rejects.toMatchObject({ code: "disposed" });
  });

  test("says what to install where it is not there, and what is wrong where it may not isolate", async () => {
    await using none = bubblewrap({ bwrap: join(folder, "no-bwrap") });
    const missing = { code: "missing_dependency", message: expect.stringMatching(/apt-get install bubblewrap/) };
    await expect(none.capabilities()).rejects.toMatchObject(missing);
    const refusing = join(folder, "bwrap");
    writeFileSync(refusing, "#!/bin/sh\necho 'Creating new namespace failed' >&2; exit 1\n", { mode: 0o755 });
    await using unable = bubblewrap({ bwrap: refusing });
    const wrong = { code: "missing_dependency", message: expect.stringMatching(/new namespace failed.*docker\(\)/s) };
    await expect(unable.create({ name: "x", work: folder })).rejects.toMatchObject(wrong);
  });

  test("runs a Python environment that is mounted by its interpreter", async () => {
    const base = "/usr/bin/python3";
    const environment = join(folder, "environment");
    const made = spawn(base, ["-m", "venv", "--without-pip", environment], { stdio: "ignore" });
    await once(made, "exit");
    const python = join(environment, "bin", "python3");
    const site = readdirSync(join(environment, "lib"))[0]!;
    writeFileSync(join(environment, "lib", site, "site-packages", "w2s_probe_package.py"), "answer = 42\n");
    expect((await pythonMounts(python)).map(({ target }) => target)).toEqual([environment]);
    await using provider = bubblewrap({ python });
    await using sandbox = await provider.create({ name: "python", work: join(folder, "work") });
    const result = await sandbox.exec("python3 -c 'import sys, w2s_probe_package as p; print(p.answer, sys.prefix)'");
    expect(result.output).toBe(`42 ${environment}\n`);
  });
});

describe("control groups", () => {
  /** A folder like /sys/fs/cgroup, with these files. */
  function machine(self: string, files: Readonly<Record<string, string>>): { root: string; self: string } {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(join(folder, path, ".."), { recursive: true });
      writeFileSync(join(folder, path), content);
    }
    writeFileSync(join(folder, "self"), self);
    return { root: folder, self: join(folder, "self") };
  }

  test("of version 2 are made below the nearest group that gives memory and pids on", () => {
    const files = machine("0::/user/app/scope\n", {
      "cgroup.subtree_control": "cpu memory pids\n",
      "cgroup.procs": "",
      "user/app/cgroup.subtree_control": "memory pids\n",
      "user/app/cgroup.procs": "",
      "user/app/scope/cgroup.subtree_control": "\n",
      "user/app/scope/cgroup.procs": "",
    });
    const parent = findCgroupParent(files)!;
    expect(parent).toEqual({ version: 2, memory: join(folder, "user/app"), processes: join(folder, "user/app") });
    const group = makeCgroup(parent, { memory: 1000, processes: 10 });
    const made = group.procs[0]!.replace("/cgroup.procs", "");
    expect(readFileSync(join(made, "memory.max"), "utf8")).toBe("1000");
    expect(readFileSync(join(made, "pids.max"), "utf8")).toBe("10");
    writeFileSync(join(made, "memory.events"), "low 0\noom 3\noom_kill 2\n");
    expect(group.outOfMemory()).toBe(2);
  });

  test("of version 1 are made by controller; where a controller is missing there are none", () => {
    const files = { "memory/job/cgroup.procs": "", "pids/cgroup.procs": "" };
    const both = machine("4:memory:/job\n8:pids:/\n0::/\n", files);
    expect(findCgroupParent(both)).toEqual({
      version: 1,
      memory: join(folder, "memory/job"),
      processes: join(folder, "pids"),
    });
    expect(findCgroupParent(machine("4:memory:/job\n0::/\n", files))).toBeUndefined();
    expect(findCgroupParent(machine("0::/\n", { "cgroup.subtree_control": "cpu\n" }))).toBeUndefined();
  });

  test("that a killed process has left are removed", () => {
    for (const name of ["w2s-999999999-a-1", `w2s-${process.pid}-a-1`, "other"]) mkdirSync(join(folder, name));
    removeStale({ version: 2, memory: folder, processes: folder });
    expect(existsSync(join(folder, "w2s-999999999-a-1"))).toBe(false);
    expect(readdirSync(folder)).toHaveLength(2);
  });
});
