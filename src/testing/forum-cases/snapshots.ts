import assert from "node:assert/strict";
import { sha256 } from "../../data/canonical.js";
import { type Snapshot, snapshot } from "../../data/snapshot.js";
import type { SuiteCase } from "../suite.js";
import { type Bench, refuses, sample } from "./bench.js";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const method = { path: "method.py", executable: false, content: bytes("def fit(context): pass\n") };
const about = { author: "agent-1", title: "Confidence, tuned" };

/** What is promised of a snapshot, contents by their hashes. */
function plainly({ hash, files }: Snapshot): object {
  const shown = files.map(({ path, executable, content }) => ({ path, executable, content: sha256(content) }));
  return { hash, files: shown };
}

export function snapshotCases({ test }: Bench): SuiteCase[] {
  return [
    test("a snapshot comes back to the byte", async (forum) => {
      const all = Uint8Array.from({ length: 512 }, (_, i) => i);
      const given = snapshot([
        method,
        { path: "run.sh", executable: true, content: bytes("#!/bin/sh\n") },
        { path: "data/all bytes.bin", executable: false, content: all },
        { path: "data/same.bin", executable: true, content: all },
        { path: "data/empty", executable: false, content: new Uint8Array() },
        { path: "ünï/'; --.py", executable: false, content: bytes("x") },
      ]);
      await forum.snapshots.put(given, about);
      assert.deepEqual(plainly(await forum.snapshots.get(given.hash)), plainly(given));
      await forum.snapshots.put(snapshot([]), about);
      const { hash } = snapshot([]);
      assert.deepEqual(plainly(await forum.snapshots.get(hash)), { hash, files: [] }, "an empty snapshot");
    }),
    test("a snapshot whose files do not fit its hash is refused", async (forum) => {
      const given = snapshot([method]);
      const forged = { ...given, files: [{ ...method, content: bytes("something else") }] };
      await refuses("bad_input", forum.snapshots.put(forged, about), "changed bytes under the old hash");
      const outside = { hash: given.hash, files: [{ ...method, path: "../method.py" }] };
      await refuses("bad_input", forum.snapshots.put(outside, about), "a path that leaves the snapshot");
      await refuses("bad_input", forum.snapshots.put(given, { author: "a b" }), "an author with a space");
      await refuses("not_found", forum.snapshots.get(given.hash), "what was refused");
    }),
    test("who keeps a snapshot first stays its author", async (forum) => {
      const given = snapshot([method]);
      await forum.snapshots.put(given, about);
      await forum.snapshots.put(given, { author: "agent-2", title: "Mine" });
      const { snapshots } = await forum.snapshots.list();
      assert.deepEqual(
        snapshots.map(({ hash, author, title, files }) => ({
          hash,
          author,
          title,
          files: { count: files.count, first: files.first.map(({ path, bytes }) => ({ path, bytes })) },
        })),
        [
          {
            hash: given.hash,
            ...about,
            files: { count: 1, first: [{ path: "method.py", bytes: method.content.byteLength }] },
          },
        ],
      );
    }),
    test("a list tells of many files how many there are, and the first ten", async (forum) => {
      const names = Array.from({ length: 300 }, (_, i) => `code/${String(i).padStart(3, "0")}.py`);
      await forum.snapshots.put(snapshot(names.map((path) => ({ ...method, path }))), about);
      const [listed] = (await forum.snapshots.list()).snapshots;
      assert.equal(listed?.files.count, 300);
      assert.deepEqual(
        listed.files.first.map(({ path }) => path),
        names.slice(0, 10),
      );
    }),
    test("snapshots are listed newest first, page by page", async (forum) => {
      const hashes: string[] = [];
      for (let i = 0; i < 5; i++) {
        const given = snapshot([method, { path: `${i}.txt`, executable: false, content: bytes(`${i}`) }]);
        await forum.snapshots.put(given, { author: `agent-${i % 2}` });
        hashes.unshift(given.hash);
      }
      for (const limit of [1, 2, 5, 200]) {
        const seen: string[] = [];
        for (let before: number | undefined; ; ) {
          const page = await forum.snapshots.list({ limit, ...(before === undefined ? {} : { before }) });
          seen.push(...page.snapshots.map(({ hash }) => hash));
          if (page.next === undefined) break;
          before = page.next;
        }
        assert.deepEqual(seen, hashes, `pages of ${limit}`);
      }
      const { snapshots } = await forum.snapshots.list({ author: "agent-1" });
      assert.deepEqual(
        snapshots.map(({ hash }) => hash),
        [hashes[1], hashes[3]],
      );
    }),
    test("a post can refer to a snapshot that is there", async (forum) => {
      const given = snapshot([method]);
      await forum.snapshots.put(given, about);
      const { id } = await forum.post(sample({ snapshot: given.hash }));
      assert.equal((await forum.thread(id)).post.snapshot, given.hash);
    }),
  ];
}
