import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { acquireLock } from "../../src/lock.js";
import { ended, printed, startFixture } from "./fixtures/child.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "w2s-lock-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("within one process: the second is refused, and gets it once the first has let go", async () => {
  const path = join(folder, "new folder", "one.lock");
  {
    await using first = await acquireLock(path, { what: "the run" });
    expect(readFileSync(`${first.path}.holder`, "utf8")).toContain(`process ${process.pid} since 20`);
    await expect(acquireLock(path, { what: "the run" })).rejects.toMatchObject({
      code: "busy",
      message: expect.stringMatching(/the run .* is in use by this same process since 20/),
    });
  }
  const second = await acquireLock(path, { what: "the run" });
  await second[Symbol.asyncDispose]();
  await second[Symbol.asyncDispose]();
});

test("another process: named with its number, and free the moment it is killed", async () => {
  const path = join(folder, "two.lock");
  const other = startFixture("lock-process.ts", [path]);
  await printed(other, "locked");
  await expect(acquireLock(path, { what: "the run" })).rejects.toMatchObject({
    code: "busy",
    message: expect.stringContaining(`process ${other.pid} since`),
  });
  const waited: string[] = [];
  const waiting = acquireLock(path, { what: "the run", onWait: (message) => waited.push(message) });
  setTimeout(() => other.kill("SIGKILL"), 300);
  await using lock = await waiting;
  await ended(other);
  expect(waited).toEqual([expect.stringContaining(`process ${other.pid}`)]);
  expect(readFileSync(`${lock.path}.holder`, "utf8")).toContain(`process ${process.pid}`);
});

test("waiting can be aborted, with the reason", async () => {
  const path = join(folder, "three.lock");
  await using _held = await acquireLock(path, { what: "the run" });
  const reason = new Error("enough");
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), 50);
  await expect(acquireLock(path, { what: "the run", onWait: () => {}, signal: controller.signal })).rejects.toBe(
    reason,
  );
});

test("a place that cannot hold a lock is an error that says so", async () => {
  const file = join(folder, "file");
  writeFileSync(file, "this is text and no database, long enough for SQLite to look at it".repeat(50));
  await expect(acquireLock(join(file, "x.lock"), { what: "the run" })).rejects.toMatchObject({ code: "storage" });
  await expect(acquireLock(file, { what: "the run" })).rejects.toMatchObject({ code: "storage" });
});
