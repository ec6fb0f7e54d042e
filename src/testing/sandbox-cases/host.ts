import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, readlink, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { snapshot } from "../../data/snapshot.js";
import type { SuiteCase } from "../suite.js";
import { ownProcesses, refused, type SandboxBench } from "./bench.js";

/** The host's files, environment and processes. */
export function hostCases({ isolated, test }: SandboxBench): SuiteCase[] {
  return [
    isolated("files of the host are not there", async ({ shell, host, secret }) => {
      const { output } = await shell(`cat ${host}/secret; ls -la ${host} $(dirname ${host}) /root /home`);
      assert.ok(!output.includes(secret), "the secret is not readable");
    }),
    isolated("the host's users and passwords are not there", async ({ shell }) => {
      const { output, exitCode } = await shell("cat /etc/shadow /etc/gshadow /etc/sudoers");
      assert.notEqual(exitCode, 0);
      assert.ok(!/^\w+:[^:]*:\d/m.test(output), "no line of /etc/shadow");
    }),
    isolated("the host's files are not reached through the file helper", async ({ sandbox, host }) => {
      for (const path of [`${host}/secret`, `../../../../../../..${host}/secret`, `/work/../${host}/secret`]) {
        await refused(sandbox.files.read(path), "not_found", "bad_input");
      }
    }),
    isolated("what is written outside of the work folder does not reach the host", async ({ shell, sandbox, host }) => {
      await shell(`mkdir -p ${host}; echo x > ${host}/written; echo x > ${host}/secret`);
      await sandbox.files.write(`${host}/written`, "x").catch(() => undefined);
      await sandbox.files.remove(`${host}/secret`).catch(() => undefined);
      assert.deepEqual((await readdir(host)).sort(), ["door.sock", "secret", "work"]);
    }),
    isolated("the system is read-only", async ({ shell }) => {
      const folders = "/ /usr /usr/bin /usr/lib /etc /lib /bin /dev /proc /proc/sys/kernel";
      const { output } = await shell(
        `for d in ${folders}; do (echo x > $d/w2s-probe) 2> /dev/null && echo "$d"; done; true`,
      );
      assert.equal(output, "", "nothing could be written there");
    }),
    isolated("the environment of the host is not there", async ({ shell, secret }) => {
      assert.ok(!(await shell("env; cat /proc/self/environ")).output.includes(secret));
    }),
    isolated(
      "no process has an environment or a command line that tells of the host",
      async ({ shell, secret, host }) => {
        const { output } = await shell("cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline | tr '\\0' '\\n'");
        assert.ok(!output.includes(secret), "the secret is not there");
        assert.ok(!output.includes(`${host}/`), "no path of the host is there");
      },
    ),
    isolated("processes of the host cannot be seen", async ({ shell }) => {
      await using victim = await hostProcess();
      const { output } = await shell("cat /proc/[0-9]*/cmdline | tr '\\0' ' '");
      assert.ok(!output.includes(victim.mark));
    }),
    isolated("processes of the host get no signals", async (room) => {
      await ownProcesses(room);
      await using victim = await hostProcess();
      await room.shell(`kill -9 ${victim.child.pid}; kill -9 -${victim.child.pid}; kill -9 -1`);
      assert.equal(victim.child.exitCode ?? victim.child.signalCode, null);
      process.kill(victim.child.pid!, 0);
    }),
    isolated("the sandbox outlives a process that kills all it can", async (room) => {
      await ownProcesses(room);
      const { shell, sandbox } = room;
      await shell("kill -9 1; kill -TERM 1; kill -INT 1; kill -STOP 1; kill -HUP 1; kill -9 -1");
      await sandbox.health();
      assert.equal((await shell("echo alive")).output, "alive\n");
    }),
    isolated("the helper's memory, files and environment are out of reach", async ({ python }) => {
      const program = `
import os
for what in ("mem", "environ", "fd/0", "fd/1", "root", "cwd", "maps", "auxv"):
    try:
        os.close(os.open(f"/proc/1/{what}", os.O_RDWR if what in ("mem", "fd/0", "fd/1") else os.O_RDONLY))
        print("opened", what)
    except OSError:
        pass`;
      assert.equal(await python(program), "");
    }),
    test("a command has its three streams open, and nothing else", async ({ python }) => {
      assert.equal(await python(openFiles), "[0, 1, 2]");
    }),
    isolated("the helper cannot be traced", async ({ python }) => {
      const program = `
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
print(libc.ptrace(0x4206, 1, 0, 0), libc.ptrace(16, 1, 0, 0))`;
      assert.equal(await python(program), "-1 -1");
    }),
    isolated("namespaces are the sandbox's own", async ({ shell }) => {
      for (const kind of ["pid", "mnt", "ipc", "uts", "net"]) {
        const inside = (await shell(`readlink /proc/self/ns/${kind}`)).output.trim();
        assert.match(inside, /^\w+:\[\d+\]$/);
        assert.notEqual(inside, await readlink(`/proc/self/ns/${kind}`).catch(() => ""), kind);
      }
    }),
    isolated("sandboxes neither see nor reach one another", async ({ shell, another, host }) => {
      const other = await another({ name: "other", work: join(host, "other") });
      const running = await other.spawn(["sleep", "98765"]);
      await other.exec("echo other > /tmp/other; echo other > /dev/shm/other; echo other > /work/other");
      const { output } = await shell("cat /proc/[0-9]*/cmdline | tr '\\0' ' '; cat /tmp/* /dev/shm/* /work/*");
      assert.ok(!/other|98765/.test(output.replaceAll("other: No such", "")));
      await running.kill();
    }),
    ...linkCases(test, isolated),
  ];
}

