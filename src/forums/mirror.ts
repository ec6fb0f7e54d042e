import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { WeakToStrongError } from "../errors.js";
import type { Forum, ForumCall } from "../forum.js";
import { type Run, type RunContext, startRun } from "../run.js";
import { type DescribeScore, renderIndex, threadPath } from "./mirror-text.js";
import { MirroredThread } from "./mirror-thread.js";

export interface MirrorOptions extends ForumCall {
  /** Looks a score up that a post refers to. By default none is known, and each is shown as a mere claim. */
  readonly describeScore?: DescribeScore;
}

/** The mirror shows all that happened up to `cursor`. */
export interface MirrorEvent {
  readonly type: "mirrored";
  readonly cursor: number;
}

/**
 * Renders a forum as Markdown, one file a thread (`threads/<id>.md`) and `index.md` on top, and keeps it up to date: what
 * happens leads to the files of its threads being written again, then the index. A thread's file has its first post and its
 * latest replies, as many as take 256 Ki characters; of a thread that the forum cannot show, it says so. `write` replaces a
 * whole file at once; it is never called twice at the same time. The run goes on until it is cancelled.
 */
export function mirrorForum(
  forum: Forum,
  write: (path: string, content: string) => Promise<void>,
  { describeScore = () => undefined, signal }: MirrorOptions = {},
): Run<MirrorEvent, void> {
  return startRun<MirrorEvent, void>((context) => keepMirror(forum, write, describeScore, context), { signal });
}

async function keepMirror(
  forum: Forum,
  write: (path: string, content: string) => Promise<void>,
  describe: DescribeScore,
  { signal, emit }: RunContext<MirrorEvent>,
): Promise<void> {
  const threadOf = new Map<string, string>();
  const threads = new Map<string, MirroredThread>();
  let changed = new Set<string>();
  let cursor = 0;
  let writing: Promise<void> | undefined;
  const failed = new AbortController();

  /** Writes until nothing has changed meanwhile: the more happens, the more is written at a time. */
  async function catchUp(): Promise<void> {
    try {
      while (changed.size > 0) {
        const [ids, upTo] = [changed, cursor];
        changed = new Set();
        for (const id of ids) await write(threadPath(id), await threads.get(id)!.page(forum, signal));
        const summaries = Array.from(threads.values(), (thread) => thread.summary());
        await write("index.md", renderIndex(summaries, threadOf.size));
        emit({ type: "mirrored", cursor: upTo });
      }
    } catch (error) {
      failed.abort(error);
    } finally {
      writing = undefined;
    }
  }

  // What is there at the start is written together: an index of an earlier life stays until the new one is whole.
  const there = (await forum.list({ limit: 1 }, { signal })).posts[0]?.cursor ?? 0;
  if (there === 0) await write("index.md", renderIndex([], 0));
  try {
    for await (const event of forum.follow({ signal: AbortSignal.any([signal, failed.signal]) })) {
      const id = event.type === "post" ? checkedId(event.post.thread) : threadOf.get(event.post)!;
      if (event.type === "post") {
        const { post } = event;
        threadOf.set(checkedId(post.id), id);
        if (post.id === id) threads.set(id, new MirroredThread(post, describe));
        else threads.get(id)!.add(post);
      }
      changed.add(id);
      cursor = event.cursor;
      if (cursor >= there) writing ??= catchUp();
    }
  } finally {
    await writing;
  }
  signal.throwIfAborted();
  failed.signal.throwIfAborted();
}

/** An id, which becomes a file's name. */
function checkedId(id: string): string {
  if (/^[\w-]{1,64}$/.test(id)) return id;
  throw new WeakToStrongError(
    "protocol",
    `The forum gives a post the id ${JSON.stringify(id).slice(0, 80)}; expected 1 to 64 letters, digits, "-", "_".`,
  );
}

const unfinished = ".unfinished";

/**
 * Mirrors a forum into a folder of the host, which is made where it is not there. Each file is replaced at once: a reader
 * finds the old or the new one. Started again, it writes what has changed meanwhile, and removes what a killed one left.
 */
export function mirrorToFolder(forum: Forum, folder: string, options: MirrorOptions = {}): Run<MirrorEvent, void> {
  let prepared: Promise<void> | undefined;
  return mirrorForum(
    forum,
    async (path, content) => {
      prepared ??= prepare(folder);
      try {
        await prepared;
        await replace(join(folder, path), content);
      } catch (cause) {
        throw new WeakToStrongError(
          "storage",
          `The forum's mirror cannot write ${join(folder, path)} (${(cause as Error).message}). Check the disk and the right to write there.`,
          { cause },
        );
      }
    },
    options,
  );
}

async function prepare(folder: string): Promise<void> {
  await mkdir(join(folder, "threads"), { recursive: true });
  for (const inside of [folder, join(folder, "threads")]) {
    for (const name of await readdir(inside)) if (name.endsWith(unfinished)) await rm(join(inside, name));
  }
}

async function replace(path: string, content: string): Promise<void> {
  const before = await readFile(path, "utf8").catch(() => undefined);
  if (before === content) return;
  const temporary = join(dirname(path), `.${basename(path)}${unfinished}`);
  await writeFile(temporary, content);
  await rename(temporary, path);
}
