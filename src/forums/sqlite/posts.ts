import * as z from "zod";
import { WeakToStrongError } from "../../errors.js";
import { type ForumEvent, type Found, type Post, type PostPage, postKinds, type Thread } from "../../forum.js";
import type { Checked } from "../check.js";
import type { Database, Row } from "./database.js";
import { excerpt, matching, matchMark } from "./words.js";

/* Each function works within a transaction, or is a single statement; a thread, which only grows, is read in three. */

const columns = `
  p.cursor, p.thread, p.reply_to, p.author, p.kind, p.at, p.snapshot, p.title, p.tags, p.scores, p.body,
  (SELECT count(*) FROM votes v WHERE v.post = p.cursor AND v.value = 1) AS up,
  (SELECT count(*) FROM votes v WHERE v.post = p.cursor AND v.value = -1) AS down,
  CASE p.thread
    WHEN p.cursor THEN (SELECT count(*) FROM posts r WHERE r.thread = p.cursor) - 1
    ELSE (SELECT count(*) FROM posts r WHERE r.reply_to = p.cursor)
  END AS replies`;

const number = z.int().nonnegative();
const strings = z.string().transform((text) => z.array(z.string()).parse(JSON.parse(text)));
const postRow = z.object({
  cursor: number,
  thread: number,
  reply_to: number.nullable(),
  author: z.string(),
  kind: z.enum(postKinds),
  at: z.string(),
  snapshot: z.string().nullable(),
  title: z.string(),
  tags: strings,
  scores: strings,
  body: z.string(),
  up: number,
  down: number,
  replies: number,
});
const voteRow = z.object({ voter: z.string(), value: z.literal([1, 0, -1]) });

const idOf = (cursor: number): string => `p${cursor}`;

function cursorOf(id: string): number {
  if (/^p[1-9]\d{0,14}$/.test(id)) return Number(id.slice(1));
  throw missing(id);
}

function missing(id: string): WeakToStrongError {
  return new WeakToStrongError("not_found", `The forum has no post ${JSON.stringify(id)}.`);
}

function postOf(row: Row): Post {
  const { cursor, thread, reply_to, snapshot, up, down, ...rest } = postRow.parse(row);
  return {
    id: idOf(cursor),
    thread: idOf(thread),
    ...(reply_to === null ? {} : { replyTo: idOf(reply_to) }),
    ...(snapshot === null ? {} : { snapshot }),
    ...rest,
    cursor,
    votes: { up, down },
  };
}

function postAt(database: Database, cursor: number): Post | undefined {
  const row = database.get(`SELECT ${columns} FROM posts p WHERE p.cursor = ?`, cursor);
  return row && postOf(row);
}

