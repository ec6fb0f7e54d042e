/*
 * The forum in SQLite against bare node:sqlite that makes the same inserts with the same durability, in interleaved blocks
 * on the same disk; then a search over 100,000 posts, and how long a post takes to a follower in another process.
 *
 *   npm start bench/forum.ts
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import type { NewPost } from "weak-to-strong";
import { sqliteForum } from "weak-to-strong/forums/sqlite";

const folder = mkdtempSync(join(tmpdir(), "w2s-bench-forum-"));
const file = (name: string): string => join(folder, name);

// Zipf's law over 20,000 words, as texts have it, which begin with all letters.
const letters = (n: number): string =>
  n < 0 ? "" : String.fromCharCode(97 + (n % 26)) + letters(Math.floor(n / 26) - 1);
const vocabulary = Array.from({ length: 20_000 }, (_, i) => `${letters((i * 7919) % 20_000)}ing`);
let state = 1;
const uniform = (): number => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 2 ** 32;
};
const word = (): string => vocabulary[Math.floor(vocabulary.length ** uniform()) - 1] ?? vocabulary[0]!;
const words = (count: number): string => Array.from({ length: count }, word).join(" ");
const post = (i: number): NewPost => ({
  author: `agent-${i % 9}`,
  kind: "finding",
  title: words(8),
  body: words(120), // about 500 bytes
  tags: ["sweep", `seed-${i % 5}`],
});

const quantile = (values: readonly number[], q: number): number =>
  values.toSorted((a, b) => a - b)[Math.round(q * (values.length - 1))]!;
const ms = (values: readonly number[]): string =>
  `median ${quantile(values, 0.5).toFixed(2)} ms, p95 ${quantile(values, 0.95).toFixed(2)}, p99 ${quantile(values, 0.99).toFixed(2)}`;

/** What a post is in the forum's file, in bare calls: an event, the post, its tags, its words; one transaction. */
function bare(path: string): (post: NewPost) => void {
  const database = new DatabaseSync(path);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  const insert = (table: string, columns: string, from = "VALUES") =>
    database.prepare(`INSERT INTO ${table} (${columns}) ${from} (${columns.replace(/\w+/g, "?")})`);
  const event = database.prepare("INSERT INTO events DEFAULT VALUES");
  const row = insert("posts", "cursor, thread, author, kind, at, title, tags, scores, body");
  const tag = insert("tags", "tag, post");
  const index = insert("search", "rowid, title, body, tags, author");
  return ({ author, kind, title, body, tags = [] }) => {
    database.exec("BEGIN IMMEDIATE");
    const cursor = event.run().lastInsertRowid;
    const tagged = JSON.stringify(tags);
    row.run(cursor, cursor, author, kind, new Date().toISOString(), title, tagged, "[]", body);
    for (const each of tags) tag.run(each, cursor);
    index.run(cursor, title, body, tagged, author);
    database.exec("COMMIT");
  };
}

async function durablePosts(blocks: number, size: number): Promise<void> {
  await using forum = sqliteForum({ file: file("forum.db") });
  await using other = sqliteForum({ file: file("bare.db") });
  await Promise.all([forum.list(), other.list()]); // makes the tables
  const insert = bare(file("bare.db"));
  const ratios: number[] = [];
  const seconds = { forum: 0, bare: 0 };
  for (let block = 0; block < blocks; block++) {
    const posts = Array.from({ length: size }, (_, i) => post(block * size + i));
    const measured = { forum: 0, bare: 0 };
    // Whoever goes first alternates, so that a disk that slows down favours nobody.
    for (const first of block % 2 === 0 ? [true, false] : [false, true]) {
      const begun = performance.now();
      if (first) for (const each of posts) await forum.post(each);
      else for (const each of posts) insert(each);
      measured[first ? "forum" : "bare"] = (performance.now() - begun) / 1000;
    }
    seconds.forum += measured.forum;
    seconds.bare += measured.bare;
    ratios.push(measured.bare / measured.forum);
  }
  const rate = (total: number): string => `${Math.round((blocks * size) / total)} posts/s`;
  console.log(`durable posts  forum ${rate(seconds.forum)}, bare node:sqlite ${rate(seconds.bare)}`);
  console.log(
    `ratio          median ${quantile(ratios, 0.5).toFixed(2)} of ${blocks} blocks of ${size} (quartiles ${quantile(ratios, 0.25).toFixed(2)} to ${quantile(ratios, 0.75).toFixed(2)})`,
  );
}

async function searches(posts: number): Promise<void> {
  const path = file("large.db");
  await using forum = sqliteForum({ file: path });
  await forum.list();
  const filling = new DatabaseSync(path);
  filling.exec("PRAGMA synchronous = OFF; BEGIN");
  const event = filling.prepare("INSERT INTO events DEFAULT VALUES");
  const row = filling.prepare(
    "INSERT INTO posts (cursor, thread, author, kind, at, title, tags, scores, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
  );
  const index = filling.prepare("INSERT INTO search (rowid, title, body, tags, author) VALUES (?, ?, ?, ?, ?)");
  for (let i = 0; i < posts; i++) {
    const { author, kind, title, body, tags } = post(i);
    const { lastInsertRowid: cursor } = event.run();
    row.run(cursor, cursor, author, kind, new Date().toISOString(), title, JSON.stringify(tags), "[]", body);
    index.run(cursor, title, body, JSON.stringify(tags), author);
  }
  filling.exec("COMMIT");
  filling.close();
  const queries: Record<string, () => string> = {
    "a rare word": () => vocabulary[2_000 + Math.floor(uniform() * 18_000)]!,
    "two words as they come": () => `${word()} ${word()}`,
    "the most frequent word": () => vocabulary[0]!,
    "ten beginnings": () => Array.from({ length: 10 }, () => word().slice(0, 3)).join(" "),
  };
  for (const [name, text] of Object.entries(queries)) {
    const times: number[] = [];
    for (let i = 0; i < 60; i++) {
      const begun = performance.now();
      await forum.search({ text: text() });
      times.push(performance.now() - begun);
    }
    console.log(`search         ${posts} posts, ${name}: ${ms(times)}`);
  }
}

/** A process that posts when it is told to and says when it did, by the clock that all processes share. */
const poster = `
  import { createInterface } from "node:readline";
  import { sqliteForum } from "weak-to-strong/forums/sqlite";
  const forum = sqliteForum({ file: process.argv[1] });
  await forum.list();
  console.log("ready");
  for await (const _ of createInterface({ input: process.stdin })) {
    await forum.post({ author: "other", kind: "insight", title: "Title", body: "Body" });
    console.log(performance.timeOrigin + performance.now());
  }
  await forum[Symbol.asyncDispose]();
`;

async function latency(count: number): Promise<void> {
  await using forum = sqliteForum({ file: file("follow.db") });
  await forum.list();
  const args = [...process.execArgv, "--input-type=module", "--eval", poster, file("follow.db")];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  await lines.next();
  const events = forum.follow()[Symbol.asyncIterator]();
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const seen = events.next().then(() => performance.timeOrigin + performance.now());
    child.stdin.write("post\n");
    times.push((await seen) - Number((await lines.next()).value));
  }
  await events.return?.();
  child.stdin.end();
  await once(child, "close");
  console.log(`follow         from acknowledged to seen by another process: ${ms(times)}`);
}

try {
  await durablePosts(20, 100);
  await latency(100);
  await searches(100_000);
} finally {
  rmSync(folder, { recursive: true });
}
