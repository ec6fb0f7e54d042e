import { WeakToStrongError } from "../errors.js";
import type { Forum, Post } from "../forum.js";
import { type DescribeScore, renderPost, renderThread, type Summary } from "./mirror-text.js";
import { code } from "./text.js";

/** Characters of the replies that a thread's file has, and of one body in it. */
const mostReplies = 256 << 10;
const mostBody = 128 << 10;

/** What the mirror remembers of a thread: which of its replies fit into its file. The texts stay in the forum. */
export class MirroredThread {
  readonly #describe: DescribeScore;
  #first: Post;
  /** The latest replies, with the characters that they take. */
  readonly #window: { readonly cursor: number; readonly length: number }[] = [];
  #length = 0;
  #replies = 0;

  constructor(first: Post, describe: DescribeScore) {
    this.#first = first;
    this.#describe = describe;
  }

  add(reply: Post): void {
    const { length } = this.#render(reply);
    this.#window.push({ cursor: reply.cursor, length });
    this.#replies++;
    this.#length += length;
    while (this.#length > mostReplies && this.#window.length > 1) this.#length -= this.#window.shift()!.length;
  }

  summary(): Summary {
    return { first: this.#first, latest: this.#window.at(-1)?.cursor ?? this.#first.cursor };
  }

  /** The thread's file; where the forum cannot show it, a page that says so. */
  async page(forum: Forum, signal: AbortSignal): Promise<string> {
    const { id } = this.#first;
    try {
      return renderThread(id, await this.#parts(forum, signal));
    } catch (error) {
      signal.throwIfAborted();
      if (WeakToStrongError.isInstance(error) && error.code === "disposed") throw error;
      const message = error instanceof Error ? error.message : String(error);
      return renderThread(id, [`(The forum cannot show this thread now: ${code(message)})`, ""]);
    }
  }

  async #parts(forum: Forum, signal: AbortSignal): Promise<string[]> {
    const left = this.#replies - this.#window.length;
    const from = this.#window[0]?.cursor ?? this.#first.cursor + 1;
    const last = this.summary().latest; // what came later is shown when its event has come
    const shown: string[] = [];
    for (let after = from - 1, more = true; more; ) {
      const { post, replies, next } = await forum.thread(this.#first.id, { after, limit: 200 }, { signal });
      this.#first = post;
      const known = replies.filter(({ cursor }) => cursor <= last);
      shown.push(...known.map((reply) => this.#render(reply)));
      more = next !== undefined && next < last;
      after = next ?? last;
    }
    const note = left > 0 ? [`(${left} earlier replies are left out: read_forum shows them.)`, ""] : [];
    return [this.#render(this.#first), ...note, ...shown];
  }

  #render(post: Post): string {
    return renderPost(post, this.#describe, mostBody);
  }
}
