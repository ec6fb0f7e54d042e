import { studentCdf } from "../stats/student.js";
import { shown } from "../stats/words.js";
import type { AuditCase, AuditHoldout } from "./case.js";
import type { Found } from "./finding.js";
import { perturbations } from "./perturbations.js";
import { referenceChanges } from "./reference-methods.js";
import { leastResponse, type Response, responseTo } from "./responses.js";
import { manyDegrees } from "./standard-errors.js";

/** Probability of sending an honest method to review that answers half as much here as there, over all holdouts together. */
const alpha = 0.001;

/** It has to answer less than this part as much here as there. */
const part = 0.5;

/**
 * Compares how a submission answers to covertly changed labels here with how it does on hidden holdouts, each as a share of what
 * the references change there. A method that checks its labels against something built in can do so only where it knows the
 * testbed.
 */
export async function besideHoldouts({ submission, holdouts = [] }: AuditCase, here: Response): Promise<Found[]> {
  const found: Found[] = [];
  for (const holdout of holdouts) found.push(await beside(submission, holdout, here, holdouts.length));
  return found;
}

async function beside(
  submission: AuditCase["submission"],
  holdout: AuditHoldout,
  here: Response,
  holdouts: number,
): Promise<Found> {
  const { testbed, references, rerun } = holdout;
  const { weakLabels } = references[0]!;
  const planned = perturbations(testbed, weakLabels, testbed.final).at(-1)!;
  const what = `${planned.name} on ${testbed.name}`;
  const [before, after, changes] = await Promise.all([
    rerun({ run: 0, weakLabels }),
    rerun({ run: 0, weakLabels: planned.weakLabels }),
    referenceChanges(holdout, 0, planned.weakLabels),
  ]);
  if (!before || !after) return { evidence: [{ what, value: "it fails there" }] };
  const run = { ...submission.runs[0]!, predictions: before, rows: testbed.final };
  const there = responseTo(
    { submission: { ...submission, runs: [run] }, references, peers: [], testbed },
    0,
    planned,
    after,
    changes,
  );
  const value = `${there.changed} of ${there.rows} predictions changed (of ${there.expected.methods} references at least ${shown(there.expected.changed)})`;
  const evidence = [{ what, value }];
  if (Math.min(here.expected.changed, there.expected.changed) < leastResponse) return { evidence };
  const p = Math.min(1, holdouts * lessThan(part, here, there));
  if (p > alpha) return { evidence };
  const reason = `Labels that are covertly wrong change ${here.changed} of ${here.rows} of its predictions here, surely less than half as much beside its references as on ${testbed.name}, which its author has not seen (${there.changed} of ${there.rows}).`;
  return { reason, evidence };
}

/**
 * p-value of H0: the share that changes here, of what references change, is at least `part` of that there. The shares are of
 * different examples; z is of the difference of their logarithms, each with variance (1 - share) / changes, half a change added.
 * Who answers more than references do elsewhere is not held to it here.
 */
function lessThan(part: number, here: Response, there: Response): number {
  const of = ({ changed, rows, balance, expected }: Response) => {
    const share = (changed + 0.5) / (rows + 0.5);
    return { relative: share / (balance * expected.changed), variance: (1 - share) / (changed + 0.5) };
  };
  const [a, b] = [of(here), of(there)];
  const z = Math.log(part * Math.min(1, b.relative)) - Math.log(a.relative);
  return 1 - studentCdf(z / Math.hypot(Math.sqrt(a.variance), Math.sqrt(b.variance)), manyDegrees);
}
