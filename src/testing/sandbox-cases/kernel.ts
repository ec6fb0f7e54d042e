import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import type { SuiteCase } from "../suite.js";
import type { Room, SandboxBench } from "./bench.js";

/**
 * Runs lines of Python that call the kernel as `sys(number on x86_64, number on aarch64, arguments...)`: -1 where it refused
 * the call itself (EPERM, ENOSYS), the negative error where it failed in another way, else what it gave back.
 */
async function calls(room: Room, lines: string): Promise<string> {
  return room.python(`
import ctypes, os, platform
libc = ctypes.CDLL(None, use_errno=True)
def sys(x86, arm, *arguments):
    number = x86 if platform.machine() == "x86_64" else arm
    values = [ctypes.c_char_p(a) if isinstance(a, bytes) else a if a is None else ctypes.c_long(a) for a in arguments]
    given = libc.syscall(ctypes.c_long(number), *values)
    if given != -1: return given
    return -1 if ctypes.get_errno() in (1, 38) else -ctypes.get_errno()
${lines}`);
}

/** Rights, and parts of the kernel that are shared with the host. */
export function kernelCases({ isolated }: SandboxBench): SuiteCase[] {
  return [
    isolated("processes have no capabilities and can gain none", async ({ shell }) => {
      const { output } = await shell("cat /proc/self/status");
      for (const set of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"]) {
        assert.match(output, new RegExp(`^${set}:\\s0+$`, "m"));
      }
    }),
    isolated("programs that change the user give no rights", async ({ shell }) => {
      assert.match((await shell("cat /proc/self/status")).output, /^NoNewPrivs:\s1$/m);
      const { output } = await shell(
        "cp /bin/sh sh; chmod u+s,g+s sh; ./sh -p -c 'cat /proc/self/status'; su -c id; sudo -n id",
      );
      assert.match(output, /^CapEff:\s0+$/m);
      assert.ok(!/uid=0/.test(output));
    }),
    isolated("another user cannot be taken on", async (room) => {
      const lines = "print(sys(105, 146, 0) and -1, sys(117, 147, 0, 0, 0) and -1, sys(116, 159, 0, None) and -1)";
      const { output } = await room.shell("id -u");
      if (output.trim() !== "0") assert.equal(await calls(room, lines), "-1 -1 -1");
    }),
    isolated("nothing can be mounted", async (room) => {
      const lines = `
os.makedirs("/tmp/m", exist_ok=True)
print(sys(165, 40, b"none", b"/tmp/m", b"tmpfs", 0, None), sys(165, 40, b"/", b"/tmp/m", None, 4096, None))
print(sys(166, 39, b"/tmp", 2), sys(430, 430, b"tmpfs", 0), sys(428, 428, -100, b"/", 1))`;
      assert.equal(await calls(room, lines), "-1 -1\n-1 -1 -1");
    }),
    isolated("read-only mounts cannot be made writable", async (room) => {
      const lines = `print(sys(165, 40, None, b"/usr", None, 32 | 4096, None), sys(165, 40, None, b"/", None, 32, None))`;
      assert.equal(await calls(room, lines), "-1 -1");
    }),
    isolated("the root cannot be changed", async (room) => {
      assert.equal(await calls(room, `print(sys(161, 51, b"/tmp"), sys(155, 41, b"/tmp", b"/tmp"))`), "-1 -1");
    }),
    isolated("no new namespace can be made or entered", async (room) => {
      const lines = `
print([sys(272, 97, flag) for flag in (0x10000000, 0x20000, 0x20000000, 0x40000000, 0x8000000, 0x4000000)])
print([sys(308, 268, os.open(f"/proc/self/ns/{kind}", 0), 0) for kind in ("user", "mnt", "net")])
pid = sys(56, 220, 0x10000000 | 17, 0, 0, 0, 0)
if pid == 0: os._exit(0)
print(pid)`;
      assert.equal(await calls(room, lines), "[-1, -1, -1, -1, -1, -1]\n[-1, -1, -1]\n-1");
    }),
    isolated("the host's keyrings are out of reach", async (room) => {
      const lines = `
print([sys(250, 219, 0, ring, 0) for ring in (-3, -4, -5)], sys(248, 217, b"user", b"w2s", b"x", 1, -4))
print(sys(249, 218, b"user", b"w2s", None, -4))`;
      assert.equal(await calls(room, lines), "[-1, -1, -1] -1\n-1");
      const { output } = await room.shell("cat /proc/keys");
      assert.ok(!/keyring/.test(output), "their names cannot be read");
    }),
    isolated("large parts of the kernel are closed: bpf, io_uring, perf, userfaultfd", async (room) => {
      const lines = `
room = ctypes.create_string_buffer(256)
at = ctypes.addressof(room)
print(sys(321, 280, 0, at, 128), sys(425, 425, 1, at), sys(298, 241, at, 0, -1, -1, 0), sys(323, 282, 0))`;
      assert.equal(await calls(room, lines), "-1 -1 -1 -1");
    }),
    isolated("what the whole machine has only so many of is closed: inotify, asynchronous I/O", async (room) => {
      const lines = `
import platform
context = ctypes.c_ulong(0)
print(sys(294, 26, 0), sys(206, 0, 1, ctypes.addressof(context)))
if platform.machine() == "x86_64": assert sys(253, 0) == -1`;
      assert.equal(await calls(room, lines), "-1 -1");
    }),
    isolated("the machine cannot be restarted, nor its kernel replaced", async (room) => {
      // Each with arguments that would do nothing where it were allowed.
      const lines = `
print(sys(169, 142, 0, 0, 0, None), sys(246, 104, 0, 0, None, 0x7fff0000), sys(176, 106, b"w2s-no-such", 0), sys(175, 105, None, 0, b""))
`;
      assert.equal(await calls(room, lines), "-1 -1 -1 -1");
    }),
    isolated("the clock cannot be set", async (room) => {
      const lines = `
import time
try: time.clock_settime(time.CLOCK_REALTIME, time.time()); print("set")
except OSError: print("refused")`;
      assert.equal(await calls(room, lines), "refused");
    }),
    isolated("the host's name is not the sandbox's, and cannot be changed", async (room) => {
      assert.notEqual((await room.shell("hostname || cat /proc/sys/kernel/hostname")).output.trim(), hostname());
      const before = hostname();
      await calls(room, `sys(170, 161, b"w2s-probe", 9)`);
      await room.shell("echo w2s-probe > /proc/sys/kernel/hostname");
      assert.equal(hostname(), before);
    }),
    isolated("kernel settings cannot be changed", async ({ shell }) => {
      const before = await readFile("/proc/sys/kernel/core_pattern", "utf8").catch(() => "");
      const script = `for f in kernel/core_pattern kernel/panic vm/overcommit_memory vm/drop_caches kernel/modprobe fs/file-max; do
  (echo 1 >> /proc/sys/$f) 2> /dev/null && echo "$f"; done; (echo h > /proc/sysrq-trigger) 2> /dev/null && echo sysrq; true`;
      // Asked first whether it may: where it may, what the host has must not be overwritten by this very question.
      const asked = await shell(
        'for f in /proc/sys/kernel/core_pattern /proc/sys/vm/drop_caches /proc/sysrq-trigger; do (: >> "$f") 2> /dev/null && echo "$f"; done; true',
      );
      assert.equal(asked.output, "");
      assert.equal((await shell(script)).output, "");
      assert.equal(await readFile("/proc/sys/kernel/core_pattern", "utf8").catch(() => ""), before);
    }),
    isolated("no other file of /proc that belongs to the machine can be written", async ({ python }) => {
      const program = `
import os
for folder, folders, files in os.walk("/proc"):
    if folder == "/proc": folders[:] = [f for f in folders if not f.isdigit() and f not in ("self", "thread-self", "net")]
    for name in files:
        path = os.path.join(folder, name)
        try: os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK)); print(path)
        except OSError: pass`;
      assert.equal(await python(program), "");
    }),
    isolated("the host's memory, disks and control groups are not there", async ({ python }) => {
      const program = `
import glob, os
paths = ["/proc/kcore", "/dev/mem", "/dev/kmem", "/dev/port", "/dev/kmsg", "/dev/fuse", "/dev/kvm", "/dev/loop-control"]
paths += glob.glob("/dev/sd*") + glob.glob("/dev/vd*") + glob.glob("/dev/nvme*") + glob.glob("/dev/loop*")
paths += glob.glob("/sys/fs/cgroup/**/cgroup.procs", recursive=True) + glob.glob("/sys/kernel/debug/*") + glob.glob("/sys/kernel/uevent_helper")
for path in paths:
    try: os.close(os.open(path, os.O_RDONLY if path == "/proc/kcore" else os.O_RDWR)); print(path)
    except OSError: pass
for name in ("slabinfo", "vmallocinfo", "pagetypeinfo", "kpagecount", "kpageflags", "kpagecgroup"):
    try:
        if open(f"/proc/{name}", "rb").read(8): print(name)
    except OSError: pass`;
      assert.equal(await python(program), "");
    }),
    isolated("only harmless devices are there", async ({ shell }) => {
      const { output } = await shell("ls -l /dev | grep '^[bc]' | sed 's/.* //'");
      const known = ["console", "full", "null", "ptmx", "random", "tty", "urandom", "zero"];
      assert.deepEqual(
        output
          .trim()
          .split("\n")
          .filter((name) => !known.includes(name)),
        [],
      );
    }),
    isolated("nothing can be typed into a terminal of the host", async (room) => {
      const lines = `
try: os.close(os.open("/dev/tty", os.O_RDWR)); print("terminal")
except OSError: pass
# A terminal of its own, into which a process may type where nothing refuses the call.
child, primary = os.forkpty()
if child == 0:
    given = [sys(16, 29, 0, request, b"x") for request in (0x5412, 1 << 32 | 0x5412)]
    os._exit(0 if given == [-1, -1] else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))`;
      assert.equal(await calls(room, lines), "0");
    }),
    isolated("shared memory of the host is not there", async ({ shell, secret }) => {
      const { output } = await shell(
        `tail -n +2 /proc/sysvipc/shm /proc/sysvipc/sem /proc/sysvipc/msg | grep -E '^ +[0-9]'; ls /dev/shm; ls /dev/mqueue 2> /dev/null; true`,
      );
      assert.equal(output.trim(), "");
      assert.ok(!output.includes(secret));
    }),
    isolated("a crash leaves no core file", async ({ shell, sandbox }) => {
      assert.equal((await shell("ulimit -c")).output.trim(), "0");
      await shell("sh -c 'kill -SEGV $$'");
      assert.deepEqual(await sandbox.files.list("."), []);
    }),
    isolated("no process can put itself before others", async (room) => {
      const lines = `
for attempt in (lambda: os.nice(-5), lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)), lambda: open("/proc/self/oom_score_adj", "w").write("-1000") and open("/proc/self/oom_score_adj").close()):
    try: attempt(); print("done")
    except OSError: print("refused")`;
      assert.match(await calls(room, lines), /^refused\nrefused/);
      const score =
        "f = open('/proc/self/oom_score_adj', 'w')\ntry: f.write('-500'); f.flush(); print('lowered', flush=True)\nexcept OSError: print('refused', flush=True); os._exit(0)";
      assert.match(await room.python(`import os\n${score}`, [], { fail: true }), /refused/);
    }),
    isolated("limits of processes cannot be raised", async ({ shell }) => {
      const { output } = await shell(
        "ulimit -H -f unlimited 2>&1; ulimit -H -c unlimited 2>&1; ulimit -H -f; ulimit -H -c",
      );
      assert.ok(!/^unlimited$/m.test(output));
    }),
  ];
}
