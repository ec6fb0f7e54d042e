import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, type TestContext, test } from "vitest";
import type { WeakToStrongError } from "../../src/errors.js";
import { socketPaths } from "../../src/sandboxes/docker/engine.js";
import { docker } from "../../src/sandboxes/docker/index.js";
import { sandboxSuite } from "../../src/testing/sandbox-suite.js";
import { type PodmanService, startPodman, whyNoPodman } from "./podman-service.js";

const missing = await whyNoPodman();
const whole = process.env.W2S_TEST_PODMAN
  ? undefined
  : "a container for each case takes minutes: set W2S_TEST_PODMAN=1 to run them";

let service: PodmanService;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "w2s-docker-"));
  if (!missing) service = await startPodman();
}, 60_000);
afterAll(async () => {
  await service?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const here = () => docker({ image: service.image, socketPath: service.socketPath });
const containers = async (): Promise<string> => service.podman("ps", "--all", "--quiet");

function real(name: string, body: () => Promise<void>): void {
  test(name, async (context) => (missing ? context.skip(missing) : body()));
}

async function refused(call: Promise<unknown>, code: string, message: RegExp): Promise<void> {
  await assert.rejects(call, (error: WeakToStrongError) => {
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  });
}

describe("without an engine", () => {
  test("what to do is said where none answers", async () => {
    await using provider = docker({ image: "python:3.12-slim", socketPath: join(folder, "none.sock") });
    await refused(provider.capabilities(), "missing_dependency", /none\.sock.*podman\.socket.*DOCKER_HOST/);
  });
  test("DOCKER_HOST names the only engine, and it must be on this machine", () => {
    assert.deepEqual(socketPaths({ DOCKER_HOST: "unix:///a/b.sock" }), ["/a/b.sock"]);
    assert.throws(() => socketPaths({ DOCKER_HOST: "tcp://far:2375" }), /DOCKER_HOST is tcp:.*Unix socket/);
  });
  test("an image must be named", () => {
    assert.throws(() => docker({ image: "" }), /docker\(\{ image \}\)/);
  });
});

describe("docker, by podman", () => {
  real("says what it enforces, and runs commands", async () => {
    await using provider = here();
    const { isolated, limits, caveats } = await provider.capabilities();
    assert.equal(isolated, true);
    assert.deepEqual(limits, { memory: "kernel", processes: "kernel", disk: "watched" });
    assert.ok(caveats.some((caveat) => caveat.includes("root")));
    const sandbox = await provider.create({ name: "one", work: join(folder, "one") });
    const { output } = await sandbox.exec("echo $PATH; pwd; cat /proc/1/cmdline | tr '\\0' ' '");
    assert.match(output, /^\/usr\/local\/bin:\/usr\/bin:\/bin\n\/work\npython3 .*helper $/);
  });
  real("bytes of every kind go in and out as they are", async () => {
    await using provider = here();
    const sandbox = await provider.create({ name: "bytes", work: join(folder, "bytes") });
    const pairs = Uint8Array.from({ length: 1 << 17 }, (_, i) => (i % 2 === 0 ? i >> 9 : i >> 1));
    await sandbox.files.write("pairs", pairs);
    assert.deepEqual(await sandbox.files.read("pairs"), pairs);
  });
  real("an image that is not there is refused, with how to get it", async () => {
    await using provider = docker({ image: "localhost/no-such-image", socketPath: service.socketPath });
    await refused(provider.capabilities(), "missing_dependency", /podman pull localhost\/no-such-image/);
  });
  real("an image without a Python that will do is refused, with what was found", async () => {
    const { image, socketPath } = service;
    await using provider = docker({ image, socketPath, python: "python2" });
    const work = join(folder, "old");
    await refused(provider.create({ name: "old", work }), "missing_dependency", /Python 3.11.*python2.*not found/);
  });
  real("an image with volumes is refused", async () => {
    await service.addImage("w2s-volumes", "VOLUME /data");
    await using provider = docker({ image: "w2s-volumes", socketPath: service.socketPath });
    await refused(provider.capabilities(), "unsupported", /\/data/);
  });
  real("what the engine refuses is told, and nothing stays", async () => {
    await using provider = here();
    const request = { name: "bad", work: join(folder, "bad") };
    const device = { ...request, devices: ["/dev/w2s-not-there"] };
    await refused(provider.create(device), "failed", /refused to start a container.*w2s-not-there/);
    const mounts = [{ source: join(folder, "not-there") }];
    await refused(provider.create({ ...request, mounts }), "not_found", /not-there/);
    assert.equal(await containers(), "");
  });
  real("nothing is left when sandboxes are disposed of", async () => {
    await using provider = here();
    const made = [1, 2, 3].map((n) => provider.create({ name: `s${n}`, work: join(folder, `s${n}`) }));
    await Promise.all(made);
    await provider[Symbol.asyncDispose]();
    assert.equal(await containers(), "");
  });
  real("a container that is killed from outside is told, and calls are refused", async () => {
    await using provider = here();
    const sandbox = await provider.create({ name: "outside", work: join(folder, "outside") });
    const sleeping = sandbox.exec("sleep 1000");
    await service.podman("kill", (await containers()).trim());
    await refused(sleeping, "worker_died", /outside has ended: its helper (was killed by SIGKILL|ended)/);
    await refused(sandbox.exec("true"), "worker_died", /outside/);
  });
  real("a process that is killed takes its containers with it", async () => {
    const child = program("docker-killed.ts", "killed");
    await running(child);
    const id = (await containers()).trim();
    child.kill("SIGKILL");
    await service.podman("wait", id).catch(() => ""); // it may have been removed already
    while ((await containers()) !== "");
  });
  real("a container that a dead process could not end is removed by the next", async () => {
    const child = program("docker-killed.ts", "stale");
    await running(child);
    const id = (await containers()).trim();
    // A paused container notices nothing.
    await service.podman("pause", id);
    child.kill("SIGKILL");
    await once(child, "exit");
    await using other = here();
    await other.capabilities();
    assert.equal(await containers(), "");
  });
  real("containers of a living process are left alone", async () => {
    await using provider = here();
    const sandbox = await provider.create({ name: "alive", work: join(folder, "alive") });
    await using other = here();
    await other.capabilities();
    await sandbox.health();
  });
  real("a sandbox that nobody disposes of keeps no process running, and goes with it", async () => {
    const script = fileURLToPath(new URL("fixtures/docker-undisposed.ts", import.meta.url));
    const args = [...flags, script, service.socketPath, service.image, join(folder, "undisposed")];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 20_000 });
    assert.equal(stdout, "done\n");
    while ((await containers()) !== "");
  });
});

/** What a container engine cannot give to a lab that runs as root: its capabilities say so. */
const stated: Readonly<Record<string, string>> = {
  "the system is read-only": "its caveats say that root inside can write into /dev",
  "no other file of /proc that belongs to the machine can be written":
    "container engines hide files of /proc behind /dev/null, which can be opened for writing",
};

describe("the suite, by podman", () => {
  for (const { name, run } of sandboxSuite(here)) {
    const why = missing ?? whole ?? stated[name];
    test(name, async (context: TestContext) => (why ? context.skip(why) : run(context)));
  }
});

const flags = ["--conditions=w2s-source", "--import", "tsx"];

/** Waits until it says so; its end says no more. */
async function running(child: ChildProcess): Promise<void> {
  for await (const _ of child.stdout!.setEncoding("utf8")) return;
  assert.fail("the program has ended");
}

function program(file: string, work: string): ChildProcess {
  const script = fileURLToPath(new URL(`fixtures/${file}`, import.meta.url));
  return spawn(process.execPath, [...flags, script, service.socketPath, service.image, join(folder, work)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}
