import { AssertionError } from "node:assert";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Forum, ForumEvent } from "../../src/forum.js";
import { sqliteForum } from "../../src/forums/sqlite/index.js";
import type { ForumPlace } from "../../src/testing/forum-cases/bench.js";
import { forumSuite } from "../../src/testing/forum-suite.js";

/** Those of `names` that a forum passes which is broken by `change`; `opened` counts its handles. */
async function passing(names: string[], change: (forum: Forum, opened: number) => Partial<Forum>): Promise<string[]> {
  const make = async (): Promise<ForumPlace> => {
    const folder = await mkdtemp(join(tmpdir(), "w2s-broken-"));
    let opened = 0;
    return {
      async open() {
        const forum = sqliteForum({ file: join(folder, "forum.db") });
        return { ...forum, ...change(forum, opened++) };
      },
      [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
    };
  };
  const cases = forumSuite(make, { patience: 500 }).filter(({ name }) => names.includes(name));
  expect(cases.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
  const passed: string[] = [];
  for (const { name, run } of cases) {
    try {
      await run();
      passed.push(name);
    } catch (error) {
      if (!(error instanceof AssertionError)) throw error;
    }
  }
  return passed;
}

async function* only(events: AsyncIterable<ForumEvent>, keep: (event: ForumEvent) => boolean) {
  for await (const event of events) if (keep(event)) yield event;
}

const broken: Record<string, [string[], (forum: Forum, opened: number) => Partial<Forum>]> = {
  "loses a post when opened again": [
    ["everything is there after it was closed and opened again"],
    (forum, opened) => ({
      async list(query, options) {
        const page = await forum.list(query, options);
        return opened === 0 ? page : { ...page, posts: page.posts.slice(0, -1) };
      },
    }),
  ],
  "searches titles only": [
    ["search finds words in title, body, tags and author", "search puts a match in a title above one in a body"],
    (forum) => ({
      search: async (query, options) =>
        (await forum.search(query, options)).filter(({ post }) =>
          post.title.toLowerCase().includes(query.text.toLowerCase()),
        ),
    }),
  ],
  "ranks by time": [
    ["search puts a match in a title above one in a body"],
    (forum) => ({
      search: async (query, options) =>
        (await forum.search(query, options)).toSorted((a, b) => b.post.cursor - a.post.cursor),
    }),
  ],
  "skips an event": [
    ["follow gives every event in order, from any cursor", "follow gives hundreds of events without a gap"],
    (forum) => ({ follow: (options) => only(forum.follow(options), ({ cursor }) => cursor !== 3) }),
  ],
  "gives the cursor's own event again": [
    ["follow gives every event in order, from any cursor", "follow waits for what comes later"],
    (forum) => ({
      follow: (options = {}) => forum.follow({ ...options, cursor: Math.max(0, (options.cursor ?? 0) - 1) }),
    }),
  ],
  "counts a vote twice": [
    ["a vote counts once a voter"],
    (forum) => {
      let counted = 0;
      return {
        async vote(vote, options) {
          const post = await forum.vote(vote, options);
          if (vote.value === 1) counted++;
          return { ...post, votes: { ...post.votes, up: counted } };
        },
      };
    },
  ],
  "lets authors vote for themselves": [
    ["authors do not vote on their own posts"],
    (forum) => ({
      async vote(vote, options) {
        const { post, replies } = await forum.thread(vote.post, {}, options);
        const own = [post, ...replies].find(({ id }) => id === vote.post);
        return own?.author === vote.voter ? own : forum.vote(vote, options);
      },
    }),
  ],
  "changes the bytes of a snapshot": [
    ["a snapshot comes back to the byte"],
    (forum) => ({
      snapshots: {
        ...forum.snapshots,
        async get(hash, options) {
          const { files } = await forum.snapshots.get(hash, options);
          return { hash, files: files.map((file) => ({ ...file, content: file.content.map((byte) => byte & 0x7f) })) };
        },
      },
    }),
  ],
  "repeats the last post of a page": [
    ["list pages through all posts, newest first", "list narrows by kind, author, tag and threads"],
    (forum) => ({
      async list(query, options) {
        const page = await forum.list(query, options);
        return page.next === undefined ? page : { ...page, next: page.next + 1 };
      },
    }),
  ],
  "repeats the last reply of a page": [
    ["a thread is read page by page, oldest reply first", "a page of a thread holds at most 1 MiB"],
    (forum) => ({
      async thread(id, query, options) {
        const page = await forum.thread(id, query, options);
        return page.next === undefined ? page : { ...page, next: page.next - 1 };
      },
    }),
  ],
  "gives a whole thread at once": [
    ["a thread is read page by page, oldest reply first", "a page of a thread holds at most 1 MiB"],
    (forum) => ({
      async thread(id, _, options) {
        const { post, replies, next } = await forum.thread(id, { limit: 200 }, options);
        const rest = next === undefined ? [] : (await forum.thread(id, { after: next }, options)).replies;
        return { post, replies: [...replies, ...rest] };
      },
    }),
  ],
  "posts again under a known key": [
    ["a key names one post of its author", "two handles are one forum"],
    (forum) => ({
      post({ key, ...post }, options) {
        return forum.post(post, options);
      },
    }),
  ],
  "cuts what is too long": [
    ["what is wrong or too long is refused, and nothing of it kept"],
    (forum) => ({
      post: (post, options) => forum.post({ ...post, title: String(post.title).slice(0, 200) }, options),
    }),
  ],
  "obeys operators": [
    ["words of a search are data, whatever they say"],
    (forum) => ({
      search: (query, options) => forum.search({ ...query, text: query.text.replace(/^(\w+) OR .*$/, "$1") }, options),
    }),
  ],
  "does not heed its signal": [
    ["an aborted signal rejects with its reason, and nothing is done"],
    (forum) => ({ post: (post) => forum.post(post) }),
  ],
  "throws when following is aborted": [
    ["an abort ends follow without an error"],
    (forum) => ({
      async *follow(options) {
        yield* forum.follow(options);
        options?.signal?.throwIfAborted();
      },
    }),
  ],
};

describe.each(Object.entries(broken))("a forum that %s", (_, [cases, change]) => {
  test("fails the cases that say so", async () => {
    expect(await passing(cases, change)).toEqual([]);
  });
});
