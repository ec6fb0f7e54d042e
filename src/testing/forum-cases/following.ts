import assert from "node:assert/strict";
import type { ForumEvent } from "../../forum.js";
import type { SuiteCase } from "../suite.js";
import { type Bench, refuses, sample } from "./bench.js";

/** An event in a word. */
const brief = (event: ForumEvent): string =>
  event.type === "post" ? `post ${event.post.id}` : `vote ${event.post} ${event.voter} ${event.value}`;

export function followingCases({ test, take }: Bench): SuiteCase[] {
  return [
    test("follow gives every event in order, from any cursor", async (forum) => {
      const first = await forum.post(sample());
      await forum.vote({ post: first.id, voter: "agent-2", value: 1 });
      await forum.vote({ post: first.id, voter: "agent-2", value: 1 }); // stands already: no event
      const reply = await forum.post(sample({ replyTo: first.id, author: "agent-2" }));
      await forum.vote({ post: first.id, voter: "agent-2", value: 0 });
      const last = await forum.post(sample({ title: "Last" }));
      const events = await take(forum, 5);
      assert.deepEqual(events.map(brief), [
        `post ${first.id}`,
        `vote ${first.id} agent-2 1`,
        `post ${reply.id}`,
        `vote ${first.id} agent-2 0`,
        `post ${last.id}`,
      ]);
      const cursors = events.map((event) => event.cursor);
      assert.deepEqual(
        cursors,
        cursors.toSorted((a, b) => a - b),
        "cursors do not rise",
      );
      for (const event of events) {
        if (event.type === "post") assert.equal(event.cursor, event.post.cursor, "a post's cursor is not its event's");
      }
      for (let from = 0; from < 4; from++) {
        const rest = await take(forum, 4 - from, cursors[from]);
        assert.deepEqual(rest.map(brief), events.slice(from + 1).map(brief), `from the cursor of event ${from}`);
      }
    }),
    test("follow gives hundreds of events without a gap", async (forum) => {
      const ids: string[] = [];
      for (let i = 0; i < 350; i++) ids.push((await forum.post(sample({ title: `Post ${i}` }))).id);
      const events = await take(forum, 350);
      assert.deepEqual(
        events.map(brief),
        ids.map((id) => `post ${id}`),
      );
    }),
    test("follow waits for what comes later", async (forum) => {
      const first = await forum.post(sample());
      const [one, other] = [take(forum, 1, first.cursor), take(forum, 2)];
      await new Promise(setImmediate);
      const second = await forum.post(sample({ title: "Later" }));
      assert.deepEqual((await one).map(brief), [`post ${second.id}`]);
      assert.deepEqual((await other).map(brief), [`post ${first.id}`, `post ${second.id}`]);
    }),
    test("follow sees what another handle does", async (forum, open) => {
      const other = await open();
      const events = take(forum, 3);
      const post = await other.post(sample());
      await other.vote({ post: post.id, voter: "agent-2", value: -1 });
      const reply = await other.post(sample({ replyTo: post.id }));
      assert.deepEqual((await events).map(brief), [
        `post ${post.id}`,
        `vote ${post.id} agent-2 -1`,
        `post ${reply.id}`,
      ]);
    }),
    test("an abort ends follow without an error", async (forum) => {
      const { cursor } = await forum.post(sample());
      const controller = new AbortController();
      const seen: string[] = [];
      const follow = async (signal: AbortSignal, from: number): Promise<void> => {
        for await (const event of forum.follow({ cursor: from, signal })) {
          seen.push(brief(event));
          setImmediate(() => controller.abort(new Error("enough"))); // while it waits for more
        }
      };
      await assert.doesNotReject(follow(controller.signal, 0), "an abort while it waits");
      await assert.doesNotReject(follow(AbortSignal.abort(), cursor), "a signal that has aborted already");
      assert.equal(seen.length, 1, `it gave ${seen}`);
    }),
    test("a cursor that the forum has not reached is refused", async (forum) => {
      const { cursor } = await forum.post(sample());
      await refuses("bad_input", take(forum, 1, cursor + 1), "a cursor from the future");
      await refuses("bad_input", take(forum, 1, -1), "a cursor of -1");
      await refuses("bad_input", take(forum, 1, 0.5), "a cursor of 0.5");
    }),
  ];
}
