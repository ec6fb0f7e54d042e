import assert from "node:assert/strict";
import type { SuiteCase } from "../suite.js";
import { ownProcesses, type SandboxBench, small, within } from "./bench.js";

/** Too much of everything: it ends, and the sandbox goes on. */
export function bombCases({ test, isolated, limited }: SandboxBench): SuiteCase[] {
  return [
    limited(
      "a process that takes too much memory ends, and the sandbox goes on",
      "memory",
      ["kernel", "each"],
      async (room) => {
        const result = await room.sandbox.exec(["python3", "-I", "-c", "x = b'x' * (400 << 20); print('took it')"]);
        assert.notEqual(result.exitCode, 0);
        assert.ok(!result.output.includes("took it"));
        assert.equal((await room.shell("echo alive")).output, "alive\n");
      },
    ),
    limited(
      "processes that take too much memory together end, and the sandbox goes on",
      "memory",
      ["kernel"],
      async (room) => {
        assert.ok(Number(await room.python(together)) < 6, "not all of them had it at once");
        assert.equal((await room.shell("echo alive")).output, "alive\n");
      },
    ),
    limited("what the kernel killed for want of memory is told", "memory", ["kernel"], async (room) => {
      const { output, signal } = await room.sandbox.exec(["python3", "-I", "-c", "x = b'x' * (400 << 20)"]);
      assert.equal(signal, "SIGKILL");
      assert.match(output, /memory/);
    }),
    isolated("/tmp and /dev/shm hold no more than they may", async (room) => {
      const { output } = await room.shell(
        `for d in /tmp /dev/shm; do head -c ${small.tmp * 2} /dev/zero > $d/big; wc -c < $d/big; done`,
      );
      const sizes = output.match(/^\d+$/gm)!.map(Number);
      assert.equal(sizes.length, 2);
      for (const size of sizes) assert.ok(size <= small.tmp, `${size} bytes`);
      assert.equal((await room.shell("echo alive")).output, "alive\n");
    }),
    limited("a fork bomb ends with its command, and the sandbox goes on", "processes", ["kernel"], async (room) => {
      await ownProcesses(room);
      const result = await room.shell("b() { b | b & }; b; sleep 60", { timeout: 1 });
      assert.equal(result.timedOut, true);
      assert.equal((await room.shell("echo alive")).output, "alive\n");
    }),
    limited(
      "a fork bomb that outlives its command does not stop the next one for good",
      "processes",
      ["kernel"],
      async (room) => {
        await ownProcesses(room);
        await room.shell(`python3 -I -c "$BOMB" > /dev/null 2>&1 &`, { env: { BOMB: bomb } });
        for (let attempt = 0; attempt < 20; attempt++) {
          if ((await room.shell("echo alive")).output === "alive\n") return;
        }
        assert.fail("no command could be run");
      },
    ),
    limited("threads count as processes", "processes", ["kernel", "each"], async (room) => {
      const program = `
import threading
stop = threading.Event()
try:
    for i in range(500): threading.Thread(target=stop.wait, daemon=True).start()
    print("all", flush=True)
except RuntimeError: print("refused", flush=True)
import os; os._exit(0)`;
      assert.match(await room.python(program, [], { fail: true }), /refused/);
    }),
    limited(
      "one file that takes too much ends with its writer",
      "disk",
      ["kernel", "each", "watched"],
      async (room) => {
        await room.shell(`head -c ${small.disk * 4} /dev/zero > big`);
        const { output } = await room.shell("wc -c < big");
        assert.ok(Number(output) <= small.disk, `${output} bytes`);
        assert.equal((await room.shell("rm big; echo x > small; cat small")).output, "x\n");
      },
    ),
    limited("files that take too much together end with their writer", "disk", ["kernel", "watched"], async (room) => {
      const script = "i=0; while :; do i=$((i+1)); head -c 1000000 /dev/zero > f$i || exit 1; done";
      const result = await room.shell(script, { timeout: 15 });
      assert.ok(result.exitCode !== 0 && !result.timedOut, "it was ended");
      if (result.signal) assert.match(result.output, /bytes/, "it is told why");
      assert.equal((await room.shell("rm -f f*; echo x > small; cat small")).output, "x\n");
    }),
    limited("names take room too, though their files are empty", "disk", ["kernel", "watched"], async (room) => {
      const result = await room.sandbox.exec(["python3", "-I", "-c", manyNames, `${small.disk / 2048}`]);
      assert.ok(result.exitCode !== 0, "it was ended, or could make no more");
      assert.equal((await room.shell("rm -r many; echo x > small; cat small")).output, "x\n");
    }),
    limited("deleted files that are open take room too", "disk", ["kernel", "watched"], async (room) => {
      const result = await room.sandbox.exec(["python3", "-I", "-c", deleted, `${(small.disk / 4) * 3}`]);
      assert.ok(result.exitCode !== 0, "it was ended, or could write no more");
      assert.equal((await room.shell("echo x > small; cat small")).output, "x\n");
    }),
    limited("what is below a folder that is shut takes room too", "disk", ["kernel", "watched"], async (room) => {
      const result = await room.sandbox.exec(["python3", "-I", "-c", shut, `${(small.disk / 4) * 3}`]);
      assert.ok(result.exitCode !== 0, "it was ended, or could write no more");
      assert.equal((await room.shell("chmod 700 . a; rm -r a; echo x > small; cat small")).output, "x\n");
    }),
    limited("folders too deep to be looked at are refused, and can be removed", "disk", ["watched"], async (room) => {
      const result = await room.sandbox.exec(["python3", "-I", "-c", deep]);
      assert.ok(result.exitCode !== 0, "it was ended");
      await room.sandbox.files.remove("d");
      const again = async (): Promise<void> => {
        while ((await room.shell("echo alive")).output !== "alive\n");
      };
      await within(10, again(), "commands run again");
    }),
    test("endless output is read and left out", async ({ shell }) => {
      const result = await shell("yes | head -c 50000000; echo end", { maxOutput: 2000 });
      assert.equal(result.outputBytes, 50_000_004);
      assert.ok(result.output.length < 2200);
      assert.match(result.output, /end\n$/);
    }),
    test("a daemon does not outlive a command that took too long", async ({ shell }) => {
      const daemon = "setsid sh -c 'setsid sleep 4321 &' ; sleep 60";
      assert.equal((await shell(daemon, { timeout: 0.5 })).timedOut, true);
      const { output } = await shell("cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -c 'sleep 432[1]'");
      assert.equal(output.trim(), "0");
    }),
    test("a deep tree of folders stops neither snapshots nor listings", async ({ python, sandbox }) => {
      await python("import os\nfor i in range(1500):\n os.mkdir('d'); os.chdir('d')");
      await sandbox.snapshot().catch((error) => assert.equal(error.code, "bad_input"));
      assert.equal((await sandbox.files.list(".")).length, 1);
      await sandbox.files.remove("d");
      assert.deepEqual(await sandbox.files.list("."), []);
    }),
    test("names that are no text stop nothing", async ({ python, sandbox }) => {
      await python(
        "import os\nos.close(os.open(b'\\xff\\xfe', os.O_CREAT)); open('a\\nb', 'w').close(); open('ok', 'w').close()",
      );
      assert.equal((await sandbox.files.list(".")).length, 3);
      const taken = await sandbox.snapshot();
      assert.equal(taken.files.length + taken.skipped.length, 3);
    }),
  ];
}

