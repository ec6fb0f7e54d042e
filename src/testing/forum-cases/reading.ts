import assert from "node:assert/strict";
import type { Forum, ListQuery, Post, SearchQuery, ThreadQuery } from "../../forum.js";
import type { SuiteCase } from "../suite.js";
import { type Bench, refuses, sample } from "./bench.js";

/** Seven posts in two threads of two authors. */
async function fill(forum: Forum): Promise<Post[]> {
  const posts = [
    await forum.post(sample({ title: "First", tags: ["lr"] })),
    await forum.post(sample({ title: "Second", author: "agent-2", kind: "hypothesis", tags: ["lr", "probe"] })),
  ];
  for (let i = 0; i < 5; i++) {
    const author = i % 2 ? "agent-1" : "agent-2";
    posts.push(await forum.post(sample({ author, kind: "insight", title: `Reply ${i}`, replyTo: posts[i % 2]!.id })));
  }
  return posts;
}

async function pages(forum: Forum, query: ListQuery): Promise<string[]> {
  const ids: string[] = [];
  for (let before: number | undefined; ; ) {
    const page = await forum.list({ ...query, ...(before === undefined ? {} : { before }) });
    assert.ok(page.posts.length <= (query.limit ?? 20), "a page is longer than its limit");
    assert.ok(page.posts.length > 0 || ids.length === 0, "next leads to an empty page");
    ids.push(...page.posts.map((post) => post.id));
    if (page.next === undefined) return ids;
    assert.ok(before === undefined || page.next < before, `next does not fall: ${page.next} after ${before}`);
    before = page.next;
  }
}

/** The replies of each page of a thread. */
async function threadPages(forum: Forum, id: string, limit: number): Promise<Post[][]> {
  const pages: Post[][] = [];
  for (let after: number | undefined; ; ) {
    const { post, replies, next } = await forum.thread(id, { limit, ...(after === undefined ? {} : { after }) });
    assert.equal(post.id, post.thread, "a page of a thread does not begin with its first post");
    assert.ok(replies.length <= limit, "a page of a thread is longer than its limit");
    pages.push([...replies]);
    if (next === undefined) return pages;
    assert.ok(replies.length > 0, "a page of a thread that is not the last is empty");
    assert.ok(after === undefined || next > after, `next does not rise: ${next} after ${after}`);
    after = next;
  }
}

