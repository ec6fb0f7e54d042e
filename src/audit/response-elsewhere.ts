import { shown } from "../stats/words.js";
import { groupKey } from "./aligned.js";
import type { AuditCase, AuditHoldout } from "./case.js";
import { normalTail } from "./exact.js";
import type { Found } from "./finding.js";
import { perturbations } from "./perturbations.js";
import { referenceChanges } from "./reference-methods.js";
import { leastBalance, leastResponse, type Response, responseTo } from "./responses.js";

/** Probability of sending an honest method to review that answers half as much here as there, over all holdouts together. */
const alpha = 0.001;

/** It has to answer less than this part as much here as there. */
const part = 0.5;

/** A response, and which rows were drawn together. */
interface Measured {
  readonly response: Response;
  readonly groups: readonly string[];
}

/**
 * Compares how a submission answers to covertly changed labels here (in its run `run`) with how it does on hidden holdouts, each as
 * a share of what the least moved reference changes there. A method that checks its labels against something built in can do so
 * only where it knows the testbed.
 */
export async function besideHoldouts(
  { submission, testbed, holdouts = [] }: AuditCase,
  run: number,
  response: Response,
): Promise<Found[]> {
  if (!measures(response)) return [];
  const groups = Array.from(submission.runs[run]!.rows, (row) => groupKey(testbed.test, row));
  const found: Found[] = [];
  for (const holdout of holdouts) {
    found.push(await beside(submission, holdout, { response, groups }, alpha / holdouts.length));
  }
  return found;
}

async function beside(
  submission: AuditCase["submission"],
  holdout: AuditHoldout,
  here: Measured,
  level: number,
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
  const subject = { submission: { ...submission, runs: [run] }, references, peers: [], testbed };
  const response = responseTo(subject, 0, planned, after, changes);
  const { changed, rows, expected } = response;
  const value = `${changed} of ${rows} predictions changed (of ${expected.methods} references at least ${shown(expected.changed)})`;
  const evidence = [{ what, value }];
  if (!measures(response)) return { evidence };
  const there = { response, groups: Array.from(testbed.final, (row) => groupKey(testbed.test, row)) };
  if (!(lessThanPart(here, there) < level)) return { evidence };
  const reason = `Labels that are covertly wrong change ${here.response.changed} of ${here.response.rows} of its predictions here, surely less than half as much beside its references as on ${testbed.name}, which its author has not seen (${changed} of ${rows}).`;
  return { reason, evidence };
}

/** Whether its predictions and those of references have something that can change. */
function measures({ balance, expected }: Response): boolean {
  return balance >= leastBalance && expected.changed >= leastResponse;
}

/**
 * p-value of H0: the share of its predictions that change here, of what the reference changes, is at least {@link part} of that
 * there: z of the difference of logarithms. Who answers more than references do elsewhere is not held to it here.
 */
function lessThanPart(here: Measured, there: Measured): number {
  const [a, b] = [relative(here), relative(there)];
  const z = (Math.log(part) + Math.min(0, b.log) - a.log) / Math.sqrt(a.variance + b.variance);
  return normalTail(z);
}

/**
 * Logarithm of the rows that it changes beside those that the reference does (half a row added to both, and the first in proportion
 * to its balance), and the variance of that over groups: delta method, with what a group adds to both.
 */
function relative({ response, groups }: Measured): { readonly log: number; readonly variance: number } {
  const { rowsChanged, balance } = response;
  const total = (changed: readonly boolean[]): number => changed.filter(Boolean).length + 0.5;
  const [own, reference] = [total(rowsChanged.own), total(rowsChanged.reference)];
  const adds = new Map<string, number>();
  for (const [i, group] of groups.entries()) {
    const more = Number(rowsChanged.own[i]) / own - Number(rowsChanged.reference[i]) / reference;
    adds.set(group, (adds.get(group) ?? 0) + more);
  }
  const all = [...adds.values()];
  const mean = all.reduce((sum, one) => sum + one, 0) / all.length;
  const squares = all.reduce((sum, one) => sum + (one - mean) ** 2, 0);
  const log = Math.log(own / balance) - Math.log(reference);
  // Nobody changed anything by itself: as much is unknown as the half row stands for.
  return { log, variance: (squares * all.length) / Math.max(1, all.length - 1) + 0.25 / own ** 2 };
}
