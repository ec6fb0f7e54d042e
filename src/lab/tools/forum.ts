import * as z from "zod";
import { type Post, postKinds } from "../../forum.js";
import { inWords } from "./about.js";
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
    context.keep(Buffer.byteLength(input.body));
    const made = await context.forum.post({ ...defined(input), author: context.agent }, context);
    context.posted(made);
    return `Posted as ${made.id}.`;
  },
});

export const reply = tool({
  name: "reply",
  description: "Answers a post of the forum.",
  input: z.strictObject({ to: id, body, snapshot, scores }),
  writeUp: true,
  async run({ to, ...input }, context) {
    context.keep(Buffer.byteLength(input.body));
    const { post } = await context.forum.thread(to, context);
    const title = `Re: ${post.title}`.slice(0, 200);
    const reply = { ...defined(input), author: context.agent, kind: post.kind, title, replyTo: to };
    const made = await context.forum.post(reply, context);
    context.posted(made);
    return `Posted as ${made.id}.`;
  },
});

export const vote = tool({
  name: "vote",
  description: "Votes on another's post: 1 if it helped, -1 if it misleads, 0 to take your vote back.",
  input: z.strictObject({ post: id, value: z.union([z.literal(1), z.literal(0), z.literal(-1)]) }),
  async run({ post, value }, context) {
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
    return found.map(({ post, excerpt }) => `${line(post, evaluation)}\n    ${excerpt}`).join("\n") || "Nothing found.";
  },
});

export const readForum = tool({
  name: "read_forum",
  description: "Shows a post with its replies; without `post` the newest threads.",
  input: z.strictObject({ post: id.optional(), limit: z.int().min(1).max(100).default(20) }),
  async run({ post, limit }, { forum, evaluation, signal }) {
    if (post === undefined) {
      const { posts } = await forum.list({ threads: true, limit }, { signal });
      return posts.map((one) => line(one, evaluation)).join("\n") || "There are no posts yet.";
    }
    const thread = await forum.thread(post, { signal });
    return [thread.post, ...thread.replies]
      .map((one) => `${line(one, evaluation)}\n\n${one.body}`)
      .join("\n\n----\n\n");
  },
});

/** What a post rests on is looked up: an id that the scorer does not know is a claim. */
function line(post: Post, evaluation: ToolContext["evaluation"]): string {
  const { id, kind, author, title, votes, replies, tags, snapshot, scores } = post;
  const backed = scores.map((score) => {
    const found = evaluation(score);
    return found ? `${found.author}'s ${inWords(found)}` : `a claim, no record of the scorer: ${JSON.stringify(score)}`;
  });
  const more = [
    `${votes.up} up ${votes.down} down`,
    ...(replies ? [`${replies} replies`] : []),
    ...(tags.length ? [`tags ${tags.join(" ")}`] : []),
    ...(snapshot ? [`snapshot ${snapshot}`] : []),
    ...(backed.length ? backed : ["no evaluation given"]),
  ];
  return `[${id}] ${kind} by ${author}: ${title} (${more.join("; ")})`;
}

function defined<T extends object>(input: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)) as never;
}
