import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { explainFailure } from "../../src/setup/command.js";
import { findPython } from "../../src/setup/find-python.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "w2s-python-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A program that answers as a Python of that version would. */
function fake(name: string, script: string): string {
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

test("finds one here, new enough", async () => {
  expect((await findPython()).version).toMatch(/^3\.(1[1-9]|[2-9]\d)\./);
});

test("one that is too old is named with its version, and what to do", async () => {
  const named = fake("old", `printf '/usr/bin/python3.9\\n3.9.2\\nyes\\n'`);
  await expect(findPython({ named })).rejects.toMatchObject({
    code: "missing_dependency",
    message: expect.stringMatching(/3\.11 or newer.*is Python 3\.9\.2.*--python/s),
  });
});

test("one that is missing, or does not run", async () => {
  await expect(findPython({ named: join(folder, "nowhere") })).rejects.toMatchObject({
    message: expect.stringContaining("is not there"),
  });
  await expect(findPython({ named: fake("broken", "echo 'cannot open libpython' >&2; exit 3") })).rejects.toMatchObject(
    {
      message: expect.stringContaining("does not run (cannot open libpython)"),
    },
  );
});

test("one without venv (Debian): which package to install", async () => {
  const named = fake("debian", `printf '/usr/bin/python3.12\\n3.12.1\\nno\\n'`);
  await expect(findPython({ named })).rejects.toMatchObject({
    message: expect.stringContaining("apt install python3.12-venv"),
  });
});

test.for([
  ["OSError: [Errno 28] No space left on device", "storage", "The disk is full"],
  ["PermissionError: [Errno 13] Permission denied: '/x'", "storage", "W2S_HOME"],
  ["NewConnectionError('Temporary failure in name resolution')", "missing_dependency", "Check the network"],
  ["ERROR: No matching distribution found for torch==2.13.0", "missing_dependency", "--torch-index"],
  ["something else", "missing_dependency", "Correct what it names"],
] as const)("pip's last words and what to do: %s", ([output, code, advice]) => {
  const error = explainFailure("Installing", { code: 1, stdout: "", output: `line\n${output}\n` });
  expect(error.code).toBe(code);
  expect(error.message).toContain(output);
  expect(error.message).toContain(advice);
});
