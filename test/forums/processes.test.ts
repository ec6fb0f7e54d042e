import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { sqliteForum } from "../../src/forums/sqlite/index.js";

/** A process of a fixture, and the lines that it writes. */
function start(
  fixture: string,
  ...args: string[]
): { child: ChildProcess; closed: Promise<unknown>; lines: string[]; line(n: number): Promise<void> } {
  const script = join(import.meta.dirname, "fixtures", fixture);
  const child = spawn(process.execPath, ["--conditions=w2s-source", "--import", "tsx", script, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout! });
  reader.on("line", (text) => lines.push(text));
  return {
    child,
    closed: once(child, "close"), // from the start: one may end while another is waited for
    lines,
    async line(n) {
      while (lines.length < n) await once(reader, "line");
    },
  };
}

test("two processes post, a third follows, one is killed: every acknowledged post is there, without a gap", async () => {
  const folder = await mkdtemp(join(tmpdir(), "w2s-forum-"));
  const file = join(folder, "forum.db");
  const follower = start("follow.ts", file);
  const lasting = start("post.ts", file, "lasting", "300");
  const killed = start("post.ts", file, "killed", "1000000");
  try {
    await killed.line(100);
    killed.child.kill("SIGKILL");
    await Promise.all([killed.closed, lasting.closed]);
    expect(lasting.lines).toHaveLength(300);

    await using forum = sqliteForum({ file });
    const there = new Map<string, number>();
    for (let before: number | undefined; ; ) {
      const page = await forum.list({ limit: 200, ...(before === undefined ? {} : { before }) });
      for (const { id, cursor } of page.posts) there.set(id, cursor);
      if (page.next === undefined) break;
      before = page.next;
    }
    const acknowledged = [...lasting.lines, ...killed.lines];
    expect(acknowledged.filter((id) => !there.has(id))).toEqual([]);
    expect(there.size - acknowledged.length).toBeLessThanOrEqual(1); // one may have been kept, not yet acknowledged
    const all = Array.from(there.keys(), (_, i) => i + 1);
    expect([...there.values()].toSorted((a, b) => a - b)).toEqual(all);

    await follower.line(1 + there.size);
    expect(follower.lines.slice(1).map(Number)).toEqual(all);
    expect((await forum.search({ text: "killed 99", limit: 100 })).length).toBeGreaterThan(0);
    const again = await forum.post({ author: "killed", kind: "insight", title: "Again", body: "", key: "0" });
    expect(again.title).toBe("killed 0"); // its key is known after the kill

    const database = new DatabaseSync(file);
    expect(database.prepare("PRAGMA integrity_check").all()).toEqual([{ integrity_check: "ok" }]);
    database.prepare("INSERT INTO search (search, rank) VALUES ('integrity-check', 1)").run(); // throws if the index misses a post
    database.close();
  } finally {
    for (const { child } of [follower, lasting, killed]) child.kill("SIGKILL");
    await follower.closed;
    await rm(folder, { recursive: true });
  }
});
