import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, open, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { snapshot } from "../../src/data/snapshot.js";
import type { Forum, NewPost } from "../../src/forum.js";
import { sqliteForum } from "../../src/forums/sqlite/index.js";

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "w2s-sqlite-"));
  file = join(folder, "deep", "er", "forum.db");
});
afterEach(() => rm(folder, { recursive: true }));

const sample: NewPost = { author: "agent-1", kind: "finding", title: "Title", body: "Body" };

/** Opens the file beside the forum. */
function beside<T>(work: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(file);
  try {
    return work(database);
  } finally {
    database.close();
  }
}

async function filled(posts = 1): Promise<void> {
  await using forum = sqliteForum({ file });
  for (let i = 0; i < posts; i++) await forum.post({ ...sample, title: `Post ${i}`, body: "word ".repeat(500) });
}

describe("the file", () => {
  test("is made with its folder by the first call", async () => {
    await using forum = sqliteForum({ file });
    await expect(stat(file)).rejects.toMatchObject({ code: "ENOENT" });
    await forum.list();
    expect((await stat(file)).isFile()).toBe(true);
    expect(beside((database) => database.prepare("PRAGMA journal_mode").get())).toEqual({ journal_mode: "wal" });
  });

  test("a relative path that looks like a URI is a path", async () => {
    const before = process.cwd();
    process.chdir(folder);
    try {
      await using forum = sqliteForum({ file: "file:forum.db?mode=memory" });
      await forum.post(sample);
      expect((await stat(join(folder, "file:forum.db?mode=memory"))).isFile()).toBe(true);
    } finally {
      process.chdir(before);
    }
  });

  test.each(["", "a\0b", 7 as unknown as string])("%j is refused", (name) => {
    expect(() => sqliteForum({ file: name })).toThrow(expect.objectContaining({ code: "bad_input" }));
  });

  test("of another program is left alone", async () => {
    await filled();
    await rm(file);
    beside((database) => database.exec("CREATE TABLE t (x); INSERT INTO t VALUES (1)"));
    const before = await readFile(file);
    await using forum = sqliteForum({ file });
    await expect(forum.post(sample)).rejects.toMatchObject({
      code: "bad_input",
      message: expect.stringContaining("no forum"),
    });
    expect(await readFile(file)).toEqual(before);
  });

  test("that is no database is left alone", async () => {
    await filled();
    await writeFile(file, "# notes\n".repeat(1000));
    await using forum = sqliteForum({ file });
    await expect(forum.list()).rejects.toMatchObject({
      code: "bad_input",
      message: expect.stringContaining("no SQLite database"),
    });
    expect(await readFile(file, "utf8")).toBe("# notes\n".repeat(1000));
  });

  test("of a newer version is refused", async () => {
    await filled();
    beside((database) => database.exec("PRAGMA user_version = 99"));
    await using forum = sqliteForum({ file });
    await expect(forum.list()).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringMatching(/version 99.*Install a newer one/),
    });
  });

  test("with damaged pages is said to be damaged", async () => {
    await filled(200);
    const { size } = await stat(file);
    const handle = await open(file, "r+");
    await handle.write(Buffer.alloc(size - 4096, 0xa5), 0, size - 4096, 4096); // all but the header's page
    await handle.close();
    await using forum = sqliteForum({ file });
    await expect(forum.list()).rejects.toMatchObject({ code: "storage", message: expect.stringContaining("damaged") });
  });

  test("with a row of another form is said to be damaged", async () => {
    await filled();
    beside((database) => database.exec("UPDATE posts SET kind = 'rumour'"));
    await using forum = sqliteForum({ file });
    await expect(forum.list()).rejects.toMatchObject({ code: "storage", message: expect.stringContaining("damaged") });
  });

  test("in a folder that cannot be made is an error", async () => {
    await writeFile(join(folder, "deep"), "a file is in the way");
    await using forum = sqliteForum({ file });
    await expect(forum.list()).rejects.toMatchObject({ code: "storage" });
  });
});

