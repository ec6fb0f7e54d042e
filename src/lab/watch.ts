import { existsSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { WeakToStrongError } from "../errors.js";
import type { Forum } from "../forum.js";
import type { Evaluation, Submission } from "../scorer.js";
import { evaluationEntry, submissionEntry } from "../scorers/evaluation.js";
import type { Recorded } from "../scorers/standings.js";
import { type JournalEntry, parseEntry } from "./entries.js";
import { Progress } from "./progress.js";
import type { LabStatus } from "./status.js";

const latestPosts = 6;

/** A line of the scorer's ledger: those of evaluations and of submissions' results are looked at. */
const ledgerLine = z.union([
  z.object({ type: z.literal("evaluation"), released: evaluationEntry }),
  z.object({ type: z.literal("result"), released: submissionEntry }),
  z.object({ type: z.string() }).transform(() => undefined),
]);

export interface WatchOptions {
  /** The lab's folder. */
  readonly dir: string;
  /** Opens the lab's forum, for the latest posts, once its file is there; what it gives is disposed at the end. */
  readonly openForum?: (file: string) => Forum;
  /** Seconds between two looks. Default 1. */
  readonly every?: number;
  /** Ends it. */
  readonly signal?: AbortSignal;
}

/**
 * Where a lab stands that some other process runs, again and again until it has ended. It only reads, takes no lock, and
 * leaves out a last line that is being written.
 *
 * @throws WeakToStrongError `not_found` where there is no journal, `bad_input` for a line that is none of the lab's.
 */
export async function* watchLab({ dir, openForum, every = 1, signal }: WatchOptions): AsyncGenerator<LabStatus, void> {
  await using stack = new AsyncDisposableStack();
  const database = join(dir, "forum.sqlite");
  const journal = new Tail(join(dir, "journal.jsonl"), parseEntry);
  const ledger = new Tail(join(dir, "scorer", "ledger.jsonl"), (value) => ledgerLine.parse(value));
  const progress = new Progress();
  const evaluations: Recorded<Evaluation>[] = [];
  const submissions: Recorded<Submission>[] = [];
  let last: JournalEntry | undefined;
  let forum: Forum | undefined;
  while (!signal?.aborted) {
    const entries = await journal.next();
    for (const entry of entries) progress.add(entry);
    last = entries.at(-1) ?? last;
    if (last === undefined) throw noLab(dir);
    for (const line of await ledger.next()) {
      if (line?.type === "evaluation") evaluations.push(line.released);
      else if (line) submissions.push(line.released);
    }
    if (!forum && openForum && existsSync(database)) forum = stack.use(openForum(database));
    const posts = (await forum?.list({ limit: latestPosts }))?.posts ?? [];
    const stopped = !progress.ended && progress.pid !== undefined && !isRunning(progress.pid);
    const since = progress.ended || stopped ? 0 : Math.max(0, Date.now() - Date.parse(last.at)) / 1000;
    const status = progress.status({ evaluations, submissions, posts, up: last.up + since });
    yield stopped ? { ...status, state: "stopped" } : status;
    if (progress.ended) return;
    await sleep(every * 1000, undefined, signal && { signal }).catch(() => undefined);
  }
}

/** Whole lines of a JSON lines file that another process adds to. */
class Tail<T> {
  readonly #file: string;
  readonly #parse: (value: unknown) => T;
  #offset = 0;
  #line = 0;

  constructor(file: string, parse: (value: unknown) => T) {
    this.#file = file;
    this.#parse = parse;
  }

  /** Those that were added since the last time; none where there is no file yet. */
  async next(): Promise<T[]> {
    const bytes = await readFrom(this.#file, this.#offset);
    const end = bytes.lastIndexOf(10) + 1;
    this.#offset += end;
    return bytes
      .toString("utf8", 0, end)
      .split("\n")
      .slice(0, -1)
      .map((line) => this.#parsed(line));
  }

  #parsed(line: string): T {
    this.#line++;
    try {
      return this.#parse(JSON.parse(line));
    } catch (cause) {
      const why = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
      const message = `Line ${this.#line} of ${this.#file} cannot be read: ${why}. Was it written by another version of weak-to-strong?`;
      throw new WeakToStrongError("bad_input", message, { cause });
    }
  }
}

async function readFrom(path: string, offset: number): Promise<Buffer> {
  try {
    await using file = await open(path, "r");
    const { size } = await file.stat();
    const buffer = Buffer.alloc(Math.max(0, size - offset));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, offset);
    return buffer.subarray(0, bytesRead);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return Buffer.alloc(0);
    throw new WeakToStrongError("storage", `${path} cannot be read: ${(cause as Error).message}.`, { cause });
  }
}

/** Whether a process of this machine has the number; without a right to signal it, it is there all the same. */
function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function noLab(dir: string): WeakToStrongError {
  const message = `There is no lab in "${dir}": it has no journal.jsonl. Name the folder that was given to lab({ dir }).`;
  return new WeakToStrongError("not_found", message);
}
