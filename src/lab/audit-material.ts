import type { AuditCase, AuditHoldout, AuditTestbed, Rerun, RerunTraces } from "../audit/case.js";
import type { CleanRoom, CleanRun, CleanTraces, Code } from "../clean-room.js";
import { contentHash } from "../data/canonical.js";
import { type Matrix, takeRows } from "../data/matrix.js";
import type { SubmissionResult } from "../scorer.js";
import { metricOf, scoresOf } from "../stats/metric.js";
import type { Testbed } from "../testbed/testbed.js";
import type { RoomTestbed } from "./defaults.js";
import type { Staked } from "./hour-zero.js";
import type { Prepared } from "./prepare.js";

/** What teachers, ceilings and baselines say on the rows of each run. */
export function materialOf(
  staked: Staked,
  { runs }: SubmissionResult,
): Pick<AuditCase, "testbed" | "references" | "peers"> {
  const { testbed, parts, seeds, sealedSeeds, teacher, ceiling, weakLabels, baselines } = staked;
  const at = runs.map(({ teacherSeed }) => seeds.length + sealedSeeds.indexOf(teacherSeed));
  const onRuns = (predictions: readonly Matrix[]): Matrix[] =>
    runs.map(({ rows }, run) => takeRows(predictions[at[run]!]!, rows));
  const [weak, best] = [onRuns(teacher.predictions), onRuns(ceiling.predictions)];
  return {
    testbed: { ...shown(testbed, staked.labels), development: parts.development, final: parts.final },
    references: runs.map((_, run) => ({ weakLabels: weakLabels[at[run]!]!, weak: weak[run]!, ceiling: best[run]! })),
    peers: baselines
      .filter(({ control }) => !control)
      .map(({ method, predictions }) => ({ method, predictions: onRuns(predictions) })),
  };
}

function shown(
  { name, kind, classes, splits }: Testbed,
  labels: Int32Array,
): Omit<AuditTestbed, "development" | "final"> {
  const { train_unlabel: train, test } = splits;
  return {
    ...{ name, kind, classes: classes.length },
    train: { ...train, inputs: train.dataset.inputs },
    test: { ...test, inputs: test.dataset.inputs },
    score: (predictions, rows) =>
      scoresOf(
        metricOf("accuracy"),
        predictions,
        Int32Array.from(rows, (row) => labels[row]!),
        { method: "audited", seed: 0 },
      ),
  };
}

/** A testbed that no author has seen, as it is for every submission. */
export interface HeldOut {
  readonly name: string;
  readonly prepared: Prepared;
  /** In a room that has it under the name of every testbed of the lab: a method must not tell by the name where it is. */
  readonly reruns: Reruns;
}

/** How one submission is run again, here and on holdouts, and what is seen of it there. */
export function rerunsOf(
  submission: SubmissionResult,
  { reruns, heldOut }: { readonly reruns: Reruns; readonly heldOut: readonly HeldOut[] },
  signal: AbortSignal,
): Pick<AuditCase, "rerun" | "rerunTraces" | "holdouts"> {
  const { program: code, testbed, runs } = submission;
  const seen: RerunTraces[] = [];
  const sees = (where: string) => (traces: CleanTraces) => {
    seen.push({ where, traces });
  };
  return {
    holdouts: heldOut.map((one) => holdoutFor(one, submission, sees(one.name), signal)),
    rerun({ run, seed, ...request }) {
      const { seed: own, rows } = runs[run]!;
      const saw = sees(testbed);
      return reruns({ ...request, code, testbed, seed: seed ?? own, rows, saw }, signal);
    },
    rerunTraces: () => seen,
  };
}

function holdoutFor(
  { name, prepared, reruns }: HeldOut,
  { program: code, testbed: shownAs, runs }: SubmissionResult,
  saw: (traces: CleanTraces) => void,
  signal: AbortSignal,
): AuditHoldout {
  const { testbed, labels, weakLabels, teacher, ceiling } = prepared;
  const final = Int32Array.from(labels.keys());
  const rerun = ({ run, seed, ...request }: Rerun) => {
    const asked = { ...request, code, testbed: shownAs, seed: seed ?? runs[run % runs.length]!.seed };
    return reruns({ ...asked, rows: final, saw }, signal);
  };
  return {
    testbed: { ...shown(testbed, labels), name, development: new Int32Array(), final },
    references: weakLabels.map((weakLabels, seed) => ({
      weakLabels,
      weak: teacher.predictions[seed]!,
      ceiling: ceiling.predictions[seed]!,
    })),
    rerun,
  };
}

interface RoomRerun extends Pick<Rerun, "weakLabels" | "reference"> {
  readonly code: Code;
  readonly testbed: string;
  readonly seed: number;
  readonly rows: Int32Array;
  /** Told what was seen of the code; of a reference nothing is. */
  saw(traces: CleanTraces): void;
}

/** Runs code once more in a room; undefined where it fails. */
export type Reruns = (request: RoomRerun, signal: AbortSignal) => Promise<Matrix | undefined>;

/** A holdout as a clean room knows it, under another name. */
export function roomHoldout({ testbed, student }: Prepared, shownAs: string): RoomTestbed {
  const { kind, classes, splits } = testbed;
  return { name: shownAs, kind, classes, student, train: splits.train_unlabel, test: splits.test.dataset, models: {} };
}

/**
 * Reruns in a room. `dataOf` tells which data stand under a testbed's name, and how many test rows they have. References do
 * not depend on who is looked at: each is run once on the same data, on all rows, and serves all submissions.
 */
export function rerunsIn(
  room: CleanRoom,
  dataOf: (testbed: string) => { readonly data: string; readonly rows: number },
): Reruns {
  const references = new Map<string, Promise<Matrix | undefined>>();
  return async ({ reference: name, saw, ...request }, signal) => {
    if (name === undefined) {
      const done = await room.run(request, { signal });
      saw(done.traces);
      return predictionsOf(done);
    }
    const { testbed, weakLabels } = request;
    const { data, rows } = dataOf(testbed);
    const key = contentHash({ name, data, weakLabels });
    let made = references.get(key);
    if (!made) {
      const code = { type: "library", name, options: {} } as const;
      const asked = { code, testbed, weakLabels, seed: 0, rows: Int32Array.from(Array(rows).keys()) };
      made = room.run(asked, { signal }).then(predictionsOf);
      references.set(key, made);
      made.catch(() => references.delete(key));
    }
    const all = await made;
    return all && takeRows(all, request.rows);
  };
}

function predictionsOf(done: CleanRun): Matrix | undefined {
  return done.status === "ok" ? done.predictions : undefined;
}
