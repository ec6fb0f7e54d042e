import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Matrix } from "../data/matrix.js";
import type { SandboxProvider } from "../sandbox.js";
import type { SubmissionResult } from "../scorer.js";
import type { Trainer } from "../trainer.js";
import {
  bubblewrap,
  findWeights,
  insideOf,
  interpreter,
  pythonMounts,
  type ScorerCheck,
  sandboxedRoom,
  sqliteForum,
  verifyScorer,
} from "./defaults.js";
import { readJournal } from "./journal.js";
import { keptRooms } from "./room-files.js";
import { defaultPython } from "./stage.js";
import { readOutcome, verifyOutcome } from "./verify-outcome.js";

export interface VerifyLabOptions {
  /** The lab's folder. */
  readonly dir: string;
  /** Where the ledger's key lies. Default: `$W2S_KEYS`, else a folder of the user's. */
  readonly keys?: string;
  /** It is a copy that was published without the scorer's hidden values, which else must be there. Default false. */
  readonly public?: boolean;
  /** Runs the best submissions again and compares what they predict. */
  readonly rerun?: {
    readonly best: number;
    /** Of the kind that the lab had; it must not have been asked for anything that contains truth. */
    readonly trainer: Trainer;
    /** Default: `bubblewrap()`. */
    readonly provider?: SandboxProvider;
    /** The Python inside. Default: `$W2S_PYTHON`, else the environment that `npx weak-to-strong setup` made. */
    readonly python?: string;
  };
  readonly signal?: AbortSignal;
}

type Check = ScorerCheck["checks"][number];

/**
 * Checks a lab's folder: the scorer's ledger, the code and predictions that it names, snapshots of evaluations, that the
 * journal names the same ledger, and that `outcome.json` says what the ledger says. It changes nothing. What is never
 * covered stands in `checks` as not checked.
 *
 * Errors: `not_found` (no ledger there), `storage`, and what the room throws.
 */
export async function verifyLab(options: VerifyLabOptions): Promise<ScorerCheck> {
  const { signal = new AbortController().signal, keys, rerun } = options;
  const dir = resolve(options.dir);
  const outcome = await readOutcome(dir);
  const receipts = outcome && !(outcome instanceof Error) ? outcome.evaluations.map(({ receipt }) => receipt) : [];
  const scorer = await verifyScorer({
    ...{ dir: join(dir, "scorer"), receipts, public: options.public ?? false },
    ...(keys !== undefined && { keys }),
  });
  if (!scorer.ok) return scorer;
  const checks: Check[] = [
    ...scorer.checks,
    ledgerOfJournal(scorer, dir),
    await snapshots(scorer, dir),
    verifyOutcome(scorer, outcome),
    ...unsigned,
  ];
  if (rerun) checks.push(...(await again(scorer.results, dir, rerun, signal)));
  return { ...scorer, checks, ok: checks.every(({ status }) => status !== "failed") };
}

/** What no signature covers, said each time so that nobody takes it for checked. */
const unsigned: readonly Check[] = [
  {
    what: "journal.jsonl, forum.sqlite",
    status: "not checked",
    detail:
      "what agents did and said is the lab's journal, which is not signed; neither are the posts, nor hours, costs and figures in outcome.json, which are made of both.",
  },
  {
    what: "report.html, transfer.html, transfer/",
    status: "not checked",
    detail:
      "they are not signed. A report is drawn again from outcome.json; for a transfer there is nothing to compare.",
  },
];

/** Another ledger with a key of its own is whole in itself: what it is not is the one that the lab began with. */
function ledgerOfJournal({ ledger }: ScorerCheck, dir: string): Check {
  const what = "the ledger that the journal names";
  const file = join(dir, "journal.jsonl");
  let named: readonly string[];
  try {
    named = readJournal(file).entries.flatMap((entry) => (entry.type === "scorer" ? entry.ledger : []));
  } catch (error) {
    return { what, status: "failed", detail: (error as Error).message };
  }
  if (named.length === 0) return { what, status: "not checked", detail: `${file} is not there or names none.` };
  const other = named.find((id) => id !== ledger);
  return other === undefined
    ? { what, status: "ok", detail: `${ledger}, as here.` }
    : { what, status: "failed", detail: `${file} names ${other}, and here is ${ledger}: another one took its place.` };
}

