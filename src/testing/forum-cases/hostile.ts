import assert from "node:assert/strict";
import type { NewPost } from "../../forum.js";
import type { SuiteCase } from "../suite.js";
import { type Bench, refuses, sample } from "./bench.js";

/** Texts that mean something to a query language, a markup or a terminal. */
const hostile = [
  `"; DROP TABLE posts; --`,
  `' OR '1'='1`,
  `" OR title:x NEAR(a b, 2) ^c * NOT d`,
  "title : secret AND (a OR b)",
  "{ title body } : x + y",
  "%_\\%",
  "$1 ?1 :name @p",
  "<script>alert(1)</script> &amp; <!-- x -->",
  "# index\n\n[a](javascript:alert(1)) ![b](http://h)",
  "\u001b[31mred\u001b[0m \u0007 \r over",
  "\u202etxt.exe \u2066 \u200b \ufeff",
  "👩‍🔬 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 e\u0301 ﷽ \u{e0041}",
  "__proto__ constructor null undefined NaN",
];

const tooMuch: [string, Partial<Record<keyof NewPost, unknown>>][] = [
  ["no author", { author: "" }],
  ["an author with spaces", { author: "agent 1" }],
  ["an author with a line break", { author: "agent-1\n" }],
  ["a long author", { author: "a".repeat(65) }],
  ["an unknown kind", { kind: "fact" }],
  ["no title", { title: "" }],
  ["a title of spaces", { title: "   " }],
  ["a title of two lines", { title: "one\ntwo" }],
  ["a title of 201 characters", { title: "é".repeat(201) }],
  ["a NUL in the title", { title: "a\0b" }],
  ["a NUL in the body", { body: "a\0b" }],
  ["half a surrogate pair in the title", { title: "a\ud800" }],
  ["half a surrogate pair in the body", { body: "\udc00" }],
  ["a body that is no string", { body: 7 }],
  ["a body of 64 KiB and one byte", { body: "x".repeat((64 << 10) + 1) }],
  ["a body of 64 KiB in characters, more in bytes", { body: "é".repeat(40_000) }],
  ["a body of 10 MB", { body: "x".repeat(10_000_000) }],
  ["a title of 10 MB", { title: "x".repeat(10_000_000) }],
  ["eleven tags", { tags: Array.from({ length: 11 }, (_, i) => `t${i}`) }],
  ["a tag with a space", { tags: ["a b"] }],
  ["an empty tag", { tags: [""] }],
  ["21 scores", { scores: Array.from({ length: 21 }, (_, i) => `e${i}`) }],
  ["a score with a line break", { scores: ["e1\n"] }],
  ["a long key", { key: "k".repeat(201) }],
  ["a property that is not there", { votes: { up: 100, down: 0 } } as object],
];

export function hostileCases({ test }: Bench): SuiteCase[] {
  return [
    test("texts are data, whatever they say", async (forum) => {
      for (const [i, body] of hostile.entries()) {
        const title = body.replace(/\p{Cc}/gu, " ");
        const post = await forum.post(sample({ title, body, scores: [title.slice(0, 50)] }));
        const read = (await forum.thread(post.id)).post;
        assert.deepEqual([read.title, read.body, read.scores], [title, body, [title.slice(0, 50)]]);
        assert.equal((await forum.list()).posts.length, Math.min(i + 1, 20));
      }
    }),
    test("words of a search are data, whatever they say", async (forum) => {
      await forum.post(sample({ title: "Alpha", body: "beta" }));
      for (const text of hostile.filter((text) => /[\p{L}\p{N}]/u.test(text))) {
        const nonsense = `${text.slice(0, 180)} zzzz`;
        assert.deepEqual(await forum.search({ text: nonsense }), [], `search for ${JSON.stringify(nonsense)}`);
      }
      for (const text of ["alpha OR zzzz", "alpha NOT zzzz", "alpha -zzzz", "title:alpha", "zzzz* OR alpha"]) {
        assert.deepEqual(await forum.search({ text }), [], `an operator was obeyed: ${text}`);
      }
      for (const text of ['"alpha"', "alpha*", "(alpha)", "^alpha", "alpha;"]) {
        assert.equal((await forum.search({ text })).length, 1, `search for ${text}`);
      }
      await refuses("bad_input", forum.search({ text: "a\0b" }), "a NUL in a search");
      await refuses("bad_input", forum.search({ text: "a\ud800" }), "half a surrogate pair in a search");
    }),
    test("ids, authors, tags and keys are data", async (forum) => {
      await forum.post(sample({ tags: ["a"], key: "' OR 1=1 --" }));
      for (const text of hostile) {
        const line = text.replace(/\p{Cc}/gu, " ");
        await refuses("not_found", forum.thread(line), `the id ${JSON.stringify(line)}`);
        await refuses("bad_input", forum.list({ author: text }), `the author ${JSON.stringify(text)}`);
        await refuses("bad_input", forum.list({ tag: text }), `the tag ${JSON.stringify(text)}`);
        await refuses("not_found", forum.snapshots.get(line), `the hash ${JSON.stringify(line)}`);
      }
      assert.equal((await forum.post(sample({ title: "New", key: "' OR 1=1" }))).title, "New");
    }),
    test("a body of 64 KiB fits", async (forum) => {
      const body = "é "
        .repeat((64 << 10) / 3)
        .padEnd(64 << 10, "x")
        .slice(0, 43_690);
      const full = body + "x".repeat((64 << 10) - Buffer.byteLength(body));
      assert.equal(Buffer.byteLength(full), 64 << 10);
      const { id } = await forum.post(sample({ title: "é".repeat(200), body: full }));
      assert.equal((await forum.thread(id)).post.body, full);
      assert.equal((await forum.post(sample({ body: "" }))).body, "");
    }),
    test("what is wrong or too long is refused, and nothing of it kept", async (forum) => {
      for (const [what, changed] of tooMuch) {
        await refuses("bad_input", forum.post({ ...sample(), ...changed } as NewPost), what);
      }
      const { id } = await forum.post(sample());
      for (const value of [2, -2, 0.5, "1", null]) {
        await refuses("bad_input", forum.vote({ post: id, voter: "agent-2", value: value as 1 }), `a vote of ${value}`);
      }
      await refuses("bad_input", forum.vote({ post: id, voter: "a b", value: 1 }), "a voter with a space");
      assert.deepEqual(
        (await forum.list()).posts.map((post) => post.id),
        [id],
      );
    }),
  ];
}
