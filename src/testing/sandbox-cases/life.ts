import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { SuiteCase } from "../suite.js";
import { refused, type SandboxBench, within } from "./bench.js";
import { callDoor } from "./commands.js";

/** From creation to disposal. */
export function lifeCases({ test }: SandboxBench): SuiteCase[] {
  return [
    test("capabilities say what cannot be promised", async ({ capabilities }) => {
      assert.ok(capabilities.isolated || capabilities.caveats.length > 0, "what is not isolated has caveats");
      assert.ok(capabilities.network.length > 0, "there is a kind of network that it can give");
    }),
    test("files in the work folder outlast a sandbox, and the next goes on with them", async (room) => {
      await room.shell("echo kept > file");
      await room.sandbox[Symbol.asyncDispose]();
      const next = await room.another();
      assert.equal((await next.exec("cat file")).output, "kept\n");
    }),
    test("a sandbox answers until it is disposed of, and then refuses", async ({ sandbox }) => {
      await sandbox.health();
      await sandbox[Symbol.asyncDispose]();
      await sandbox[Symbol.asyncDispose]();
      await refused(sandbox.exec("true"), "disposed");
      await refused(sandbox.files.read("x"), "disposed");
      await refused(sandbox.health(), "disposed");
    }),
    test("a call that runs when its sandbox is disposed of is refused", async ({ sandbox, door }) => {
      const connected = door.connection();
      const running = refused(sandbox.exec(["python3", "-I", "-c", callDoor]), "disposed");
      await within(10, connected, "it runs");
      await sandbox[Symbol.asyncDispose]();
      await running;
    }),
    test("a process in the background ends with its sandbox", async ({ sandbox, shell, door }) => {
      const connected = door.connection();
      await shell('python3 -I -c "$PROGRAM" &', { env: { PROGRAM: callDoor } });
      const socket = await within(10, connected, "it runs");
      const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
      await sandbox[Symbol.asyncDispose]();
      await within(1, closed, "it has ended");
    }),
    test("a daemon that left its session ends with its sandbox", async ({ sandbox, shell, door }) => {
      const connected = door.connection();
      await shell(`setsid sh -c 'setsid python3 -I -c "$PROGRAM" > /dev/null 2>&1 &'`, { env: { PROGRAM: callDoor } });
      const socket = await within(10, connected, "it runs");
      const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
      await sandbox[Symbol.asyncDispose]();
      await within(1, closed, "it has ended");
    }),
    test("the door leads to the host's socket", async ({ python, door }) => {
      const connected = door.connection();
      const program = "import os, socket\ns = socket.socket(socket.AF_UNIX); s.connect(os.environ['W2S_DOOR'])";
      assert.equal(await python(`${program}; s.sendall(b'knock'); print(s.recv(100).decode())`), "knock");
      await connected;
    }),
    test(
      "mounts can be read and not written",
      async ({ shell, host, capabilities }) => {
        const folder = join(host, "mounted");
        assert.equal((await shell(`cat ${folder}/file`)).output, "mounted");
        if (!capabilities.isolated) return;
        await shell(`cd ${folder}; echo x > file; echo x > new; chmod 777 file; mv file moved; rm -rf .`);
        assert.deepEqual(await readdir(folder), ["file"]);
        assert.equal(await readFile(join(folder, "file"), "utf8"), "mounted");
        assert.equal((await stat(join(folder, "file"))).mode & 0o777, 0o600);
      },
      (host) => {
        mkdirSync(join(host, "mounted"));
        writeFileSync(join(host, "mounted", "file"), "mounted", { mode: 0o600 });
        return { mounts: [{ source: join(host, "mounted") }] };
      },
    ),
    test("a request with a wrong field is refused, naming it", async ({ another }) => {
      assert.match((await refused(another({ name: "a b" }), "bad_input")).message, /name/);
      assert.match((await refused(another({ work: "relative" }), "bad_input")).message, /work/);
      assert.match((await refused(another({ limits: { memory: -1 } }), "bad_input")).message, /memory/);
      const mounts = [{ source: "/usr", target: "/work/usr" }];
      assert.match((await refused(another({ mounts }), "bad_input")).message, /mounts/);
    }),
  ];
}