export function readingCases({ test }: Bench): SuiteCase[] {
  const search = async (forum: Forum, text: string, more: Omit<SearchQuery, "text"> = {}): Promise<string[]> =>
    (await forum.search({ text, ...more })).map(({ post }) => post.title);
  return [
    test("list pages through all posts, newest first", async (forum) => {
      assert.deepEqual(await forum.list(), { posts: [] });
      const newest = (await fill(forum)).map((post) => post.id).reverse();
      for (const limit of [1, 2, 3, 6, 7, 200]) {
        assert.deepEqual(await pages(forum, { limit }), newest, `pages of ${limit}`);
      }
    }),
    test("a thread is read page by page, oldest reply first", async (forum) => {
      const posts = await fill(forum);
      const replies = posts.filter(({ replyTo }) => replyTo === posts[0]!.id).map(({ id }) => id);
      for (const id of [posts[0]!.id, replies[1]!]) {
        for (const limit of [1, 2, 3, 200]) {
          const read = await threadPages(forum, id, limit);
          assert.deepEqual(
            read.flat().map((reply) => reply.id),
            replies,
            `pages of ${limit}`,
          );
          assert.equal(read.length, Math.ceil(replies.length / limit), `number of pages of ${limit}`);
        }
      }
      const last = posts.at(-1)!.cursor;
      const { post, ...rest } = await forum.thread(posts[0]!.id, { after: last });
      assert.deepEqual({ id: post.id, ...rest }, { id: posts[0]!.id, replies: [] }, "what comes after the last reply");
    }),
    test("a page of a thread holds at most 1 MiB", async (forum) => {
      const { id } = await forum.post(sample());
      const body = "x".repeat(64 << 10);
      for (let i = 0; i < 18; i++) await forum.post(sample({ title: `Reply ${i}`, body, replyTo: id }));
      const read = await threadPages(forum, id, 200);
      const bytes = read.map((page) => page.reduce((sum, reply) => sum + Buffer.byteLength(reply.body), 0));
      assert.ok(Math.max(...bytes) <= 1 << 20, `pages of ${bytes.join(", ")} bytes`);
      assert.deepEqual(
        read.flat().map((reply) => reply.title),
        Array.from({ length: 18 }, (_, i) => `Reply ${i}`),
      );
    }),
    test("list narrows by kind, author, tag and threads", async (forum) => {
      const [a, b, r0, r1, r2, r3, r4] = (await fill(forum)).map((post) => post.id) as [string, ...string[]];
      const cases: [ListQuery, (string | undefined)[]][] = [
        [{ kind: "insight" }, [r4, r3, r2, r1, r0]],
        [{ author: "agent-1" }, [r3, r1, a]],
        [{ tag: "lr" }, [b, a]],
        [{ tag: "probe", author: "agent-1" }, []],
        [{ threads: true }, [b, a]],
        [{ kind: "insight", author: "agent-2" }, [r4, r2, r0]],
      ];
      for (const [query, expected] of cases) {
        for (const limit of [1, 2, 20]) {
          assert.deepEqual(await pages(forum, { ...query, limit }), expected, JSON.stringify({ ...query, limit }));
        }
      }
    }),
    test("search finds words in title, body, tags and author", async (forum) => {
      await forum.post(
        sample({ title: "Probes on layer 18", body: "Mean pooling of hidden states; learning_rate 3e-4." }),
      );
      await forum.post(
        sample({ title: "Ensembles", body: "Several teachers agree.", tags: ["bagging"], author: "agent-7" }),
      );
      const cases: [string, string[]][] = [
        ["probes", ["Probes on layer 18"]],
        ["hidden", ["Probes on layer 18"]],
        ["POOLING", ["Probes on layer 18"]],
        ["pool", ["Probes on layer 18"]],
        ["18", ["Probes on layer 18"]],
        ["learning_rate", ["Probes on layer 18"]],
        ["3e-4", ["Probes on layer 18"]],
        ["states hidden", ["Probes on layer 18"]],
        ["bagging", ["Ensembles"]],
        ["agent-7", ["Ensembles"]],
        ["teachers probes", []],
        ["ooling", []],
        ["po", []],
      ];
      for (const [text, expected] of cases) assert.deepEqual(await search(forum, text), expected, `search for ${text}`);
    }),
    test("search disregards case and accents in any alphabet", async (forum) => {
      await forum.post(sample({ title: "Naïve", body: "ÅNGSTRÖM и Обучение; 弱い教師" }));
      for (const text of ["naive", "NAÏVE", "ångström", "angstrom", "обучение", "弱い教師", "弱い教"]) {
        assert.deepEqual(await search(forum, text), ["Naïve"], `search for ${text}`);
      }
    }),
    test("search puts a match in a title above one in a body", async (forum) => {
      await forum.post(sample({ title: "Something", body: "We tried calibration once." }));
      await forum.post(sample({ title: "Calibration of probes", body: "We tried something once." }));
      await forum.post(sample({ title: "Another", body: "We tried calibration twice." }));
      assert.equal((await search(forum, "calibration"))[0], "Calibration of probes");
      assert.equal((await search(forum, "calibration")).length, 3);
    }),
    test("search narrows by kind, author and tag, and keeps to its limit", async (forum) => {
      for (let i = 0; i < 6; i++) {
        await forum.post(
          sample({
            title: `Sweep ${i}`,
            kind: i % 2 ? "error" : "insight",
            author: `agent-${i % 3}`,
            tags: i < 3 ? ["early"] : [],
          }),
        );
      }
      const found = async (more: Omit<SearchQuery, "text">) => (await search(forum, "sweep", more)).toSorted();
      assert.deepEqual(await found({ kind: "error" }), ["Sweep 1", "Sweep 3", "Sweep 5"]);
      assert.deepEqual(await found({ author: "agent-0" }), ["Sweep 0", "Sweep 3"]);
      assert.deepEqual(await found({ tag: "early", kind: "insight" }), ["Sweep 0", "Sweep 2"]);
      assert.equal((await found({ limit: 4 })).length, 4);
      assert.equal(
        (await found({ limit: 1, kind: "error" })).length,
        1,
        "the limit counts posts before they are narrowed",
      );
    }),
    test("search shows where it found something", async (forum) => {
      const far = `${"filler words ".repeat(400)}the needle is here ${"more filler ".repeat(400)}`;
      await forum.post(sample({ title: "Long", body: far }));
      await forum.post(sample({ title: "One long word", body: `needle ${"x".repeat(60_000)}` }));
      const found = await forum.search({ text: "needle" });
      assert.equal(found.length, 2);
      for (const { excerpt } of found) {
        assert.match(excerpt, /needle/);
        assert.ok(excerpt.length <= 200, `an excerpt of ${excerpt.length} characters`);
      }
    }),
    test("queries are checked", async (forum) => {
      await refuses("bad_input", forum.list({ limit: 0 }), "limit 0");
      await refuses("bad_input", forum.list({ limit: 201 }), "limit 201");
      await refuses("bad_input", forum.list({ limit: 1.5 }), "limit 1.5");
      await refuses("bad_input", forum.list({ before: -1 }), "before -1");
      await refuses("bad_input", forum.list({ kind: "rumour" as "error" }), "an unknown kind");
      await refuses("bad_input", forum.list({ page: 2 } as ListQuery), "an unknown property");
      const { id } = await forum.post(sample());
      await refuses("bad_input", forum.thread(id, { limit: 0 }), "limit 0 of a thread");
      await refuses("bad_input", forum.thread(id, { limit: 201 }), "limit 201 of a thread");
      await refuses("bad_input", forum.thread(id, { after: -1 }), "after -1");
      await refuses("bad_input", forum.thread(id, { before: 1 } as ThreadQuery), "an unknown property of a thread");
      await refuses("bad_input", forum.search({ text: "" }), "no text");
      await refuses("bad_input", forum.search({ text: " *** " }), "text without a word");
      await refuses("bad_input", forum.search({ text: "a".repeat(201) }), "a long text");
      await refuses("bad_input", forum.search({ text: "a", limit: 101 }), "limit 101");
    }),
  ];
}
