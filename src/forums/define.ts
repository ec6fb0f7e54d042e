import { type Snapshot, snapshot } from "../data/snapshot.js";
import { WeakToStrongError } from "../errors.js";
import type {
  Forum,
  ForumCall,
  ForumEvent,
  Found,
  Post,
  PostPage,
  SnapshotStore,
  StoredSnapshot,
  Thread,
} from "../forum.js";
import type { Checked } from "./check.js";

/** Loads the schemas, and zod with them, when the first call is made. */
async function checked<K extends Parameters<typeof import("./check.js").checked>[0]>(
  what: K,
  value: unknown,
): Promise<Checked<K>> {
  return (await import("./check.js")).checked(what, value);
}

/** What the functions of a definition get; aborts also when the forum is disposed. */
export type ForumCalling = Required<ForumCall>;

/**
 * A forum as a few functions over some store. They get input that is checked and has its defaults, and promise what
 * {@link Forum} says beyond that.
 */
export interface ForumDefinition {
  readonly name: string;
  post(post: Checked<"post">, calling: ForumCalling): Promise<Post>;
  vote(vote: Checked<"vote">, calling: ForumCalling): Promise<Post>;
  /** Replies of any length: those beyond 1 MiB are left to the next page by {@link defineForum}. */
  thread(query: Checked<"thread">, calling: ForumCalling): Promise<Thread>;
  list(query: Checked<"list">, calling: ForumCalling): Promise<PostPage>;
  search(query: Checked<"search">, calling: ForumCalling): Promise<readonly Found[]>;
  /** Endless; it may end or throw as it likes once the signal has aborted. */
  follow(cursor: number, calling: ForumCalling): AsyncIterable<ForumEvent>;
  readonly snapshots: {
    put(snapshot: Snapshot, about: Checked<"about">, calling: ForumCalling): Promise<void>;
    /** The files as they were put; undefined where there is none of that hash. */
    get(hash: string, calling: ForumCalling): Promise<Snapshot["files"] | undefined>;
    list(
      query: Checked<"snapshots">,
      calling: ForumCalling,
    ): Promise<{ readonly snapshots: readonly StoredSnapshot[]; readonly next?: number }>;
  };
  /** Called once, when no call is under way any more. */
  dispose?(): Promise<void>;
}

/**
 * Makes a {@link Forum} of a few functions and takes care of what every forum owes its callers: what they say is checked,
 * snapshots are checked against their hashes, an abort is rethrown as `signal.reason` and calls after disposal are refused.
 */
export function defineForum(definition: ForumDefinition): Forum {
  const closing = new AbortController();
  const underWay = new Set<Promise<unknown>>();
  let disposing: Promise<void> | undefined;
  const together = (signal?: AbortSignal): AbortSignal =>
    signal ? AbortSignal.any([signal, closing.signal]) : closing.signal;

  async function guarded<T>(call: (calling: ForumCalling) => Promise<T>, options: ForumCall = {}): Promise<T> {
    const signal = together(options.signal);
    signal.throwIfAborted();
    const running = call({ signal });
    underWay.add(running);
    try {
      return await running;
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      underWay.delete(running);
    }
  }

  const snapshots: SnapshotStore = {
    put: (given, about, options) =>
      guarded(async (calling) => {
        const kept = snapshot(given.files);
        if (kept.hash !== given.hash) {
          throw new WeakToStrongError(
            "bad_input",
            `Forum, snapshot: its files have the hash ${kept.hash}, not ${JSON.stringify(given.hash)}. Make it with snapshot().`,
          );
        }
        await definition.snapshots.put(kept, await checked("about", about), calling);
      }, options),
    get: (hash, options) =>
      guarded(async (calling) => {
        const files = await definition.snapshots.get((await checked("hash", { hash })).hash, calling);
        if (!files) throw new WeakToStrongError("not_found", `The forum keeps no snapshot ${JSON.stringify(hash)}.`);
        return unchanged(hash, files);
      }, options),
    list: (query = {}, options) =>
      guarded(async (calling) => definition.snapshots.list(await checked("snapshots", query), calling), options),
  };

  return {
    name: definition.name,
    post: (post, options) => guarded(async (calling) => definition.post(await checked("post", post), calling), options),
    vote: (vote, options) => guarded(async (calling) => definition.vote(await checked("vote", vote), calling), options),
    thread: (id, query, options) =>
      guarded(
        async (calling) => shortened(await definition.thread(await checked("thread", { ...query, id }), calling)),
        options,
      ),
    list: (query = {}, options) =>
      guarded(async (calling) => definition.list(await checked("list", query), calling), options),
    search: (query, options) =>
      guarded(async (calling) => definition.search(await checked("search", query), calling), options),
    async *follow({ signal: wanted, ...where } = {}) {
      const { cursor } = await checked("follow", where);
      const signal = together(wanted);
      try {
        for await (const event of definition.follow(cursor, { signal })) {
          if (signal.aborted) break;
          yield event;
        }
      } catch (error) {
        if (!signal.aborted) throw error;
      }
      if (!wanted?.aborted) closing.signal.throwIfAborted();
    },
    snapshots,
    [Symbol.asyncDispose]: () => {
      disposing ??= (async () => {
        closing.abort(new WeakToStrongError("disposed", `The forum "${definition.name}" has been disposed.`));
        await Promise.allSettled(underWay);
        await definition.dispose?.();
      })();
      return disposing;
    },
  };
}

/** Bytes of replies' bodies on a page of a thread. */
const mostBytes = 1 << 20;

/** A page with as many of its replies as fit, one at least. */
function shortened(page: Thread): Thread {
  let bytes = 0;
  const fitting = page.replies.findIndex((reply, index) => {
    bytes += Buffer.byteLength(reply.body);
    return bytes > mostBytes && index > 0;
  });
  if (fitting === -1) return page;
  const replies = page.replies.slice(0, fitting);
  return { post: page.post, replies, next: replies.at(-1)!.cursor };
}

function unchanged(hash: string, files: Snapshot["files"]): Snapshot {
  let cause: unknown;
  try {
    const kept = snapshot(files);
    if (kept.hash === hash) return kept;
  } catch (error) {
    cause = error;
  }
  throw new WeakToStrongError(
    "storage",
    `What the forum keeps as snapshot ${hash} is not what was put there. Its store is damaged: restore it from a copy.`,
    { cause },
  );
}