/** Makes so many empty files, and gives a watch the time to see them. */
const manyNames = `import os, sys, time
os.mkdir("many")
for i in range(int(sys.argv[1])): os.close(os.open(f"many/{i}", os.O_CREAT))
time.sleep(4)
`;

/** Holds two deleted files of so many bytes, and gives a watch the time to see them. */
const deleted = `import os, sys, time
for name in ("one", "two"):
    fd = os.open(name, os.O_CREAT | os.O_WRONLY)
    os.unlink(name)
    rest = int(sys.argv[1])
    while rest: rest -= os.write(fd, b"x" * min(rest, 1 << 20))
time.sleep(4)
`;

/** Shuts the folders above the one where it writes. */
const shut = `import os, sys, time
os.makedirs("a/b")
os.chdir("a/b")
os.chmod("..", 0o400); os.chmod("/work" if os.path.isdir("/work") else os.environ["W2S_WORK"], 0)
for name in ("one", "two"):
    with open(name, "wb") as file: file.write(b"x" * int(sys.argv[1]))
time.sleep(4)
`;

/** Makes more folders in one another than a process can open, and gives a watch the time to see them. */
const deep = `import os, time
for i in range(17000): os.mkdir("d"); os.chdir("d")
time.sleep(8)
`;

/** Children that leave their session and fork on. */
const bomb = `import os, time
while True:
    try:
        if os.fork() == 0: os.setsid()
    except OSError: time.sleep(0.01)
`;

/** Six children take 60 MB each and keep it; prints how many have it once each has had it or been killed. */
const together = `import os, signal
pipes, children = [], []
for i in range(6):
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        x = b"x" * (60 << 20)
        os.write(writer, b"t")
        signal.pause()
    os.close(writer)
    pipes.append(reader); children.append(child)
for reader in pipes: os.read(reader, 1)
def resident(pid):
    with open(f"/proc/{pid}/statm") as file: return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
print(sum(resident(child) >= 60 << 20 for child in children))
for child in children: os.kill(child, signal.SIGKILL)
`;
