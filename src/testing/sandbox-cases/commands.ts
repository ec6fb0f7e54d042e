import assert from "node:assert/strict";
import type { SuiteCase } from "../suite.js";
import { type SandboxBench, within } from "./bench.js";

const text = (stream: ReadableStream<Uint8Array>): Promise<string> => new Response(stream).text();

/** `exec` and `spawn`. */
export function commandCases({ test }: SandboxBench): SuiteCase[] {
  return [
    test("a failing command is a result, with its exit code and output", async ({ shell }) => {
      const result = await shell("echo out; echo err >&2; exit 3");
      assert.equal(result.exitCode, 3);
      assert.equal(result.signal, null);
      assert.equal(result.output, "out\nerr\n", "both streams, as they came");
      assert.equal(result.outputBytes, 8);
      assert.equal(result.timedOut, false);
    }),
    test("a command that a signal ends says which", async ({ shell }) => {
      const result = await shell("kill -SEGV $$");
      assert.deepEqual([result.exitCode, result.signal], [null, "SIGSEGV"]);
    }),
    test("a program that is not there is a result", async ({ sandbox }) => {
      assert.equal((await sandbox.exec(["no-such-program"])).exitCode, 127);
    }),
    test("a list of words goes to the program as it is", async ({ sandbox }) => {
      const { output } = await sandbox.exec(["printf", "%s|", "a b", "$HOME", "'", "*"]);
      assert.equal(output, "a b|$HOME|'|*|");
    }),
    test("a command gets its standard input, and without one the end of input", async ({ shell }) => {
      const long = "line\n".repeat(50_000);
      assert.equal((await shell("wc -c", { stdin: long })).output.trim(), `${long.length}`);
      assert.equal((await shell("cat")).output, "");
    }),
    test("a command gets its environment and its folder", async ({ shell, sandbox }) => {
      await sandbox.files.write("sub/file", "x");
      const result = await shell('echo "$ONE"; ls; echo "$HOME$TMPDIR" | wc -l', { env: { ONE: "1" }, cwd: "sub" });
      assert.equal(result.output, "1\nfile\n1\n");
    }),
    test("long output is cut in the middle, and says how much is missing", async ({ shell }) => {
      const result = await shell("echo first; yes é | head -c 99999; echo; echo last", { maxOutput: 1000 });
      assert.match(result.output, /^first\n/);
      assert.match(result.output, /last\n$/);
      const missing = /\[\.\.\. (\d+) bytes/.exec(result.output)?.[1];
      assert.equal(Number(missing), result.outputBytes - 1000, "it says how many bytes are missing");
      assert.ok(result.output.length < 1200, "no more is kept than was asked for");
      assert.ok(!result.output.includes("\uFFFD"), "no character is cut in two");
    }),
    test("a command that takes too long is killed, with what it started", async ({ shell, door }) => {
      const connected = door.connection();
      const running = shell('python3 -I -c "$PROGRAM" & sleep 100', { timeout: 1.5, env: { PROGRAM: callDoor } });
      const socket = await within(5, connected, "the command runs");
      const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
      const result = await running;
      assert.equal(result.timedOut, true);
      assert.equal(result.signal, "SIGKILL");
      await within(3, closed, "what it started has ended");
    }),
    test("a command that kills the process above it ends, with what it started", async ({ shell, door }) => {
      const connected = door.connection();
      const script = 'setsid python3 -I -c "$PROGRAM" & read line < go; kill -9 $PPID; exec python3 -I -c "$PROGRAM"';
      await shell("mkfifo go");
      const running = shell(script, { env: { PROGRAM: callDoor } });
      const socket = await within(10, connected, "what it started runs");
      const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
      await shell("echo > go");
      assert.equal((await within(10, running, "it ends")).signal, "SIGKILL");
      await within(3, closed, "what it started has ended");
    }),
    test("an abort rejects with its reason and ends the command", async ({ sandbox, door }) => {
      const controller = new AbortController();
      const reason = new Error("enough");
      const connected = door.connection();
      const running = sandbox.exec(["python3", "-I", "-c", callDoor], { signal: controller.signal });
      const socket = await within(10, connected, "the command runs");
      const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
      controller.abort(reason);
      await assert.rejects(running, (error) => error === reason);
      await within(3, closed, "the command has ended");
    }),
    test("an aborted command is not begun", async ({ sandbox }) => {
      const reason = new Error("never");
      const begun = sandbox.exec("touch begun", { signal: AbortSignal.abort(reason) });
      await assert.rejects(begun, (error) => error === reason);
      assert.deepEqual(await sandbox.files.list("."), []);
    }),
    test("a command ends when it ends, though something in the background holds its output", async ({ shell }) => {
      const result = await within(10, shell("sleep 60 & echo done"), "it ends");
      assert.equal(result.output, "done\n");
    }),
    test("what runs in the background goes on after its command", async ({ shell, door }) => {
      const connected = door.connection();
      await shell('python3 -I -c "$PROGRAM" &', { env: { PROGRAM: callDoor } });
      const socket = await within(10, connected, "it runs");
      await shell("true");
      socket.write("still there?");
      assert.equal(socket.destroyed, false);
    }),
    test("a watched command says which programs it ran, whatever they call themselves", async ({ sandbox }) => {
      const program = "import subprocess; subprocess.run(['other', '0.5'], executable='/bin/sleep')";
      const watched = await sandbox.exec(["python3", "-I", "-c", program], { watch: true });
      assert.equal(watched.exitCode, 0);
      const sleeping = Object.entries(watched.programs ?? {}).filter(([name]) =>
        /^(sleep|busybox|coreutils)$/.test(name),
      );
      assert.deepEqual(
        sleeping.map(([, count]) => count),
        [1],
        "the program that it started, once",
      );
      assert.equal((await sandbox.exec("true")).programs, undefined, "nothing is counted that nobody asked for");
    }),
    test("several commands run at once", async ({ shell }) => {
      const results = await Promise.all([1, 2, 3, 4].map((n) => shell(`mkfifo p${n}; (sleep 0.1; echo ${n}) | cat`)));
      assert.deepEqual(
        results.map(({ output }) => output),
        ["1\n", "2\n", "3\n", "4\n"],
      );
    }),
    test("a spawned program talks by its streams", async ({ sandbox }) => {
      const program = await sandbox.spawn("cat; echo end >&2; exit 4");
      const writer = program.stdin.getWriter();
      const sent = "0123456789".repeat(100_000);
      const written = writer.write(new TextEncoder().encode(sent)).then(() => writer.close());
      const [out, err] = await Promise.all([text(program.stdout), text(program.stderr), written]);
      assert.equal(out.length, sent.length);
      assert.equal(out, sent);
      assert.equal(err, "end\n");
      assert.deepEqual(await program.exit, { exitCode: 4, signal: null });
    }),
    test("a spawned program waits while nobody reads what it writes", async ({ sandbox }) => {
      const program = await sandbox.spawn("head -c 30000000 /dev/zero; touch written");
      const reader = program.stdout.getReader();
      await reader.read();
      assert.deepEqual(await sandbox.files.list("."), [], "30 MB are not on their way at once");
      let bytes = 0;
      for (let next = await reader.read(); !next.done; next = await reader.read()) bytes += next.value.length;
      assert.ok(bytes > 29_000_000, "all of it comes when it is read");
      assert.equal((await program.exit).exitCode, 0);
    }),
    test("what a spawned program wrote can be read after its end", async ({ sandbox }) => {
      const program = await sandbox.spawn("head -c 340000 /dev/zero");
      assert.equal((await program.exit).exitCode, 0);
      let bytes = 0;
      for await (const part of program.stdout) bytes += part.length;
      assert.equal(bytes, 340_000);
    }),
    test("a spawned program can be killed", async ({ sandbox }) => {
      const program = await sandbox.spawn(["sleep", "100"]);
      await program.kill("SIGTERM");
      assert.deepEqual(await within(5, program.exit, "it ends"), { exitCode: null, signal: "SIGTERM" });
    }),
  ];
}

/** Opens a connection through the door and holds it for as long as it lives. */
export const callDoor = `import os, socket
s = socket.socket(socket.AF_UNIX)
s.connect(os.environ["W2S_DOOR"])
s.sendall(b"here")
while s.recv(100): pass
`;
