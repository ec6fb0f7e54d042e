import type { AuditCase, AuditHoldout, AuditTestbed, Rerun } from "../audit/case.js";
import type { CleanRoom, Code } from "../clean-room.js";
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

/** How one submission is run there. */
export function holdoutFor(
  { name, prepared, reruns }: HeldOut,
  { program: code, testbed: shownAs, runs }: SubmissionResult,
  signal: AbortSignal,
): AuditHoldout {
  const { testbed, labels, weakLabels, teacher, ceiling } = prepared;
  const final = Int32Array.from(labels.keys());
  const rerun = ({ run, seed, ...request }: Rerun) =>
    reruns({ ...request, code, testbed: shownAs, seed: seed ?? runs[run % runs.length]!.seed, rows: final }, signal);
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
}

/** Runs code once more in a room; undefined where it fails. */
export type Reruns = (request: RoomRerun, signal: AbortSignal) => Promise<Matrix | undefined>;

/** A holdout as a clean room knows it, under another name. */
export function roomHoldout({ testbed, student }: Prepared, shownAs: string): RoomTestbed {
  const { kind, classes, splits } = testbed;
  return { name: shownAs, kind, classes, student, train: splits.train_unlabel, test: splits.test.dataset, models: {} };
}

/**
 * Reruns in a room of testbeds with so many test rows. References do not depend on who is looked at: each is run once, on all
 * rows, and serves all submissions.
 */
export function rerunsIn(room: CleanRoom, testRows: (testbed: string) => number): Reruns {
  const references = new Map<string, Promise<Matrix | undefined>>();
  const run = async (request: Omit<RoomRerun, "reference">, signal: AbortSignal): Promise<Matrix | undefined> => {
    const done = await room.run(request, { signal });
    return done.status === "ok" ? done.predictions : undefined;
  };
  return async ({ reference: name, ...request }, signal) => {
    if (name === undefined) return await run(request, signal);
    const { testbed, weakLabels } = request;
    const key = contentHash({ name, testbed, weakLabels });
    let made = references.get(key);
    if (!made) {
      const code = { type: "library", name, options: {} } as const;
      made = run(
        { code, testbed, weakLabels, seed: 0, rows: Int32Array.from(Array(testRows(testbed)).keys()) },
        signal,
      );
      references.set(key, made);
      made.catch(() => references.delete(key));
    }
    const all = await made;
    return all && takeRows(all, request.rows);
  };
}
