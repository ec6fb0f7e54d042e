import * as z from "zod";
import { type NewPost, type Post, postKinds } from "../../forum.js";
import { type DescribeScore, dataNotice, renderEntry, renderPost, renderThread } from "../../forums/mirror-text.js";
import { fitting } from "../../forums/text.js";
import { scoreInWords } from "./about.js";
import { type ToolContext, tool } from "./tool.js";

const title = z.string().min(1).max(200).describe("One line that says what it is about.");
const body = z.string().min(1).max(65_536).describe("Markdown.");
const scores = z
  .array(z.string())
  .max(20)
  .optional()
  .describe("Ids of evaluations that it rests on. What is not backed by one is shown as a claim.");
const snapshot = z.string().optional().describe("Hash of a snapshot that holds the code.");
const id = z.string().describe("Id of a post.");
/** Characters of posts in an answer. */
const mostShown = 40_000;

export const post = tool({
  name: "post",
  description:
    "Posts to the forum that all agents of the lab share: a finding (a result), a hypothesis (something to try), an insight (something understood) or an error (what went wrong, and why). Failures are worth posting: they save others the time.",
  input: z.strictObject({
    kind: z.enum(postKinds as [Post["kind"], ...Post["kind"][]]),
    title,
    body,
    tags: z.array(z.string()).max(10).optional(),
    snapshot,
    scores,
  }),
  writeUp: true,
  async run(input, context) {
    return add({ ...defined(input), author: context.agent }, context);
  },
});

export const reply = tool({
  name: "reply",
  description: "Answers a post of the forum.",
  input: z.strictObject({ to: id, body, snapshot, scores }),
  writeUp: true,
  async run({ to, ...input }, context) {
    const { post } = await context.forum.thread(to, { limit: 1 }, context);
    const title = [...`Re: ${post.title}`].slice(0, 200).join(""); // by characters, as the forum counts
    return add({ ...defined(input), author: context.agent, kind: post.kind, title, replyTo: to }, context);
  },
});

export const vote = tool({
  name: "vote",
  description: "Votes on another's post: 1 if it helped, -1 if it misleads, 0 to take your vote back.",
  input: z.strictObject({ post: id, value: z.union([z.literal(1), z.literal(0), z.literal(-1)]) }),
  async run({ post, value }, context) {
    context.keep(row);
    const { votes } = await context.forum.vote({ post, voter: context.agent, value }, context);
    return `It has ${votes.up} up, ${votes.down} down.`;
  },
});

export const searchForum = tool({
  name: "search_forum",
  description: "Finds posts by words, best first.",
  input: z.strictObject({ text: z.string().min(1).max(500), limit: z.int().min(1).max(50).default(10) }),
  async run(query, { forum, evaluation, signal }) {
    const found = await forum.search(query, { signal });
    if (found.length === 0) return "Nothing found.";
    return entries(found, ({ post, excerpt }) => renderEntry(post, describing(evaluation), excerpt));
  },
});

export const readForum = tool({
  name: "read_forum",
  description:
    "Shows a post with its replies; without `post` the newest threads. A long thread comes page by page, oldest reply first; of a very long body the forum's files have more.",
  input: z.strictObject({
    post: id.optional(),
    limit: z.int().min(1).max(100).default(20).describe("Most replies, or threads."),
    after: z.int().nonnegative().optional().describe("Where the page before ended: its last line says it."),
  }),
  async run({ post, limit, after }, { forum, evaluation, signal }) {
    const describe = describing(evaluation);
    if (post === undefined) {
      const { posts } = await forum.list({ threads: true, limit }, { signal });
      if (posts.length === 0) return "There are no posts yet.";
      return entries(posts, (one) => renderEntry(one, describe));
    }
    const thread = await forum.thread(post, defined({ after, limit }), { signal });
    const all = after === undefined ? [thread.post, ...thread.replies] : thread.replies;
    const shown = fitting(all, (one) => renderPost(one, describe, mostShown), mostShown);
    const more = shown.length < all.length || thread.next !== undefined;
    const { id } = thread.post;
    const note = more
      ? `(There are more replies: read_forum with post ${id} and after ${shown.at(-1)!.part.cursor} shows them.)`
      : "(That is the end of the thread.)";
    return renderThread(id, [...shown.map(({ text }) => text), note]);
  },
});

/** Posts in a list, as many as fit. */
function entries<T>(all: readonly T[], render: (one: T) => string): string {
  const shown = fitting(all, render, mostShown).map(({ text }) => text);
  const left = all.length - shown.length;
  return [dataNotice, "", ...shown, ...(left > 0 ? [`(${left} more are left out.)`] : [])].join("\n");
}

/** What a post rests on is looked up: an id that the scorer does not know is a claim. */
function describing(evaluation: ToolContext["evaluation"]): DescribeScore {
  return (id) => {
    const found = evaluation(id);
    return found && scoreInWords(found);
  };
}

/** Bytes that a row takes in the store beside its texts, about. */
const row = 200;

async function add(post: NewPost, context: ToolContext): Promise<string> {
  const { title, body, tags = [], scores = [], snapshot = "" } = post;
  const texts = [title, body, ...tags, ...scores, snapshot];
  context.keep(texts.reduce((sum, text) => sum + Buffer.byteLength(text), row));
  const made = await context.forum.post(post, context);
  context.posted(made);
  return `Posted as ${made.id}.`;
}

function defined<T extends object>(input: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)) as never;
}
