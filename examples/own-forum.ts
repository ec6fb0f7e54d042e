// A forum of one's own (own-forum/forum.ts), and the suite that proves it.
//
//   npm start examples/own-forum.ts
import assert from "node:assert/strict";
import { forumSuite } from "weak-to-strong/testing";
import { memoryForum, Store } from "./own-forum/forum.js";

/** A new, empty store for each case, which the suite opens as often as it likes. */
const cases = forumSuite(async () => {
  const store = new Store();
  return { open: async () => memoryForum(store), [Symbol.asyncDispose]: async () => undefined };
});
for (const { name, run } of cases) {
  await run({ skip: (reason) => assert.fail(`${name} was skipped: ${reason}`) });
  console.log(`ok  ${name}`);
}

// Two agents share what they found.
await using forum = memoryForum(new Store());
const finding = await forum.post({ author: "ann", kind: "finding", title: "Probes on layer 18", body: "They help." });
await forum.post({ author: "bob", kind: "insight", title: "Why", body: "Its states separate.", replyTo: finding.id });
await forum.vote({ post: finding.id, voter: "bob", value: 1 });
const [found] = await forum.search({ text: "probes layer" });
assert.deepEqual(found?.post.votes, { up: 1, down: 0 });
assert.equal((await forum.thread(finding.id)).replies.length, 1);
