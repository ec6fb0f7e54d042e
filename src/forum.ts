import type { Snapshot } from "./data/snapshot.js";

/**
 * Where agents share what they find. Every text in it is data that its author chose: whoever shows it escapes it. A call
 * has returned only when what it wrote is durable. Several processes can use one forum. Every text is well-formed Unicode
 * without NUL; one that is not, or is too long, and properties that are not listed here are `bad_input`. After disposal
 * every call throws `disposed`.
 */
export interface Forum extends AsyncDisposable {
  readonly name: string;
  /** Adds a post or a reply. Throws `bad_input` (a field is wrong, or too long), `not_found` (what it refers to). */
  post(post: NewPost, options?: ForumCall): Promise<Post>;
  /**
   * Sets the voter's vote on a post: 1, -1, or 0 to take it back. One vote a voter; the vote that stands already changes
   * nothing and is no event. Throws `not_found`; `bad_input` for a vote on one's own post.
   */
  vote(
    vote: { readonly post: string; readonly voter: string; readonly value: 1 | 0 | -1 },
    options?: ForumCall,
  ): Promise<Post>;
  /**
   * A page of the thread that a post belongs to, replies oldest first; `next` of one page is `after` of the following.
   * Throws `not_found`.
   */
  thread(id: string, query?: ThreadQuery, options?: ForumCall): Promise<Thread>;
  /** A page of posts, newest first; `next` of one page is `before` of the following. */
  list(query?: ListQuery, options?: ForumCall): Promise<PostPage>;
  /**
   * Full-text search, best first; a word in a title counts for more than one in a body. Words are runs of letters and
   * digits, without regard to case and accents, matched as they are or, from three characters on, by their beginning;
   * there is no other syntax.
   */
  search(query: SearchQuery, options?: ForumCall): Promise<readonly Found[]>;
  /**
   * What happened after `cursor` (default: from the beginning), in order, without gaps, also what other processes did; it
   * waits for more until the signal aborts, which ends it without an error. `cursor` of the last event seen resumes it;
   * one that the forum has not reached, since it is another forum's, is `bad_input`.
   */
  follow(options?: { readonly cursor?: number; readonly signal?: AbortSignal }): AsyncIterable<ForumEvent>;
  /** Code that posts refer to. */
  readonly snapshots: SnapshotStore;
}

export interface ForumCall {
  readonly signal?: AbortSignal;
}

/** A result; something to try; something understood; something that went wrong and why. */
export type PostKind = "finding" | "hypothesis" | "insight" | "error";

export const postKinds: readonly PostKind[] = ["finding", "hypothesis", "insight", "error"];

export interface NewPost {
  /** Who writes: at most 64 letters, digits, `-`, `_`, `.`, `:`. The lab fills it in, agents cannot choose it. */
  readonly author: string;
  readonly kind: PostKind;
  /** One line, 1 to 200 characters, not only spaces, no control characters. */
  readonly title: string;
  /** Markdown, at most 64 KiB as UTF-8. */
  readonly body: string;
  /** At most 10, of 1 to 40 letters (A to Z), digits, `-`. */
  readonly tags?: readonly string[];
  /** The post that this answers. A reply to a reply belongs to the same thread. */
  readonly replyTo?: string;
  /** Hash of a snapshot in the store. */
  readonly snapshot?: string;
  /**
   * Ids of the scorer's records that the post rests on, at most 20 of 1 to 100 characters; whoever shows it looks them up,
   * what it claims is no evidence.
   */
  readonly scores?: readonly string[];
  /** 1 to 200 characters. A post with a key that its author has used before is that post, and nothing is added. */
  readonly key?: string;
}

export interface Post extends Omit<NewPost, "key" | "tags" | "scores"> {
  /** 1 to 64 letters, digits, `-`, `_`: can be a file's name. */
  readonly id: string;
  /** The first post of its thread: its own id where it is that. */
  readonly thread: string;
  readonly tags: readonly string[];
  readonly scores: readonly string[];
  /** ISO 8601, by the clock of the process that wrote it. Order goes by `cursor`, not by this. */
  readonly at: string;
  /** Of the event that added it; rises with each event in the forum. */
  readonly cursor: number;
  readonly votes: { readonly up: number; readonly down: number };
  /** Answers to it; of the first post of a thread, all the replies in it. */
  readonly replies: number;
}

export interface ThreadQuery {
  /** Only replies with a greater cursor. */
  readonly after?: number;
  /** Replies, from 1 to 200; default 50. */
  readonly limit?: number;
}

export interface Thread {
  /** The first post, on every page. */
  readonly post: Post;
  /** Fewer than the limit where their bodies would be more than 1 MiB of UTF-8. */
  readonly replies: readonly Post[];
  /** Absent on the last page. */
  readonly next?: number;
}

export interface ListQuery {
  readonly kind?: PostKind;
  readonly author?: string;
  readonly tag?: string;
  /** Only posts that start a thread. Default false. */
  readonly threads?: boolean;
  /** From 1 to 200; default 20. */
  readonly limit?: number;
  /** Only posts with a smaller cursor. */
  readonly before?: number;
}

export interface PostPage {
  readonly posts: readonly Post[];
  /** Absent on the last page. */
  readonly next?: number;
}

export interface SearchQuery {
  /** At most 200 characters with at least one word; all words must appear, in title, body, tags or author. */
  readonly text: string;
  readonly kind?: PostKind;
  readonly author?: string;
  readonly tag?: string;
  /** From 1 to 100; default 10. */
  readonly limit?: number;
}

/** Post with where it was found. */
export interface Found {
  readonly post: Post;
  /** At most 200 characters of the body, around the match where it has one, as plain text on one line. */
  readonly excerpt: string;
}

/** `post` in it is as it stands when the event is read. */
export type ForumEvent =
  | { readonly type: "post"; readonly cursor: number; readonly post: Post }
  | {
      readonly type: "vote";
      readonly cursor: number;
      readonly post: string;
      readonly voter: string;
      readonly value: 1 | 0 | -1;
    };

/** Snapshots of code by their hash; equal files are stored once. */
export interface SnapshotStore {
  /** Keeps it; the same snapshot again changes nothing. Throws `bad_input` where hash and files do not fit each other. */
  put(
    snapshot: Snapshot,
    /** `title`: one line, at most 200 characters; default none. */
    about: { readonly author: string; readonly title?: string },
    options?: ForumCall,
  ): Promise<void>;
  /** Throws `not_found`. What is returned was checked against the hash; where it does not fit: `storage`. */
  get(hash: string, options?: ForumCall): Promise<Snapshot>;
  /** Newest first; `limit` from 1 to 200, default 20. `next` of one page is `before` of the following. */
  list(
    query?: { readonly author?: string; readonly limit?: number; readonly before?: number },
    options?: ForumCall,
  ): Promise<{ readonly snapshots: readonly StoredSnapshot[]; readonly next?: number }>;
}

export interface StoredSnapshot {
  readonly hash: string;
  /** Who kept it first. */
  readonly author: string;
  readonly title: string;
  readonly at: string;
  /** Rises with each snapshot kept; no cursor of events. */
  readonly cursor: number;
  readonly files: {
    readonly count: number;
    /** The first by their paths, at most 10; the others are in the snapshot itself. */
    readonly first: readonly { readonly path: string; readonly bytes: number }[];
  };
}
