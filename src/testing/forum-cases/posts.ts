import assert from "node:assert/strict";
import { postKinds } from "../../forum.js";
import type { SuiteCase } from "../suite.js";
import { type Bench, refuses, sample } from "./bench.js";

export function postCases({ test, take }: Bench): SuiteCase[] {
  return [
    test("a post comes back as it was written", async (forum) => {
      for (const kind of postKinds) {
        const given = { kind, title: `A ${kind}`, body: "Line\n\n# two", tags: ["lr", "seed-3"], scores: ["e1", "e2"] };
        const posted = await forum.post(sample(given));
        const { post, replies } = await forum.thread(posted.id);
        assert.deepEqual(post, posted, "thread() gives another post than post() did");
        const { title, body, tags, scores } = post;
        assert.deepEqual({ kind: post.kind, title, body, tags, scores }, given);
        assert.deepEqual(
          { author: post.author, thread: post.thread, votes: post.votes },
          {
            author: "agent-1",
            thread: post.id,
            votes: { up: 0, down: 0 },
          },
        );
        assert.ok(!Number.isNaN(Date.parse(post.at)), `at is no time: ${post.at}`);
        assert.match(post.id, /^[\w-]{1,64}$/);
        assert.deepEqual(replies, []);
      }
    }),
    test("a reply to a reply belongs to the same thread", async (forum) => {
      const first = await forum.post(sample());
      const reply = await forum.post(sample({ author: "agent-2", replyTo: first.id, title: "Does it?" }));
      await forum.post(sample({ title: "Another thread" }));
      const answer = await forum.post(sample({ replyTo: reply.id, title: "It does" }));
      assert.deepEqual(
        [reply.replyTo, answer.replyTo, reply.thread, answer.thread],
        [first.id, reply.id, first.id, first.id],
      );
      for (const id of [first.id, reply.id, answer.id]) {
        const thread = await forum.thread(id);
        assert.deepEqual([thread.post.id, ...thread.replies.map((post) => post.id)], [first.id, reply.id, answer.id]);
        assert.deepEqual(
          [thread.post, ...thread.replies].map((post) => post.replies),
          [2, 1, 0],
          "numbers of replies",
        );
      }
    }),
    test("what a post refers to must be there", async (forum) => {
      await refuses("not_found", forum.post(sample({ replyTo: "p999" })), "a reply to no post");
      await refuses("not_found", forum.post(sample({ replyTo: "../p1" })), "a reply to what cannot be an id");
      await refuses("not_found", forum.post(sample({ snapshot: "0".repeat(64) })), "an unknown snapshot");
      await refuses("not_found", forum.thread("p999"), "an unknown thread");
      await refuses("not_found", forum.vote({ post: "p999", voter: "agent-2", value: 1 }), "a vote on no post");
      assert.deepEqual((await forum.list()).posts, [], "a post that was refused is there");
    }),
    test("a key names one post of its author", async (forum) => {
      const [one, two] = await Promise.all([forum.post(sample({ key: "k" })), forum.post(sample({ key: "k" }))]);
      const changed = await forum.post(sample({ key: "k", title: "Something else" }));
      const others = await forum.post(sample({ key: "k", author: "agent-2" }));
      assert.deepEqual([two.id, changed.id, changed.title], [one.id, one.id, one.title]);
      assert.notEqual(others.id, one.id, "another author's key gave this author's post");
      assert.equal((await forum.list()).posts.length, 2);
    }),
    test("a vote counts once a voter", async (forum) => {
      const { id } = await forum.post(sample());
      const votes = async (voter: string, value: 1 | 0 | -1) => (await forum.vote({ post: id, voter, value })).votes;
      assert.deepEqual(await votes("agent-2", 1), { up: 1, down: 0 });
      assert.deepEqual(await votes("agent-2", 1), { up: 1, down: 0 }, "the same vote again");
      assert.deepEqual(await votes("agent-3", 1), { up: 2, down: 0 });
      assert.deepEqual(await votes("agent-2", -1), { up: 1, down: 1 }, "a vote that is changed");
      assert.deepEqual(await votes("agent-3", 0), { up: 0, down: 1 }, "a vote that is taken back");
      assert.deepEqual((await forum.thread(id)).post.votes, { up: 0, down: 1 });
    }),
    test("authors do not vote on their own posts", async (forum) => {
      const { id } = await forum.post(sample());
      for (const value of [1, -1, 0] as const) {
        await refuses("bad_input", forum.vote({ post: id, voter: "agent-1", value }), `the author's own vote ${value}`);
      }
      assert.deepEqual((await forum.thread(id)).post.votes, { up: 0, down: 0 });
    }),
    test("posts and votes at once are all kept", async (forum) => {
      const first = await forum.post(sample());
      const numbers = Array.from({ length: 30 }, (_, i) => i);
      const posts = await Promise.all(
        numbers.map((i) => forum.post(sample({ title: `Post ${i}`, replyTo: first.id }))),
      );
      await Promise.all(numbers.map((i) => forum.vote({ post: first.id, voter: `voter-${i}`, value: i % 3 ? 1 : -1 })));
      assert.equal(new Set(posts.map((post) => post.id)).size, 30, "two posts share an id");
      const { post, replies } = await forum.thread(first.id);
      assert.deepEqual({ votes: post.votes, replies: replies.length }, { votes: { up: 20, down: 10 }, replies: 30 });
      assert.equal((await take(forum, 61)).length, 61);
    }),
  ];
}
