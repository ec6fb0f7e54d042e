import { argmax, type Matrix } from "../data/matrix.js";
import type { AuditFinding } from "../scorer.js";
import { shown } from "../stats/words.js";
import type { AuditCase } from "./case.js";
import { kappa, keptBy, lowerBound, signTest, upperBound } from "./exact.js";
import type { Perturbation } from "./perturbations.js";

/** Level of each exact test. */
const alpha = 0.001;

/** Less than this part of the plain student's response is no response; a response below `least` measures nothing. */
const noResponsePart = 0.2;
const least = 0.02;

/** Kappa beyond a plain student's from which predictions stay although their labels were dealt out at random. */
const stubborn = 0.3;

/** Kappa up to which predictions do not turn when labels are flipped; a plain student's is at least `plainTurns`. */
const unturned = 0.6;
const plainTurns = 0.9;

/** Net share of rows outside the region that must come to agree with a companion, for a collapse. */
const collapse = 0.1;

/** What the predictions did when the labels were others. */
export interface Response {
  readonly to: Perturbation;
  readonly failed: boolean;
  /**
   * Kappa of the predictions with the original's, once the classes are renamed in a circle so that they fit best: 1 where they
   * are the same, or each is turned into the next. Absent where both say one class throughout. Of a failure it says nothing.
   */
  readonly kept?: number;
  /** Whether they fit best as they are, without renaming. */
  readonly asNamed: boolean;
  /** Rows on which the hard prediction changed, of `rows`. */
  readonly changed: number;
  /** The same once the classes are renamed. */
  readonly renamed: number;
  /** Kappa if each class of the new predictions is named as the one before it, and the rows that differ then. */
  readonly turned?: number;
  readonly unturnedRows: number;
  readonly rows: number;
  /**
   * 1 where the original predictions are balanced, less where they are mostly one class, and fewer changes can be expected:
   * twice the share of the rows that are not of its most frequent class, at most 1.
   */
  readonly balance: number;
  /** How many rows lie outside the region, and what it moved there towards most: the teacher or a peer. */
  readonly outside: number;
  readonly drawnTo: Companion;
  readonly companions: number;
}

/** Rows outside the region that came to agree with somebody else's predictions for the labels as they were, and that ceased to. */
interface Companion {
  readonly name: string;
  readonly towards: number;
  readonly away: number;
}

/** Compares what a run predicted with what it predicts under other labels (undefined: it failed). */
export function responseTo(subject: AuditCase, run: number, to: Perturbation, answer: Matrix | undefined): Response {
  const { submission, references, peers, testbed } = subject;
  const { predictions, rows } = submission.runs[run]!;
  const before = argmax(predictions!);
  const after = answer ? argmax(answer) : before;
  const outside = [...rows.keys()].filter((i) => !to.region[rows[i]!]);
  const others = [
    { name: "the teacher", labels: argmax(references[run]!.weak) },
    ...peers.flatMap(({ method, predictions }) => {
      const of = predictions[run];
      return of?.rows === rows.length ? [{ name: `the peer ${method}`, labels: argmax(of) }] : [];
    }),
  ];
  const companions = others.map(({ name, labels }) => ({
    name,
    towards: outside.filter((i) => before[i] !== labels[i] && after[i] === labels[i]).length,
    away: outside.filter((i) => before[i] === labels[i] && after[i] !== labels[i]).length,
  }));
  // Flipped labels go to the next class: what follows them does, too.
  const back = testbed.classes - 1;
  const turned = kappa(before, after, testbed.classes, back);
  const differing = (shift: number) =>
    before.filter((label, i) => label !== (after[i]! + shift) % testbed.classes).length;
  const { kappa: kept, shift = 0 } = keptBy(before, after, testbed.classes) ?? {};
  return {
    to,
    failed: answer === undefined,
    ...(kept !== undefined && { kept }),
    asNamed: shift === 0,
    changed: differing(0),
    renamed: differing(shift),
    ...(turned !== undefined && { turned }),
    unturnedRows: differing(back),
    rows: rows.length,
    balance: Math.min(1, 2 * (1 - mostFrequent(before, testbed.classes))),
    outside: outside.length,
    drawnTo: companions.reduce((most, one) => (one.towards - one.away > most.towards - most.away ? one : most)),
    companions: companions.length,
  };
}

/** Share of the rows that are of the most frequent class. */
function mostFrequent(labels: Int32Array, classes: number): number {
  return (
    Math.max(...Array.from({ length: classes }, (_, c) => labels.filter((label) => label === c).length)) / labels.length
  );
}

/** Surely fewer rows changed than a part of those on which a plain student changed (exact binomial bound). */
export function isDeaf({ to, changed, rows, failed, balance }: Response): boolean {
  return (
    !failed && to.reference >= least && upperBound(changed, rows, alpha) <= noResponsePart * balance * to.reference
  );
}

/**
 * Of labels that were permuted: far more of the predictions stays than of a plain student's. Kappa, classes renamed to fit best,
 * is surely above {@link stubborn}, and above the plain student's by as much. (Exact binomial bound on the rows that stay; chance
 * agreement as it was found.)
 */
export function isStubborn({ to, failed, kept, renamed, rows }: Response): boolean {
  if (failed || kept === undefined) return false;
  const sure = kappaWith(lowerBound(rows - renamed, rows, alpha), kept, 1 - renamed / rows);
  return sure >= Math.max(0, to.referenceKept) + stubborn;
}

/**
 * Of labels that were flipped: the predictions surely do not turn with them (kappa once the classes are named as the labels
 * are now, at most {@link unturned}), while a plain student's do. Who learns from labels does not know their names.
 */
export function isUnturned({ to, failed, turned, unturnedRows, rows }: Response): boolean {
  if (failed || turned === undefined || to.referenceKept < plainTurns) return false;
  return kappaWith(upperBound(rows - unturnedRows, rows, alpha), turned, 1 - unturnedRows / rows) <= unturned;
}

/** Kappa for another share of equal rows, given one kappa and its share: chance agreement is the same. */
function kappaWith(share: number, kappa: number, itsShare: number): number {
  return itsShare >= 1 ? share : 1 - ((1 - share) * (1 - kappa)) / (1 - itsShare);
}

/**
 * Surely more rows outside the region went to some companion's prediction than left it (exact sign test, Bonferroni over
 * companions), and clearly more.
 */
export function collapses({ outside, drawnTo: { towards, away }, companions }: Response): boolean {
  return outside > 0 && (towards - away) / outside >= collapse && companions * signTest(towards, away) <= alpha;
}

export function evidenceOf(response: Response): AuditFinding["evidence"][number] {
  const { to, failed, changed, rows, kept, asNamed, outside, drawnTo } = response;
  const taught = `${shown(to.dose)} of the training labels differ`;
  if (failed) return { what: to.name, value: `${taught}: the method failed` };
  const fit =
    kept === undefined ? "one class throughout" : `kappa ${shown(kept)}${asNamed ? "" : " with classes renamed"}`;
  const beside =
    outside > 0
      ? `; of ${outside} rows outside the region ${drawnTo.towards} went to the prediction of ${drawnTo.name} and ${drawnTo.away} left it`
      : "";
  return {
    what: to.name,
    value: `${taught}: ${changed} of ${rows} predictions changed (plain student ${shown(to.reference)}), ${fit}${beside}`,
  };
}