describe("several handles", () => {
  test("a locked file is waited for, and the event loop goes on", async () => {
    await filled();
    const locking = new DatabaseSync(file);
    locking.exec("BEGIN IMMEDIATE");
    await using forum = sqliteForum({ file });
    let posted = false;
    const posting = forum.post(sample).finally(() => {
      posted = true;
    });
    expect((await forum.list()).posts).toHaveLength(1); // readers do not wait
    let longest = 0;
    for (let i = 0, last = performance.now(); i < 20; i++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }
    expect(posted).toBe(false);
    expect(longest).toBeLessThan(1000); // SQLite's own waiting would have blocked until its time-out
    locking.exec("COMMIT");
    locking.close();
    await posting;
    expect((await forum.list()).posts).toHaveLength(2);
  });

  test("an abort ends the waiting for a lock, and nothing is posted", async () => {
    await filled();
    const locking = new DatabaseSync(file);
    locking.exec("BEGIN IMMEDIATE");
    await using forum = sqliteForum({ file });
    const [controller, reason] = [new AbortController(), new Error("enough")];
    const posting = forum.post(sample, { signal: controller.signal });
    controller.abort(reason);
    await expect(posting).rejects.toBe(reason);
    locking.close();
    expect((await forum.list()).posts).toHaveLength(1);
  });

  test("many make an empty file a forum at once", async () => {
    const forums = Array.from({ length: 8 }, () => sqliteForum({ file }));
    await Promise.all(forums.map((forum, i) => forum.post({ ...sample, title: `Post ${i}` })));
    expect((await forums[0]!.list()).posts.map(({ cursor }) => cursor)).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
    await Promise.all(forums.map((forum) => forum[Symbol.asyncDispose]()));
  });
});

describe("snapshots", () => {
  const content = (text: string): Uint8Array => Buffer.from(text);
  const about = { author: "agent-1" };

  test("equal files are stored once", async () => {
    await using forum = sqliteForum({ file });
    const data = { path: "data.bin", executable: false, content: Buffer.alloc(100_000, 7) };
    for (let i = 0; i < 10; i++) {
      const method = { path: "method.py", executable: false, content: content(`# ${i}`) };
      await forum.snapshots.put(snapshot([data, method, { ...data, path: "copy.bin" }]), about);
    }
    expect(beside((database) => database.prepare("SELECT count(*) AS n FROM contents").get())).toEqual({ n: 11 });
  });

  test("a changed byte is found", async () => {
    await using forum = sqliteForum({ file });
    const { hash, files } = snapshot([{ path: "method.py", executable: false, content: content("def fit(): pass") }]);
    await forum.snapshots.put({ hash, files }, about);
    beside((database) => database.exec("UPDATE contents SET content = CAST('def fit(): hack' AS BLOB)"));
    await expect(forum.snapshots.get(hash)).rejects.toMatchObject({ code: "storage" });
    beside((database) => database.exec("UPDATE files SET path = '../method.py'"));
    await expect(forum.snapshots.get(hash)).rejects.toMatchObject({ code: "storage" });
  });
});

// A limit on the size of files stands for a disk that is full: the write fails in the same place.
describe.skipIf(process.platform === "win32")("a disk that fills", () => {
  test("is a storage error, of which nothing is kept", async () => {
    await filled();
    const script = join(import.meta.dirname, "fixtures", "fill.ts");
    const command = `ulimit -f 1200; exec "$0" --conditions=w2s-source --import tsx "$1" "$2"`;
    const { stdout } = await promisify(execFile)("sh", ["-c", command, process.execPath, script, file]);
    const { acknowledged, codes } = JSON.parse(stdout) as { acknowledged: string[]; codes: string[] };
    expect(codes).toEqual(["storage", "storage", "storage"]);
    expect(acknowledged.length).toBeGreaterThan(0);
    await using forum = sqliteForum({ file });
    const there = await ids(forum);
    expect(there.filter((id) => id !== "p1")).toEqual(acknowledged);
    expect((await forum.post(sample)).id).toBe(`p${acknowledged.length + 2}`);
    expect(beside((database) => database.prepare("PRAGMA integrity_check").get())).toEqual({ integrity_check: "ok" });
  });
});

async function ids(forum: Forum): Promise<string[]> {
  const all: string[] = [];
  for (let before: number | undefined; ; ) {
    const page = await forum.list({ limit: 200, ...(before === undefined ? {} : { before }) });
    all.unshift(...page.posts.map(({ id }) => id).reverse());
    if (page.next === undefined) return all;
    before = page.next;
  }
}

test("a forum that nobody disposes does not keep its process alive", async () => {
  const script = join(import.meta.dirname, "fixtures", "undisposed.ts");
  const child = execFile(process.execPath, ["--conditions=w2s-source", "--import", "tsx", script, file]);
  expect(await once(child, "exit")).toEqual([0, null]);
});