/** Links that an agent puts where the host reads and writes. They hold for every provider: nothing follows one. */
function linkCases(test: SandboxBench["test"], isolated: SandboxBench["isolated"]): SuiteCase[] {
  return [
    test("no file is read through a link", async ({ sandbox, shell, host, secret }) => {
      await shell(`ln -s ${host}/secret link; ln -s ${host} folder; ln -s /proc/self/environ environ`);
      for (const path of ["link", "folder/secret", "environ"]) {
        const error = await refused(sandbox.files.read(path), "bad_input", "not_found");
        assert.ok(!error.message.includes(secret));
      }
      await refused(sandbox.files.list("folder"), "bad_input", "not_found");
    }),
    test("nothing is written through a link", async ({ sandbox, shell, host }) => {
      await shell(`ln -s ${host}/secret link; ln -s ${host} folder; ln -s ${host}/new dangling`);
      await sandbox.files.write("link", "overwritten").catch(() => undefined);
      await sandbox.files.write("dangling", "new").catch(() => undefined);
      await refused(sandbox.files.write("folder/planted", "x"), "bad_input", "not_found", "storage");
      const files = snapshot([{ path: "folder/planted", executable: true, content: new Uint8Array(1) }]);
      await refused(sandbox.files.restore(files, "."), "bad_input", "not_found", "storage");
      await refused(sandbox.files.restore(files, "folder"), "bad_input", "not_found", "storage");
      assert.deepEqual((await readdir(host)).sort(), ["door.sock", "secret", "work"]);
      assert.match(await readFile(join(host, "secret"), "utf8"), /^secret-/);
    }),
    test("removing a link, or a folder with one, leaves what it leads to", async ({ sandbox, shell, host }) => {
      await mkdir(join(host, "precious"));
      await writeFile(join(host, "precious", "file"), "");
      await shell(`mkdir d; ln -s ${host}/precious link; ln -s ${host}/precious d/link`);
      await sandbox.files.remove("link/file").catch(() => undefined);
      await sandbox.files.remove("link");
      await sandbox.files.remove("d");
      await sandbox.files.restore(snapshot([]), ".", { exact: true });
      assert.deepEqual(await readdir(join(host, "precious")), ["file"]);
    }),
    test("a snapshot holds nothing that a link leads to", async ({ sandbox, shell, host }) => {
      await shell(`ln -s ${host}/secret link; ln -s ${host} folder; ln -s . loop`);
      assert.deepEqual((await sandbox.snapshot()).skipped, ["folder", "link", "loop"]);
    }),
    test("a link that the host follows itself is not there: the work folder is reached by the helper", async (room) => {
      await symlink(join(room.host, "secret"), join(room.work, "planted"));
      await refused(room.sandbox.files.read("planted"), "bad_input", "not_found");
    }),
    test("a folder that becomes a link while it is written to leads nowhere", async ({ sandbox, host }) => {
      await mkdir(join(host, "outside"));
      // RENAME_EXCHANGE: at each moment `d` is one or the other.
      const swap = `import ctypes, os
os.mkdir("d"); os.symlink("${host}/outside", "link")
exchange = ctypes.CDLL(None).renameat2
print("go", flush=True)
while True: exchange(-100, b"d", -100, b"link", 2)
`;
      const racer = await sandbox.spawn(["python3", "-I", "-c", swap]);
      await racer.stdout.getReader().read();
      for (let attempt = 0; attempt < 150; attempt++) {
        await Promise.allSettled([
          sandbox.files.write(`d/planted-${attempt}`, "x"),
          sandbox.files.read("d/../d/x"),
          sandbox.files.remove("d/x"),
        ]);
      }
      await racer.kill();
      assert.deepEqual(await readdir(join(host, "outside")), []);
    }),
    isolated("device files cannot be made", async ({ shell }) => {
      const { output } = await shell("mknod disk b 254 0 && echo made; mknod mem c 1 1 && echo made; ls");
      assert.ok(!/^made$/m.test(output));
    }),
  ];
}

/** Prints the file descriptors that are open. */
export const openFiles = `import os
found = sorted(map(int, os.listdir("/dev/fd")))
def is_open(fd):
    try: return bool(os.fstat(fd))
    except OSError: return False
print(list(filter(is_open, found)))
`;

/** A process of the host's, with a mark in its command line. */
async function hostProcess(): Promise<{ readonly child: ChildProcess; readonly mark: string } & AsyncDisposable> {
  const mark = "w2s-suite-victim";
  const child = spawn(process.execPath, ["-e", "console.log(1); setInterval(() => {}, 1000)", mark], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  await once(child.stdout!, "data");
  return {
    child,
    mark,
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}
