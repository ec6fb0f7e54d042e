import assert from "node:assert/strict";
import { type ErrorCode, WeakToStrongError } from "../../errors.js";
import type { Forum, ForumEvent, NewPost } from "../../forum.js";
import { Skip, type SuiteCase, suiteCase } from "../suite.js";

/** Where one forum lies, to be opened more than once. */
export interface ForumPlace extends AsyncDisposable {
  /** A new handle on the same forum; the suite disposes it. */
  open(): Promise<Forum>;
}

export interface ForumSuiteOptions {
  /** Why a forum is gone with its handle: what needs a second one is then skipped. */
  readonly volatile?: string;
  /** How long a follower may take to see what is there, in milliseconds. Default 10,000. */
  readonly patience?: number;
}

/** What a case works with. */
export interface Bench {
  /** A case with an empty forum; `open` gives further handles on it. */
  test(name: string, body: (forum: Forum, open: () => Promise<Forum>) => Promise<void>): SuiteCase;
  /** The first `count` events after `cursor`. */
  take(forum: Forum, count: number, cursor?: number): Promise<ForumEvent[]>;
}

export function makeBench(make: () => Promise<ForumPlace>, { volatile, patience = 10_000 }: ForumSuiteOptions): Bench {
  return {
    test: (name, body) =>
      suiteCase(name, async () => {
        await using place = await make();
        await using opened = new AsyncDisposableStack();
        const open = async (): Promise<Forum> => opened.use(await place.open());
        await body(await open(), async () => {
          if (volatile !== undefined) throw new Skip(volatile);
          return open();
        });
      }),
    take: (forum, count, cursor = 0) => later(follow(forum, count, cursor, patience)),
  };
}

/** A post that a forum must take, but for what is `changed`. */
export function sample(changed: Partial<NewPost> = {}): NewPost {
  return { author: "agent-1", kind: "finding", title: "Confidence helps", body: "It does, a little.", ...changed };
}

/** Checks that `call` rejects with an error of this library with this code. */
export function refuses(code: ErrorCode, call: Promise<unknown>, what: string): Promise<void> {
  const check = (outcome: string): void =>
    assert.equal(outcome, code, `${what}: expected an error with code ${code}, got ${outcome}`);
  return later(
    call.then(
      () => check("nothing"),
      (error: unknown) => check(WeakToStrongError.isInstance(error) ? error.code : `${error}`),
    ),
  );
}

async function follow(forum: Forum, count: number, cursor: number, patience: number): Promise<ForumEvent[]> {
  const events: ForumEvent[] = [];
  const signal = AbortSignal.timeout(patience);
  for await (const event of forum.follow({ cursor, signal })) if (events.push(event) === count) break;
  assert.equal(
    events.length,
    count,
    `follow() gave ${events.length} of ${count} events after ${cursor} in ${patience} ms`,
  );
  return events;
}

/** A promise that is awaited later, or not at all where its case fails before. */
function later<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
