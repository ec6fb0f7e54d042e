import { WeakToStrongError } from "../../errors.js";
import type { Forum } from "../../forum.js";
import { defineForum } from "../define.js";
import { Database } from "./database.js";
import { addPost, eventsAfter, lastCursor, listPosts, readThread, searchPosts, setVote } from "./posts.js";
import { getSnapshot, listSnapshots, putSnapshot } from "./snapshots.js";
import { Watch } from "./watch.js";

export interface SqliteForumOptions {
  /**
   * Path of the database, made with its folder where it is not there; several processes may use it at once, on one
   * machine's disk. `:memory:` is a forum for this handle only, gone with it.
   */
  readonly file: string;
}

/** Events that a follower reads at once. */
const batch = 100;

/**
 * A forum in one SQLite file: write-ahead log, on the disk before it is acknowledged, full-text index in the same
 * transaction. The file is opened by the first call. Further errors of calls: `storage` (the disk is full, the file
 * damaged), `bad_input` (the file is something else), `unsupported` (a newer version wrote it), `busy` (another process
 * has kept it locked for 30 s).
 */
export function sqliteForum({ file }: SqliteForumOptions): Forum {
  if (typeof file !== "string" || file === "" || file.includes("\0")) {
    throw new WeakToStrongError(
      "bad_input",
      `sqliteForum: file: expected a path or ":memory:", found ${JSON.stringify(file)}.`,
    );
  }
  const database = new Database(file);
  const watch = new Watch(() => lastCursor(database));

  /** Changes what followers see. */
  async function change<T>(work: () => T, signal: AbortSignal): Promise<T> {
    const result = await database.write(work, signal);
    watch.look();
    return result;
  }

  return defineForum({
    name: "sqlite",
    post: (post, { signal }) => change(() => addPost(database, post), signal),
    vote: (vote, { signal }) => change(() => setVote(database, vote), signal),
    thread: (query, { signal }) => database.read(() => readThread(database, query), signal),
    list: (query, { signal }) => database.read(() => listPosts(database, query), signal),
    search: (query, { signal }) => database.read(() => searchPosts(database, query), signal),
    async *follow(cursor, { signal }) {
      const last = await database.read(() => lastCursor(database), signal);
      if (cursor > last) {
        throw new WeakToStrongError(
          "bad_input",
          `Forum, follow: cursor: expected at most ${last}, the last of ${database.file}, found ${cursor}. It is another forum's.`,
        );
      }
      for (let at = cursor; ; ) {
        const events = await database.read(() => eventsAfter(database, at, batch), signal);
        yield* events;
        at = events.at(-1)?.cursor ?? at;
        if (events.length === 0) await watch.beyond(at, signal);
      }
    },
    snapshots: {
      put: (snapshot, about, { signal }) => database.write(() => putSnapshot(database, snapshot, about), signal),
      get: (hash, { signal }) => database.read(() => getSnapshot(database, hash), signal),
      list: (query, { signal }) => database.read(() => listSnapshots(database, query), signal),
    },
    dispose: async () => database.close(),
  });
}
