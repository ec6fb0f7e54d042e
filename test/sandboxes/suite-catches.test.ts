import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { Sandbox, SandboxProvider, SandboxRequest } from "../../src/sandbox.js";
import { bubblewrap } from "../../src/sandboxes/bubblewrap/index.js";
import { sandboxSuite } from "../../src/testing/sandbox-suite.js";

/* Sandboxes that leak, each in its own way: the suite has to tell. None of them lets processes of this machine be reached. */

const folder = mkdtempSync(join(tmpdir(), "w2s-leaky-"));
const left: AsyncDisposable[] = [];
afterAll(async () => {
  for (const sandbox of left) await sandbox[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

/** A `bwrap` that changes its arguments before it becomes the real one. */
function leakyProgram(name: string, change: string): SandboxProvider {
  const file = join(folder, name);
  writeFileSync(
    file,
    `#!/usr/bin/python3\nimport os, sys\na = sys.argv[1:]\n${change}\nos.execvp("bwrap", ["bwrap", *a])\n`,
  );
  chmodSync(file, 0o755);
  return bubblewrap({ bwrap: file });
}

/** Bubblewrap's sandboxes with something of their own in the place of something. */
function changed(change: (sandbox: Sandbox, request: SandboxRequest) => Partial<Sandbox>): SandboxProvider {
  const provider = bubblewrap();
  return {
    ...provider,
    async create(request, options) {
      const sandbox = await provider.create(request, options);
      return {
        name: sandbox.name,
        exec: (...args) => sandbox.exec(...args),
        spawn: (...args) => sandbox.spawn(...args),
        snapshot: (...args) => sandbox.snapshot(...args),
        health: (...args) => sandbox.health(...args),
        files: sandbox.files,
        [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
        ...change(sandbox, request),
      };
    },
  };
}

const leaks: Readonly<Record<string, { make: () => SandboxProvider; caught: readonly string[] }>> = {
  "the host's network": {
    make: () => leakyProgram("network", "a.remove('--unshare-net') if '--unshare-net' in a else 0"),
    caught: [
      "no TCP server of the host is reached",
      "no datagram reaches the host",
      "abstract sockets of the host are not reached",
      "a sandbox has a loopback of its own",
      "namespaces are the sandbox's own",
    ],
  },
  "the host's files": {
    make: () =>
      leakyProgram(
        "files",
        "i = a.index('--bind') if '--bind' in a else 0\na[i:i] = ['--bind', '/tmp', '/tmp'] if i else []",
      ),
    caught: [
      "files of the host are not there",
      "what is written outside of the work folder does not reach the host",
      "the host's files are not reached through the file helper",
      "sockets in the host's file system are not reached",
    ],
  },
  "system calls": {
    make: () => leakyProgram("calls", "i = a.index('--seccomp') if '--seccomp' in a else -1\nif i >= 0: del a[i:i+2]"),
    caught: [
      "the host's keyrings are out of reach",
      "large parts of the kernel are closed: bpf, io_uring, perf, userfaultfd",
      "what the whole machine has only so many of is closed: inotify, asynchronous I/O",
      "nothing can be typed into a terminal of the host",
    ],
  },
  "writable mounts": {
    make: () =>
      leakyProgram(
        "mounts",
        "a = ['--bind' if x == '--ro-bind' and '/mounted' in a[i + 1] else x for i, x in enumerate(a)]",
      ),
    caught: ["mounts can be read and not written"],
  },
  "shared memory without bounds, and the host's name": {
    make: () =>
      leakyProgram(
        "shared",
        "a = [x for i, x in enumerate(a) if x != '--size' and (i == 0 or a[i - 1] != '--size')]\nfor x in ('--unshare-uts', '--unshare-ipc'): a.remove(x)\ni = a.index('--hostname'); del a[i:i+2]",
      ),
    caught: [
      "/tmp and /dev/shm hold no more than they may",
      "the host's name is not the sandbox's, and cannot be changed",
      "namespaces are the sandbox's own",
    ],
  },
  "the environment": {
    make: () =>
      changed((sandbox) => ({
        exec: (command, options) =>
          sandbox.exec(command, { ...options, env: { ...(process.env as Record<string, string>), ...options?.env } }),
      })),
    caught: [
      "the environment of the host is not there",
      "no process has an environment or a command line that tells of the host",
    ],
  },
  "an open folder of the host": {
    make: () =>
      changed((sandbox) => ({
        exec: (command, options) => {
          const words = typeof command === "string" ? ["/bin/sh", "-c", command] : command;
          return sandbox.exec(["/bin/sh", "-c", 'exec "$@" 9< /', "sh", ...words], options);
        },
      })),
    caught: ["a command has its three streams open, and nothing else"],
  },
  "a disk limit that nobody watches": {
    make() {
      const provider = bubblewrap();
      const without = { disk: 2 ** 40 };
      return {
        ...provider,
        create: (request, options) =>
          provider.create({ ...request, limits: { ...request.limits, ...without } }, options),
      };
    },
    caught: ["names take room too, though their files are empty", "deleted files that are open take room too"],
  },
  "files that the host opens itself": {
    make: () =>
      changed((sandbox, { work }) => ({
        files: {
          ...sandbox.files,
          read: (path) => readFile(join(work, path)),
          async write(path, content) {
            await mkdir(dirname(join(work, path)), { recursive: true });
            await writeFile(join(work, path), content);
          },
          remove: (path) => rm(join(work, path), { recursive: true, force: true }),
        },
      })),
    caught: [
      "no file is read through a link",
      "nothing is written through a link",
      "a link that the host follows itself is not there: the work folder is reached by the helper",
      "a folder that becomes a link while it is written to leads nowhere",
    ],
  },
  "processes after disposal": {
    make: () =>
      changed((sandbox) => {
        left.push(sandbox);
        return { [Symbol.asyncDispose]: async () => undefined };
      }),
    caught: [
      "a process in the background ends with its sandbox",
      "a daemon that left its session ends with its sandbox",
    ],
  },
  "limits that it says it has": {
    make: () =>
      changed((sandbox) => ({ exec: (command, options) => sandbox.exec(command, { ...options, maxOutput: 1e8 }) })),
    caught: ["endless output is read and left out", "long output is cut in the middle, and says how much is missing"],
  },
};

/** Cases that every one of them passes: a leak is caught where it is, and nowhere else. */
const unharmed = "a failing command is a result, with its exit code and output";

describe.each(Object.entries(leaks))("a sandbox that leaks %s", (_, { make, caught }) => {
  const cases = new Map(sandboxSuite(make).map((one) => [one.name, one]));
  test.each(caught)("is caught: %s", async (name) => {
    const error = await cases
      .get(name)!
      .run({ skip: (reason) => expect.fail(`skipped: ${reason}`) })
      .then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
    expect((error as Error | undefined)?.name).toBe("AssertionError");
  });
  test("passes what it does not leak", () => cases.get(unharmed)!.run());
});
