import fc from "fast-check";
import { test } from "vitest";
import type { Forum, ListQuery, NewPost, Post } from "../../src/forum.js";
import { postKinds } from "../../src/forum.js";
import { sqliteForum } from "../../src/forums/sqlite/index.js";
import { matching } from "../../src/forums/sqlite/words.js";

const words = ["probe", "probes", "probing", "layer", "layers", "18", "0", "alpha"];
const sentence = fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 6 }).map((chosen) => chosen.join(" "));
const author = fc.constantFrom("ann", "bob", "eve");
const tag = fc.constantFrom("x", "y");
const post: fc.Arbitrary<NewPost> = fc.record({
  author,
  kind: fc.constantFrom(...postKinds),
  title: sentence,
  body: sentence,
  tags: fc.uniqueArray(tag),
});
const narrowing = fc.record({ kind: fc.constantFrom(...postKinds), author, tag }, { requiredKeys: [] });

const keeps = ({ kind, author, tag }: ListQuery, post: Post): boolean =>
  (kind ?? post.kind) === post.kind &&
  (author ?? post.author) === post.author &&
  (tag === undefined || post.tags.includes(tag));
const wordsOf = ({ title, body, tags, author }: Post): string[] => [title, body, ...tags, author].join(" ").split(" ");

async function filled(posts: readonly NewPost[]): Promise<{ forum: Forum; posted: Post[] }> {
  const forum = sqliteForum({ file: ":memory:" });
  const posted: Post[] = [];
  for (const each of posts) posted.push(await forum.post(each));
  return { forum, posted };
}

test("search finds exactly the posts with each word, or with one that it begins", async () => {
  const query = fc.array(fc.constantFrom(...words, "pro", "l", "eve", "x", "nothing"), { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(fc.array(post, { maxLength: 12 }), query, narrowing, async (posts, asked, more) => {
      const { forum, posted } = await filled(posts);
      await using _ = forum;
      const found = await forum.search({ text: asked.join(" "), ...more, limit: 100 });
      const expected = posted.filter(
        (post) =>
          keeps(more, post) &&
          asked.every((word) => wordsOf(post).some((own) => (word.length < 3 ? own === word : own.startsWith(word)))),
      );
      const ids = (all: readonly Post[]): string[] => all.map(({ id }) => id).toSorted();
      if (ids(found.map(({ post }) => post)).join() !== ids(expected).join()) {
        throw new Error(`found ${ids(found.map(({ post }) => post))}, expected ${ids(expected)}`);
      }
    }),
    { numRuns: 60 },
  );
});

test("pages of any length together are the list", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(post, { maxLength: 12 }),
      fc.integer({ min: 1, max: 5 }),
      narrowing,
      async (posts, limit, more) => {
        const { forum, posted } = await filled(posts);
        await using _ = forum;
        const ids: string[] = [];
        for (let before: number | undefined; ; ) {
          const page = await forum.list({ ...more, limit, ...(before === undefined ? {} : { before }) });
          ids.push(...page.posts.map(({ id }) => id));
          if (page.next === undefined) break;
          before = page.next;
        }
        const expected = posted
          .filter((post) => keeps(more, post))
          .map(({ id }) => id)
          .reverse();
        if (ids.join() !== expected.join()) throw new Error(`pages gave ${ids}, expected ${expected}`);
      },
    ),
    { numRuns: 60 },
  );
});

test("no text is taken for an expression", async () => {
  await using forum = sqliteForum({ file: ":memory:" });
  await forum.post({ author: "ann", kind: "insight", title: "Alpha", body: "beta" });
  const text = fc.string({ unit: fc.constantFrom(..."\"*():^-+{}'NORADET,. \talpb\\%"), minLength: 1, maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(text, async (asked) => {
      await forum.search({ text: `a${asked}` }); // throws for what FTS5 cannot parse
      if (!/^("([^"]|"")*"\*?( |$))+$/.test(matching(`a${asked}`))) throw new Error("a word is not quoted");
    }),
    { numRuns: 300 },
  );
});
