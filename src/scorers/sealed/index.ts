import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { CleanRoom, CleanRun } from "../../clean-room.js";
import type { Matrix } from "../../data/matrix.js";
import { WeakToStrongError } from "../../errors.js";
import { keysFolder } from "../../home.js";
import type { Evaluation, FeedbackMode, PGRScorer, Submission, SubmissionResult, SubmitRequest } from "../../scorer.js";
import { standingsOf } from "../standings.js";
import { ScorerProcess } from "./child.js";
import { fromWire } from "./code.js";
import { type Answer, parseEvaluate, submitOnWire } from "./messages.js";
import { roundedUp } from "./rounding.js";
import { parseOpening, type SealedTestbed } from "./testbed.js";

export { openDesk, type ReviewersDesk } from "./desk.js";
export type { Judged, Judgement } from "./judged.js";
export type { LedgerEntry, LedgerEntryType, Opened } from "./ledger/entry.js";
export type { Check as LedgerCheckLine } from "./ledger/inspect.js";
export { verifyReceipt } from "./ledger/receipt.js";
export { type LedgerCheck, type VerifyLedgerOptions, verifyLedger } from "./ledger/verify.js";
export { type DrawOptions, drawParts, type PartFractions, type PartName, type Parts } from "./parts.js";
export type { SealedTestbed } from "./testbed.js";
export { type CheckedResult, type ScorerCheck, type ScorerCheckLine, verifyScorer } from "./verify.js";

export interface SealedScorerOptions {
  /** Its own folder, which only its process reads and writes; made if need be. */
  readonly dir: string;
  readonly testbeds: readonly SealedTestbed[];
  /** How many evaluations each author has, over all testbeds. */
  readonly evaluations: number;
  /** The same of submissions. Default 5. */
  readonly submissions?: number;
  /** Default `ladder`. */
  readonly feedback?: FeedbackMode;
  /** Where submitted methods are run; without one, `submit` is `unsupported`. The caller disposes it. */
  readonly room?: CleanRoom;
  /** On how many of the sealed seeds a submission is run. Default 3, or as many as there are. */
  readonly runs?: number;
  /** Where the ledger's key lies, outside of the run's folder. Default: `$W2S_KEYS`, else a folder of the user's. */
  readonly keys?: string;
}

/**
 * A scorer that an optimiser cannot fool. It is a process of its own, started by the first call, which is given the truth
 * through a pipe and ends with this one; on a folder with a ledger it goes on with that.
 *
 * Errors besides those of {@link PGRScorer}: `bad_input` (options; a ledger that was changed, or is of other testbeds),
 * `busy` (another scorer has the folder), `storage`, `worker_died` (its process is gone; it is not started again),
 * `disposed`. A call that was aborted, or ended by `worker_died`, may have been counted: ask again with its `key`.
 */
export function sealedScorer(options: SealedScorerOptions): PGRScorer {
  const { room } = options;
  let opening: ReturnType<typeof parseOpening> | undefined = parseOpening({
    dir: resolve(options.dir),
    keys: resolve(options.keys ?? keysFolder()),
    feedback: options.feedback ?? "ladder",
    evaluations: options.evaluations,
    submissions: options.submissions ?? 5,
    runs: options.runs ?? 3,
    testbeds: options.testbeds,
  });
  const names = opening.testbeds.map(({ name }) => name);
  const weakLabels = new Map(
    options.testbeds.flatMap(({ name, sealedSeeds, weakLabels }) =>
      sealedSeeds.map((seed, at): [string, Matrix | undefined] => [JSON.stringify([name, seed]), weakLabels[at]]),
    ),
  );
  let running: ScorerProcess | undefined;
  let disposed = false;
  const scorer = (): ScorerProcess => {
    if (disposed) throw new WeakToStrongError("disposed", "The scorer has been disposed of.");
    running ??= new ScorerProcess(opening!);
    opening = undefined; // the truth is now the other process's
    return running;
  };

  async function submit(request: SubmitRequest, signal: AbortSignal | undefined): Promise<Submission> {
    checkRoom(room);
    const answer = await scorer().ask("begin", submitOnWire(request), signal);
    return "submission" in answer ? answer.submission : runAll(answer.begun, checkRoom(room), signal);
  }

  async function runAll(
    { id, testbed, code, runs }: Begun,
    room: CleanRoom,
    signal: AbortSignal | undefined,
  ): Promise<Submission> {
    const begun = performance.now();
    const done: CleanRun[] = [];
    // One after the other: a room's runs share the machine with everybody else's.
    for (const { teacherSeed, seed, rows } of runs) {
      const labels = weakLabels.get(JSON.stringify([testbed, teacherSeed]))!;
      const asked = { code: fromWire(code), testbed, seed, weakLabels: labels, rows };
      done.push(await room.run(asked, signal ? { signal } : {}).catch(ofRoom));
    }
    // An author that waits with a clock is told no more than the seconds that it reads.
    const taken = (performance.now() - begun) / 1000;
    await sleep(1000 * (roundedUp(taken) - taken), undefined, signal && { signal }).catch(() =>
      signal?.throwIfAborted(),
    );
    const submission = await scorer().ask("finish", { id, runs: done }, signal);
    return { ...submission, logs: done.map(({ fitLog }) => fitLog) };
  }

  return {
    name: "sealed",
    describe: async ({ signal } = {}) => scorer().ask("describe", {}, signal),
    evaluate: async (request, { signal } = {}) => scorer().ask("evaluate", parseEvaluate(request), signal),
    submit: async (request, { signal } = {}) => submit(request, signal),
    records: async ({ signal } = {}) => scorer().ask("records", {}, signal),
    standings: async ({ signal } = {}) =>
      standingsOf<Evaluation, Submission>(await scorer().ask("records", {}, signal), names),
    async settle({ signal } = {}) {
      const open = await scorer().ask("begun", {}, signal);
      for (const begun of open) await runAll(begun, checkRoom(room), signal);
      return open.length;
    },
    results: async ({ signal } = {}) => (await scorer().ask("results", {}, signal)).map(resultFromWire),
    queries: async ({ signal } = {}) => scorer().ask("queries", {}, signal),
    audited: async (audit, { signal } = {}) => scorer().ask("audited", audit, signal),
    decide: async (verdict, { signal } = {}) => scorer().ask("decide", verdict, signal),
    confirm: async (request, { signal } = {}) => scorer().ask("confirm", request, signal),
    async [Symbol.asyncDispose]() {
      disposed = true;
      opening = undefined;
      await running?.stop();
    },
  };
}

function checkRoom(room: CleanRoom | undefined): CleanRoom {
  if (room) return room;
  throw new WeakToStrongError("unsupported", "submit: this scorer has no clean room; pass one as `room`.");
}

/** The room's trouble must not be taken for the scorer's own end. */
function ofRoom(cause: unknown): never {
  if (!WeakToStrongError.isInstance(cause) || !["worker_died", "disposed"].includes(cause.code)) throw cause;
  const message = `submit: the clean room could not do its work: ${cause.message} The submission waits: hand the same code in again, for nothing.`;
  throw new WeakToStrongError("failed", message, { cause });
}

type Begun = Answer<"begun">[number];

function resultFromWire({ program, runs, ...rest }: Answer<"results">[number]): SubmissionResult {
  return {
    ...rest,
    program: fromWire(program),
    runs: runs.map(({ predictions, ...run }) => ({
      ...run,
      ...(predictions ? { predictions: predictions as Matrix } : {}),
    })),
  };
}