/** In the forum that the lab makes in its folder, where it was given no other. */
async function snapshots({ evaluations }: ScorerCheck, dir: string): Promise<Check> {
  const what = "snapshots of evaluations";
  const wanted = new Set(evaluations.flatMap(({ snapshot }) => (snapshot === undefined ? [] : [snapshot])));
  const file = join(dir, "forum.sqlite");
  if (!existsSync(file)) return { what, status: "not checked", detail: `there is no ${file}.` };
  await using forum = sqliteForum({ file });
  for (const hash of wanted) {
    const found = await forum.snapshots.get(hash).catch((error: unknown) => error as Error);
    if (found instanceof Error) return { what, status: "failed", detail: `${hash}: ${found.message}` };
    if (found.hash !== hash) return { what, status: "failed", detail: `${hash}: its files have changed.` };
  }
  return { what, status: "ok", detail: `${wanted.size}, each with the files that its hash names.` };
}

/** Runs the best by the final part again, on the seeds and rows that they were run on. */
async function again(
  results: ScorerCheck["results"],
  dir: string,
  { best, trainer, python = defaultPython(), ...options }: NonNullable<VerifyLabOptions["rerun"]>,
  signal: AbortSignal,
): Promise<Check[]> {
  const kept = keptRooms(join(dir, "scorer", "room"));
  const chosen = results
    .filter(({ scores, baseline }) => scores && !baseline)
    .toSorted((one, other) => finalOf(other) - finalOf(one))
    .slice(0, best);
  await using stack = new AsyncDisposableStack();
  const provider = options.provider ?? stack.use(bubblewrap());
  const weights = await findWeights(
    kept.map(({ testbed }) => testbed),
    python,
    true,
    signal,
  );
  const mounts = [...(await pythonMounts(python)), ...weights.mounts].map(insideOf);
  const clean = stack.use(
    sandboxedRoom({
      ...{ provider, trainer },
      dir: await stack.adopt(await mkdtemp(join(tmpdir(), "w2s-verify-")), (made) =>
        rm(made, { recursive: true, force: true }),
      ),
      testbeds: kept.map(({ testbed }) => ({ ...testbed, weights: weights.folderOf(testbed) })),
      stage: { ...interpreter(python, true), mounts },
    }),
  );
  const checks: Check[] = [];
  for (const { id, testbed, program: code, runs, method } of chosen) {
    const what = `run again: ${id}, ${method}`;
    const { sealedSeeds, weakLabels } = kept.find((one) => one.testbed.name === testbed)!;
    const differences: string[] = [];
    for (const { teacherSeed, seed, rows, predictions } of runs) {
      const labels = weakLabels[sealedSeeds.indexOf(teacherSeed)]!;
      const done = await clean.run({ code, testbed, seed, weakLabels: labels, rows }, { signal });
      if (done.status === "failed") differences.push(`${done.phase} failed: ${done.detail}`);
      else if (!equal(done.predictions, predictions!)) differences.push(differenceOf(done.predictions, predictions!));
    }
    checks.push(
      differences.length === 0
        ? { what, status: "ok", detail: `${runs.length} runs, every prediction the same to the bit.` }
        : { what, status: "failed", detail: differences.join("; ") },
    );
  }
  return checks;
}

function equal(one: Matrix, other: Matrix): boolean {
  return Buffer.compare(bytesOf(one), bytesOf(other)) === 0;
}

function bytesOf({ data }: Matrix): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function differenceOf(one: Matrix, other: Matrix): string {
  const most = one.data.reduce((largest, value, at) => Math.max(largest, Math.abs(value - other.data[at]!)), 0);
  return `its predictions differ by up to ${most.toPrecision(3)}: another device or library, or code that is not the same each time`;
}

function finalOf({ scores }: Pick<SubmissionResult, "scores">): number {
  return scores?.final.pgr.status === "ok" ? scores.final.pgr.estimate : Number.NEGATIVE_INFINITY;
}
