import { EventEmitter, once } from "node:events";
import {
  defineForum,
  type Forum,
  type ForumEvent,
  type Post,
  type Snapshot,
  type StoredSnapshot,
  WeakToStrongError,
} from "weak-to-strong";

/** What outlives a handle: here an object, elsewhere a database. */
export class Store {
  readonly posts = new Map<string, Post>();
  readonly keys = new Map<string, string>();
  readonly votes = new Map<string, Map<string, 1 | -1>>();
  readonly events: ForumEvent[] = [];
  readonly snapshots: (Omit<StoredSnapshot, "files"> & Snapshot)[] = [];
  readonly bus = new EventEmitter().setMaxListeners(0);

  /** A post as it stands now. */
  post(id: string): Post {
    const post = this.posts.get(id) ?? missing("post", id);
    const votes = [...(this.votes.get(id)?.values() ?? [])];
    const up = votes.filter((value) => value === 1).length;
    const answers = [...this.posts.values()].filter((other) =>
      post.thread === id ? other.thread === id && other.id !== id : other.replyTo === id,
    );
    return { ...post, votes: { up, down: votes.length - up }, replies: answers.length };
  }

  all(): Post[] {
    return Array.from(this.posts.keys(), (id) => this.post(id));
  }

  snapshot(hash: string): Snapshot | undefined {
    return this.snapshots.find((kept) => kept.hash === hash);
  }

  add(event: ForumEvent): void {
    this.events.push(event);
    this.bus.emit("event");
  }
}

/** A forum in an object. What its functions get is checked and complete, aborts and disposal are taken care of. */
export function memoryForum(store: Store): Forum {
  return defineForum({
    name: "memory",
    async post({ key, replyTo, snapshot, ...rest }) {
      const known = key === undefined ? undefined : store.keys.get(`${rest.author} ${key}`);
      if (known !== undefined) return store.post(known);
      if (snapshot !== undefined && !store.snapshot(snapshot)) missing("snapshot", snapshot);
      const cursor = store.events.length + 1;
      const id = `m${cursor}`;
      const post: Post = {
        ...rest,
        ...(replyTo === undefined ? {} : { replyTo }),
        ...(snapshot === undefined ? {} : { snapshot }),
        ...{ id, cursor, thread: replyTo === undefined ? id : store.post(replyTo).thread },
        ...{ at: new Date().toISOString(), votes: { up: 0, down: 0 }, replies: 0 },
      };
      store.posts.set(id, post);
      if (key !== undefined) store.keys.set(`${rest.author} ${key}`, id);
      store.add({ type: "post", cursor, post });
      return post;
    },

    async vote({ post: id, voter, value }) {
      const post = store.post(id);
      if (post.author === voter) throw new WeakToStrongError("bad_input", `${voter} wrote ${id}.`);
      const votes = store.votes.get(id) ?? new Map<string, 1 | -1>();
      if ((votes.get(voter) ?? 0) === value) return post;
      if (value === 0) votes.delete(voter);
      else votes.set(voter, value);
      store.votes.set(id, votes);
      store.add({ type: "vote", cursor: store.events.length + 1, post: id, voter, value });
      return store.post(id);
    },

    async thread({ id, after = 0, limit }) {
      const post = store.post(store.post(id).thread);
      const rest = store
        .all()
        .filter((other) => other.thread === post.id && other.cursor > Math.max(post.cursor, after));
      const replies = rest.slice(0, limit);
      return { post, replies, ...(rest.length > limit ? { next: replies.at(-1)!.cursor } : {}) };
    },

    async list(query) {
      const starts = (post: Post): boolean => !query.threads || post.thread === post.id;
      const { page, ...next } = newest(narrowed(store.all(), query).filter(starts), query);
      return { posts: page, ...next };
    },

    async search(query) {
      const asked = words(query.text);
      return narrowed(store.all(), query)
        .map((post) => ({ post, score: score(asked, post) }))
        .filter(({ score }) => score > 0)
        .sort((a, b) => b.score - a.score)
        .slice(0, query.limit)
        .map(({ post }) => ({ post, excerpt: excerpt(post.body, asked[0]!) }));
    },

    async *follow(cursor, { signal }) {
      if (cursor > store.events.length) throw new WeakToStrongError("bad_input", `There is no event ${cursor} yet.`);
      for (let at = cursor; ; ) {
        while (at < store.events.length) yield store.events[at++]!;
        await once(store.bus, "event", { signal });
      }
    },

    snapshots: {
      async put(snapshot, about) {
        if (store.snapshot(snapshot.hash)) return;
        const cursor = store.snapshots.length + 1;
        store.snapshots.push({ ...about, ...snapshot, cursor, at: new Date().toISOString() });
      },
      get: async (hash) => store.snapshot(hash)?.files,
      async list(query) {
        const { page, ...next } = newest(narrowed(store.snapshots, { author: query.author }), query);
        const listed = page.map(({ files, ...rest }) => {
          const first = files.slice(0, 10).map(({ path, content }) => ({ path, bytes: content.byteLength }));
          return { ...rest, files: { count: files.length, first } };
        });
        return { snapshots: listed, ...next };
      },
    },
  });
}

function missing(what: string, id: string): never {
  throw new WeakToStrongError("not_found", `There is no ${what} ${JSON.stringify(id)}.`);
}

type Wanted = { [K in "kind" | "author" | "tag"]?: string | undefined };

function narrowed<T extends { author: string; kind?: string; tags?: readonly string[] }>(
  all: T[],
  wanted: Wanted,
): T[] {
  const { kind, author, tag } = wanted;
  return all.filter(
    (each) =>
      [each.kind, undefined].includes(kind) &&
      [each.author, undefined].includes(author) &&
      (!tag || each.tags?.includes(tag)),
  );
}

function newest<T extends { cursor: number }>(all: T[], query: { limit: number; before?: number | undefined }) {
  const { limit, before = Number.POSITIVE_INFINITY } = query;
  const older = all.filter(({ cursor }) => cursor < before).sort((a, b) => b.cursor - a.cursor);
  const page = older.slice(0, limit);
  return { page, ...(older.length > limit ? { next: page.at(-1)!.cursor } : {}) };
}

/** Runs of letters and digits, without regard to case and accents. */
function words(text: string): string[] {
  const bare = text.normalize("NFKD").replace(/\p{M}/gu, "");
  return bare.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** 0 unless all words are there; those in the title count for more. */
function score(asked: readonly string[], { title, body, tags, author }: Post): number {
  const [high, low] = [words(title), words([body, ...tags, author].join(" "))];
  const has = (own: readonly string[], word: string): number =>
    Number(own.some((each) => each === word || (word.length >= 3 && each.startsWith(word))));
  const scores = asked.map((word) => 8 * has(high, word) + has(low, word));
  return scores.includes(0) ? 0 : scores.reduce((sum, each) => sum + each, 0);
}

function excerpt(body: string, word: string): string {
  const at = Math.max(0, body.toLowerCase().indexOf(word) - 50);
  const around = body.slice(at, at + 200).toWellFormed();
  return around.replace(/[\s\p{Cc}]+/gu, " ").trim();
}
