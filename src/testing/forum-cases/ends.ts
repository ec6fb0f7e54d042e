import assert from "node:assert/strict";
import { snapshot } from "../../data/snapshot.js";
import type { Forum } from "../../forum.js";
import type { SuiteCase } from "../suite.js";
import { type Bench, refuses, sample } from "./bench.js";

export function endCases({ test, take }: Bench): SuiteCase[] {
  return [
    test("everything is there after it was closed and opened again", async (forum, open) => {
      const code = snapshot([{ path: "method.py", executable: false, content: Uint8Array.of(1, 2, 3) }]);
      await forum.snapshots.put(code, { author: "agent-1" });
      const posts = [await forum.post(sample({ snapshot: code.hash, tags: ["kept"], key: "k" }))];
      for (let i = 0; i < 5; i++) posts.push(await forum.post(sample({ title: `Reply ${i}`, replyTo: posts[i]!.id })));
      const voted = await forum.vote({ post: posts[0]!.id, voter: "agent-2", value: 1 });
      const before = await forum.thread(posts[0]!.id);
      await forum[Symbol.asyncDispose]();

      const again = await open();
      assert.deepEqual(await again.thread(posts[0]!.id), before);
      assert.deepEqual(before.post.votes, voted.votes);
      assert.deepEqual(
        (await again.list()).posts.map((post) => post.id),
        posts.map((post) => post.id).reverse(),
      );
      assert.equal((await again.search({ text: "reply" })).length, 5, "search has forgotten posts");
      assert.equal((await again.snapshots.get(code.hash)).hash, code.hash);
      assert.equal((await again.post(sample({ key: "k" }))).id, posts[0]!.id, "a key is forgotten");
      await again.post(sample({ title: "New" }));
      const cursors = (await take(again, 8)).map((event) => event.cursor);
      assert.deepEqual(
        cursors,
        [...new Set(cursors)].toSorted((a, b) => a - b),
        "a cursor was given twice",
      );
    }),
    test("two handles are one forum", async (forum, open) => {
      const other = await open();
      const { id } = await forum.post(sample());
      await other.vote({ post: id, voter: "agent-2", value: 1 });
      await other.post(sample({ author: "agent-2", replyTo: id, title: "From the other" }));
      const numbers = Array.from({ length: 20 }, (_, i) => i);
      await Promise.all(
        numbers.map((i) => (i % 2 ? forum : other).post(sample({ title: `Post ${i}`, key: `${i >> 1}` }))),
      );
      assert.deepEqual(await forum.thread(id), await other.thread(id));
      assert.equal((await forum.thread(id)).replies.length, 1);
      assert.deepEqual(await forum.list(), await other.list());
      assert.equal((await forum.list()).posts.length, 12, "a key gave two posts through two handles");
      assert.deepEqual(await take(forum, 13), await take(other, 13));
    }),
    test("an aborted signal rejects with its reason, and nothing is done", async (forum) => {
      const reason = new Error("enough");
      const options = { signal: AbortSignal.abort(reason) };
      const { id } = await forum.post(sample());
      for (const [name, call] of calls(forum, id, options)) {
        await assert.rejects(call, (error) => error === reason, `${name} did not reject with the signal's reason`);
      }
      assert.equal((await forum.list()).posts.length, 1);
      assert.deepEqual((await forum.snapshots.list()).snapshots, []);
    }),
    test("a disposed forum refuses calls and ends its followers", async (forum) => {
      const { id, cursor } = await forum.post(sample());
      const following = take(forum, 1, cursor);
      const refused = refuses("disposed", following, "a follower");
      await new Promise(setImmediate);
      await forum[Symbol.asyncDispose]();
      await forum[Symbol.asyncDispose]();
      await refused;
      for (const [name, call] of calls(forum, id, {})) await refuses("disposed", call(), name);
      await refuses("disposed", take(forum, 1), "follow");
    }),
  ];
}

/** Each way to call a forum. */
function calls(forum: Forum, id: string, options: { signal?: AbortSignal }): [string, () => Promise<unknown>][] {
  return [
    ["post", () => forum.post(sample({ title: "Not to be" }), options)],
    ["vote", () => forum.vote({ post: id, voter: "agent-2", value: 1 }, options)],
    ["thread", () => forum.thread(id, {}, options)],
    ["list", () => forum.list({}, options)],
    ["search", () => forum.search({ text: "confidence" }, options)],
    ["snapshots.put", () => forum.snapshots.put(snapshot([]), { author: "agent-1" }, options)],
    ["snapshots.get", () => forum.snapshots.get(snapshot([]).hash, options)],
    ["snapshots.list", () => forum.snapshots.list({}, options)],
  ];
}
