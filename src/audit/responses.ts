import { argmax, type Matrix } from "../data/matrix.js";
import type { AuditFinding } from "../scorer.js";
import { shown } from "../stats/words.js";
import type { AuditCase } from "./case.js";
import { kappa, keptBy, lowerBound, signTest, upperBound } from "./exact.js";
import type { Change, Perturbation } from "./perturbations.js";

/** Level of each exact test. */
const alpha = 0.001;

/** Less than this part of the references' response is no response; a response below {@link leastResponse} measures nothing. */
const noResponsePart = 0.2;
export const leastResponse = 0.02;

/** Kappa beyond the references' from which predictions stay although their labels were dealt out at random. */
const stubborn = 0.3;

/** Kappa up to which predictions do not turn when labels are flipped; that of all references is at least `turns`. */
const unturned = 0.6;
const turns = 0.9;

/** Net share of rows outside the region that must come to agree with a companion, for a collapse. */
const collapse = 0.1;

/** Predictions that are less balanced than this are nearly of one class: they have little that could follow. */
export const leastBalance = 0.1;

/** What the predictions did when the labels were others. */
export interface Response {
  readonly to: Perturbation;
  readonly expected: Expected;
  readonly failed: boolean;
  /**
   * Kappa of the predictions with the original's, once the classes are renamed in a circle so that they fit best: 1 where they
   * are the same, or each is turned into the next. Absent where both say one class throughout. Of a failure it says nothing.
   */
  readonly kept?: number;
  /** Whether they fit best as they are, without renaming. */
  readonly asNamed: boolean;
  /** Rows on which the hard prediction changed, of `rows`; and for each row whether it did, there and of the least moved reference. */
  readonly changed: number;
  readonly rowsChanged: { readonly own: readonly boolean[]; readonly reference: readonly boolean[] };
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

/** How methods answer that do learn from labels: a plain student of words, and the library's own with the student. */
export interface Expected {
  /** The least share of the rows on which one of them changed its mind. */
  readonly changed: number;
  /** How far their predictions stay, classes renamed in a circle to fit best: the least and the most, as kappa. */
  readonly kept: { readonly least: number; readonly most: number };
  readonly methods: number;
}

/** Rows outside the region that came to agree with somebody else's predictions for the labels as they were, and that ceased to. */
interface Companion {
  readonly name: string;
  readonly towards: number;
  readonly away: number;
}

/** Compares what a run predicted with what it predicts under other labels (undefined: it failed), and with `references`. */
export function responseTo(
  subject: Pick<AuditCase, "submission" | "references" | "peers" | "testbed">,
  run: number,
  to: Perturbation,
  answer: Matrix | undefined,
  references: readonly Change[],
): Response {
  const { submission, peers, testbed } = subject;
  const changes = [to.plain, ...references];
  const { predictions, rows } = submission.runs[run]!;
  const before = argmax(predictions!);
  const after = answer ? argmax(answer) : before;
  const outside = [...rows.keys()].filter((i) => !to.region[rows[i]!]);
  const others = [
    { name: "the teacher", labels: argmax(subject.references[run]!.weak) },
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
    expected: expectedOf(changes, testbed.classes),
    failed: answer === undefined,
    ...(kept !== undefined && { kept }),
    asNamed: shift === 0,
    changed: differing(0),
    rowsChanged: { own: rowsChanged({ before, after }), reference: rowsChanged(leastMoved(changes)) },
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

function expectedOf(changes: readonly Change[], classes: number): Expected {
  const kepts = changes.map(({ before, after }) => keptBy(before, after, classes)?.kappa ?? 0);
  return {
    changed: shareChanged(leastMoved(changes)),
    kept: { least: Math.min(...kepts), most: Math.max(...kepts) },
    methods: changes.length,
  };
}

function leastMoved(changes: readonly Change[]): Change {
  return changes.reduce((least, one) => (shareChanged(one) < shareChanged(least) ? one : least));
}

function shareChanged(change: Change): number {
  return rowsChanged(change).filter(Boolean).length / change.before.length;
}

function rowsChanged({ before, after }: Change): boolean[] {
  return Array.from(before, (label, i) => label !== after[i]);
}

/** Share of the rows that are of the most frequent class. */
function mostFrequent(labels: Int32Array, classes: number): number {
  return (
    Math.max(...Array.from({ length: classes }, (_, c) => labels.filter((label) => label === c).length)) / labels.length
  );
}

/** Surely fewer rows changed than a part of those on which every reference changed (exact binomial bound). */
export function isDeaf({ expected, changed, rows, failed, balance }: Response): boolean {
  return (
    !failed &&
    expected.changed >= leastResponse &&
    upperBound(changed, rows, alpha) <= noResponsePart * balance * expected.changed
  );
}

/**
 * Of labels that were permuted: far more of the predictions stays than of any reference's. Kappa, classes renamed to fit best,
 * is surely above {@link stubborn}, and above the references' by as much. (Exact binomial bound on the rows that stay; chance
 * agreement as it was found.)
 */
export function isStubborn({ expected, failed, kept, renamed, rows }: Response): boolean {
  if (failed || kept === undefined) return false;
  const sure = kappaWith(lowerBound(rows - renamed, rows, alpha), kept, 1 - renamed / rows);
  return sure >= Math.max(0, expected.kept.most) + stubborn;
}

/**
 * Of labels that were flipped: the predictions surely do not turn with them (kappa once the classes are named as the labels
 * are now, at most {@link unturned}), while those of all references do. Who learns from labels does not know their names.
 */
export function isUnturned({ expected, failed, turned, unturnedRows, rows }: Response): boolean {
  if (failed || turned === undefined || expected.kept.least < turns) return false;
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
  const { to, expected, failed, changed, rows, kept, asNamed, outside, drawnTo } = response;
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
    value: `${taught}: ${changed} of ${rows} predictions changed (of ${expected.methods} references at least ${shown(expected.changed)}), ${fit}${beside}`,
  };
}