export function addPost(database: Database, post: Checked<"post">): Post {
  const { author, kind, title, body, tags, scores, replyTo, snapshot, key } = post;
  if (key !== undefined) {
    const known = database.get("SELECT cursor FROM posts WHERE author = ? AND key = ?", author, key);
    if (known) return postAt(database, Number(known.cursor))!;
  }
  const parent = replyTo === undefined ? undefined : cursorOf(replyTo);
  const above = parent && database.get("SELECT thread FROM posts WHERE cursor = ?", parent);
  if (replyTo !== undefined && !above) throw missing(replyTo);
  if (snapshot !== undefined && !database.get("SELECT 1 FROM snapshots WHERE hash = ?", snapshot)) {
    throw new WeakToStrongError(
      "not_found",
      `The forum keeps no snapshot ${JSON.stringify(snapshot)}. Put it there first.`,
    );
  }
  const at = new Date().toISOString();
  const cursor = database.run("INSERT INTO events DEFAULT VALUES");
  const thread = above ? Number(above.thread) : cursor;
  const row = {
    ...{ cursor, thread, reply_to: parent ?? null, author, kind, at, key: key ?? null, snapshot: snapshot ?? null },
    ...{ title, tags: JSON.stringify(tags), scores: JSON.stringify(scores), body },
  };
  database.run(
    `INSERT INTO posts (cursor, thread, reply_to, author, kind, at, key, snapshot, title, tags, scores, body)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...Object.values(row),
  );
  for (const tag of tags) database.run("INSERT INTO tags (tag, post) VALUES (?, ?)", tag, cursor);
  database.run(
    "INSERT INTO search (rowid, title, body, tags, author) VALUES (?, ?, ?, ?, ?)",
    ...[cursor, title, body, row.tags, author],
  );
  const unanswered = { up: 0, down: 0, replies: 0 };
  return postOf({ ...row, ...unanswered });
}

export function setVote(database: Database, { post: id, voter, value }: Checked<"vote">): Post {
  const cursor = cursorOf(id);
  const post = postAt(database, cursor);
  if (!post) throw missing(id);
  if (post.author === voter) {
    throw new WeakToStrongError(
      "bad_input",
      `Forum, vote: ${voter} wrote ${id}; authors do not vote on their own posts.`,
    );
  }
  const before = database.get("SELECT value FROM votes WHERE post = ? AND voter = ?", cursor, voter);
  if (Number(before?.value ?? 0) === value) return post;
  if (value === 0) database.run("DELETE FROM votes WHERE post = ? AND voter = ?", cursor, voter);
  else database.run("INSERT OR REPLACE INTO votes (post, voter, value) VALUES (?, ?, ?)", cursor, voter, value);
  database.run("INSERT INTO events (post, voter, value) VALUES (?, ?, ?)", cursor, voter, value);
  return postAt(database, cursor)!;
}

export function readThread(database: Database, { id, after = 0, limit }: Checked<"thread">): Thread {
  const found = database.get("SELECT thread FROM posts WHERE cursor = ?", cursorOf(id));
  if (!found) throw missing(id);
  const thread = Number(found.thread);
  const rows = database.all(
    `SELECT ${columns} FROM posts p WHERE p.thread = ? AND p.cursor > ? ORDER BY p.cursor LIMIT ?`,
    ...[thread, Math.max(thread, after), limit + 1], // the first post has the least cursor of its thread
  );
  const replies = rows.slice(0, limit).map(postOf);
  return {
    post: postAt(database, thread)!,
    replies,
    ...(rows.length > limit ? { next: replies.at(-1)!.cursor } : {}),
  };
}

/** Conditions on posts `p`, and their values. */
function filters(query: Pick<Checked<"list">, "kind" | "author" | "tag">): { where: string[]; values: string[] } {
  const pairs = [
    ["p.kind = ?", query.kind],
    ["p.author = ?", query.author],
    ["EXISTS (SELECT 1 FROM tags t WHERE t.tag = ? AND t.post = p.cursor)", query.tag],
  ].filter((pair): pair is [string, string] => pair[1] !== undefined);
  return { where: pairs.map(([where]) => where), values: pairs.map(([, value]) => value) };
}

export function listPosts(database: Database, query: Checked<"list">): PostPage {
  const { where, values } = filters(query);
  const rows = database.all(
    `SELECT ${columns} FROM posts p
     WHERE ${["p.cursor < ?", ...where, ...(query.threads ? ["p.thread = p.cursor"] : [])].join(" AND ")}
     ORDER BY p.cursor DESC LIMIT ?`,
    ...[query.before ?? Number.MAX_SAFE_INTEGER, ...values, query.limit + 1],
  );
  const posts = rows.slice(0, query.limit).map(postOf);
  return { posts, ...(rows.length > query.limit ? { next: posts.at(-1)!.cursor } : {}) };
}

export function searchPosts(database: Database, query: Checked<"search">): Found[] {
  const { where, values } = filters(query);
  // CROSS: the index first, in the order of its rank.
  const rows = database.all(
    `SELECT ${columns}, snippet(search, 1, '${matchMark}', '', '', 60) AS around
     FROM search CROSS JOIN posts p ON p.cursor = search.rowid
     WHERE ${["search MATCH ?", ...where].join(" AND ")} ORDER BY search.rank LIMIT ?`,
    ...[matching(query.text), ...values, query.limit],
  );
  return rows.map((row) => ({ post: postOf(row), excerpt: excerpt(String(row.around)) }));
}

/** Those after `cursor`, in order, at most `limit`. */
export function eventsAfter(database: Database, cursor: number, limit: number): ForumEvent[] {
  const rows = database.all(
    `SELECT e.cursor AS event, e.voter, e.value, ${columns}
     FROM events e CROSS JOIN posts p ON p.cursor = coalesce(e.post, e.cursor) WHERE e.cursor > ? ORDER BY e.cursor LIMIT ?`,
    ...[cursor, limit],
  );
  return rows.map((row) => {
    const cursor = number.parse(row.event);
    if (row.voter === null) return { type: "post", cursor, post: postOf(row) };
    return { type: "vote", cursor, post: idOf(number.parse(row.cursor)), ...voteRow.parse(row) };
  });
}

export function lastCursor(database: Database): number {
  return Number(database.get("SELECT max(cursor) AS cursor FROM events")?.cursor ?? 0);
}
