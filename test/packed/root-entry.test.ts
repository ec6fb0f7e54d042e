import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkRootEntry } from "../../scripts/check/root-entry.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "w2s-entry-"));
  mkdirSync(join(folder, "dist"));
  mkdirSync(join(folder, "node_modules/linkedom"), { recursive: true });
  writeFileSync(join(folder, "node_modules/linkedom/index.js"), "export const heavy = 1;\n");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, "dist", name), text);
}

test("a heavy library behind a chunk is found, and on demand it is allowed", async () => {
  write({ "index.js": 'export * from "./chunk.js";\n', "chunk.js": 'export { heavy } from "linkedom";\n' });
  await expect(checkRootEntry(folder)).rejects.toThrow("linkedom");
  write({ "chunk.js": 'export const draw = async () => (await import("linkedom")).heavy;\n' });
  expect((await checkRootEntry(folder)).remark).toContain("KB");
});

test("a child process is found, with and without node:", async () => {
  for (const name of ["node:child_process", "child_process"]) {
    write({ "index.js": `import { spawn } from "${name}";\nexport const start = () => spawn("x");\n` });
    await expect(checkRootEntry(folder)).rejects.toThrow("child_process");
  }
});

test("too many bytes are found", async () => {
  write({ "index.js": `export const text = "${randomBytes(70_000).toString("base64")}";\n` });
  await expect(checkRootEntry(folder)).rejects.toThrow("the limit is 60 KB");
});
