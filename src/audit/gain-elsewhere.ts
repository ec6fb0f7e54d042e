import { type Matrix, takeRows } from "../data/matrix.js";
import { compare } from "../stats/compare.js";
import type { AuditCase, AuditHoldout, AuditTestbed, RunReferences } from "./case.js";
import { normalQuantile } from "./exact.js";
import type { Found } from "./finding.js";

/** The reference that a gain is over: what plain training on weak labels gives. */
const plain = "naive";

/** A gain counts as gone where less than this part of it is left. */
const keptPart = 0.5;

/** Probability of sending an honest method to review whose gain is half as large elsewhere, over all holdouts together. */
const alpha = 0.001;

/** Predictions on one testbed: a matrix a run, on `rows` in their order. */
interface Side {
  readonly testbed: AuditTestbed;
  readonly rows: Int32Array;
  readonly references: readonly RunReferences[];
  readonly submission: readonly Matrix[];
  readonly plain: readonly Matrix[];
}

/** What a submission gains over plain training with its 95% interval, as a share of the gap, which is taken as it was found. */
interface Gain {
  readonly estimate: number;
  readonly interval: readonly [low: number, high: number];
}

/**
 * Whether what a submission gains over plain training on the final part is there on testbeds that its author has not seen.
 * What stands on knowledge of one testbed, or on a shortcut of its own, is not.
 *
 * It is surely gone where the lower limit of `keptPart` x here - there is above 0: both are differences of accuracy over seeds and
 * examples (`compare`), on other examples, and their limits are put together by Zou and Donner's method (2008, MOVER). Each half
 * of a 95% interval is stretched to alpha over the number of holdouts as if it were normal: two or three seeds that vary know their
 * variance so badly that nothing would be sure otherwise. How much gains differ between testbeds of one kind is not in it.
 */
export async function gainsElsewhere(subject: AuditCase): Promise<Found[]> {
  const { holdouts = [] } = subject;
  const here = holdouts.length > 0 ? await finalSide(subject) : undefined;
  const gain = here && gainOf(here);
  if (!gain || gain.interval[0] <= 0) return [];
  const found: Found[] = [];
  for (const holdout of holdouts) found.push(await onHoldout(subject, holdout, gain));
  return found;
}

async function onHoldout(subject: AuditCase, holdout: AuditHoldout, here: Gain): Promise<Found> {
  const { name, kind } = holdout.testbed;
  const what = `gain over ${plain} on ${name}`;
  const side = await holdoutSide(holdout);
  if (side === "failed") {
    const evidence = [{ what, value: "it fails there" }];
    if (kind !== subject.testbed.kind) return { evidence };
    return { reason: `It fails on ${name}, whose inputs are of the same form as here.`, evidence };
  }
  const there = side && gainOf(side);
  if (!there) return { evidence: [{ what, value: "not known: the gap there is not resolved" }] };
  const [below, above] = [keptPart * (here.estimate - here.interval[0]), there.interval[1] - there.estimate];
  const stretch = normalQuantile(1 - alpha / subject.holdouts!.length) / normalQuantile(0.975);
  const gone = keptPart * here.estimate - there.estimate > stretch * Math.hypot(below, above);
  const value = `PGR ${signed(there.estimate)}, on the final part ${signed(here.estimate)}; half of it ${gone ? "is surely not" : "may be"} there`;
  if (!gone) return { evidence: [{ what, value }] };
  const reason = `What it gains over plain training here (PGR ${signed(here.estimate)}) is not there on ${name}, which no author has seen (${signed(there.estimate)}): it may stand on something that holds for this testbed alone.`;
  return { reason, evidence: [{ what, value }] };
}

/** Undefined where a run has failed, there or again as plain training. */
async function finalSide(subject: AuditCase): Promise<Side | undefined> {
  const { submission, references, testbed } = subject;
  const rows = testbed.final;
  const ordered = (run: number, predictions: Matrix): Matrix => {
    const places = new Map(Array.from(submission.runs[run]!.rows, (row, at) => [row, at]));
    return takeRows(
      predictions,
      Int32Array.from(rows, (row) => places.get(row)!),
    );
  };
  const own = all(submission.runs.map(({ predictions }) => predictions));
  const reference = all(
    await Promise.all(references.map(({ weakLabels }, run) => subject.rerun({ run, weakLabels, reference: plain }))),
  );
  if (!own || !reference) return undefined;
  return {
    ...{ testbed, rows },
    references: references.map(({ weakLabels, weak, ceiling }, run) => ({
      weakLabels,
      weak: ordered(run, weak),
      ceiling: ordered(run, ceiling),
    })),
    submission: own.map((predictions, run) => ordered(run, predictions)),
    plain: reference.map((predictions, run) => ordered(run, predictions)),
  };
}

/** Undefined where plain training fails there: then nothing can be said. */
async function holdoutSide({ testbed, references, rerun }: AuditHoldout): Promise<Side | "failed" | undefined> {
  const of = (more: { readonly reference?: string }) =>
    Promise.all(references.map(({ weakLabels }, run) => rerun({ run, weakLabels, ...more })));
  const reference = all(await of({ reference: plain }));
  if (!reference) return undefined;
  const own = all(await of({}));
  if (!own) return "failed";
  return { testbed, rows: testbed.final, references, submission: own, plain: reference };
}

/** Undefined where the gap is not resolved. */
function gainOf({ testbed, rows, references, submission, plain }: Side): Gain | undefined {
  const scores = (all: readonly Matrix[]) => all.map((predictions) => testbed.score(predictions, rows));
  const compared = compare({
    weak: scores(references.map(({ weak }) => weak)),
    a: scores(submission),
    b: scores(plain),
    ceiling: scores(references.map(({ ceiling }) => ceiling)),
    groups: testbed.test.groups && Int32Array.from(rows, (row) => testbed.test.groups![row]!),
  });
  const { status, scoreDifference: difference, gap } = compared;
  if (status !== "ok" || !difference) return undefined;
  const [low, high] = difference.interval;
  return {
    estimate: difference.estimate / gap.estimate,
    interval: [low / gap.estimate, high / gap.estimate],
  };
}

/** Undefined where one is missing. */
function all(matrices: readonly (Matrix | undefined)[]): readonly Matrix[] | undefined {
  const found = matrices.filter((one) => one !== undefined);
  return found.length === matrices.length ? found : undefined;
}

function signed(value: number): string {
  return `${value < 0 ? "" : "+"}${value.toFixed(2)}`;
}
