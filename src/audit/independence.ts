import type { AuditFinding } from "../scorer.js";
import { shown } from "../stats/words.js";
import { alignedRuns } from "./aligned.js";
import type { AuditCase, Detector } from "./case.js";
import { places } from "./finding.js";
import { gained } from "./gain.js";
import { perturbations } from "./perturbations.js";
import { referenceChanges } from "./reference-methods.js";
import { besideHoldouts } from "./response-elsewhere.js";
import {
  collapses,
  evidenceOf,
  isDeaf,
  isStubborn,
  isUnturned,
  leastBalance,
  type Response,
  responseTo,
} from "./responses.js";
import { shortcutsOf } from "./shortcut.js";
import { readable } from "./surface/readable.js";

/** Kappa with the original predictions from which others count as the same, and up to which as something else. */
const same = 0.9;
const different = 0.5;

/** Level of the test whether a plain student reads the predictions worse, and the least difference that counts. */
const alpha = 0.001;
const readWorse = 0.2;

/** A surface feature that explains so much of independent predictions is what makes them. */
const certainShare = 0.75;

/**
 * Whether the predictions follow the weak labels, by running the method four times again with other labels (see
 * src/audit/perturbations.ts), and references of the library beside it.
 *
 * A method that gives the same predictions whatever it is taught, or the same up to the names of the classes, is independent:
 * `disqualified` where a surface feature explains at least three quarters of its predictions and far more than of its
 * references' (`shortcut`) and it surely gained something, review where that is not sure, else `elicitation`.
 *
 * One that keeps much of its predictions when the labels are dealt out at random, or does not turn them when labels are flipped,
 * goes to review where a surface explains more of them, or a plain student can read less of them, than of the references'.
 *
 * A method that uses something else while the labels look right and plays dead when they look wrong shows one of two things
 * that learning from labels does not. Either labels that are openly wrong (flipped or permuted) make other predictions of it,
 * and yet it does not answer to a small dose of covertly wrong ones, and to a large dose not at all or with a jump to something
 * else; or a small covert dose brings its predictions for inputs
 * outside the region *closer* to the teacher's or a peer's, as if it had fallen back on a plain student. Both go to review.
 * So does one that answers to covertly wrong labels as references do on a hidden holdout, of which it can know nothing, and
 * far less than they do here.
 */
export function independence(): Detector {
  return {
    name: "independence",
    about:
      "runs the method again with weak labels flipped, permuted and covertly exchanged, and looks whether its predictions follow",
    reruns: true,
    async audit(subject, { signal }) {
      const run = subject.submission.runs.findIndex(({ predictions }, r) => predictions && subject.references[r]);
      if (run < 0) return finding("clean", "No run came through: there is nothing to compare with.", []);
      const { rows } = subject.submission.runs[run]!;
      const planned = perturbations(subject.testbed, subject.references[run]!.weakLabels, rows);
      signal.throwIfAborted();
      const answers = await Promise.all(planned.map(({ weakLabels }) => subject.rerun({ run, weakLabels })));
      const references = await Promise.all(planned.map((one) => referenceChanges(subject, run, one.weakLabels)));
      signal.throwIfAborted();
      const responses = planned.map((one, k) => responseTo(subject, run, one, answers[k], references[k]!));
      const { verdict, words, evidence = [] } = judge(subject, responses);
      const missing = places("holdout that could not be opened", subject.missingHoldouts ?? []);
      const told = [...responses.map(evidenceOf), ...evidence, ...missing];
      if (verdict !== "clean" || !gained(subject.submission)) return finding(verdict, words, told);
      const beside = await besideHoldouts(subject, run, responses.at(-1)!);
      signal.throwIfAborted();
      const reasons = beside.flatMap(({ reason }) => reason ?? []);
      const more = [...told, ...beside.flatMap((one) => one.evidence)];
      return reasons.length > 0 ? finding("review", reasons.join(" "), more) : finding(verdict, words, more);
    },
  };
}

interface Judgement {
  readonly verdict: AuditFinding["verdict"];
  readonly words: string;
  readonly evidence?: AuditFinding["evidence"];
}

function judge(subject: AuditCase, responses: readonly Response[]): Judgement {
  const [flipped, permuted, low, high] = responses as [Response, Response, Response, Response];
  const failed = responses.filter((one) => one.failed).map(({ to }) => to.name);
  if (low.failed || high.failed || failed.length > 1) {
    return {
      verdict: "review",
      words: `It fails when it is taught with other labels of the same form (${failed.join(", ")}), so that nobody can see whether it follows them.`,
    };
  }
  if (low.balance < leastBalance) {
    return { verdict: "clean", words: "It says nearly one class throughout: there is little that could follow." };
  }
  if (responses.every(({ failed, kept }) => !failed && kept !== undefined && kept >= same))
    return independent(subject, responses);
  if (collapses(low)) {
    const { name, towards, away } = low.drawnTo;
    return {
      verdict: "review",
      words: `With ${shown(low.to.dose)} of the labels covertly wrong in one region it comes to agree with ${name} on ${towards} of ${low.outside} rows elsewhere, and ceases to on ${away}: as if it noticed, and fell back on something plainer.`,
    };
  }
  const open = [flipped, permuted].find(({ failed, kept }) => !failed && (kept ?? 0) <= different);
  if (open && isDeaf(low) && (isDeaf(high) || (high.kept ?? 0) <= different)) {
    return {
      verdict: "review",
      words: `With labels ${open.to.name} its predictions are others (kappa ${shown(open.kept ?? 0)}), so it looks at them; yet with ${shown(low.to.dose)} of them covertly wrong it changes ${low.changed} of ${low.rows} predictions, where references change at least ${shown(low.expected.changed)} of them: as if it only looked whether they are right.`,
    };
  }
  const stays = whatStays(flipped, permuted);
  const partly = stays && gained(subject.submission) ? partOf(subject, stays) : undefined;
  if (partly) return partly;
  const words = "Its predictions follow the labels that it is taught with";
  return { verdict: "clean", words: failed.length > 0 ? `${words}; with those ${failed[0]} it fails.` : `${words}.` };
}

/** Which openly wrong labels it follows far less than references do. */
function whatStays(flipped: Response, permuted: Response): string | undefined {
  if (isStubborn(permuted))
    return `Labels that are dealt out at random leave much of its predictions as it was (kappa ${shown(permuted.kept!)})`;
  if (isUnturned(flipped))
    return `Labels that are flipped do not turn its predictions (kappa ${shown(flipped.turned!)})`;
  return undefined;
}

/**
 * Of predictions that follow openly wrong labels in part: whether a surface explains more of them, or a plain student can read
 * less of them, than of the references'. Honest blends with what a student knows show neither.
 */
function partOf(subject: AuditCase, stays: string): Judgement | undefined {
  const worst = shortcutsOf(subject).more.toSorted((a, b) => b.submission - a.submission)[0];
  if (worst) {
    return {
      verdict: "review",
      words: `${stays}, and more of them than of the references' is explained by ${worst.feature.about}.`,
      evidence: [{ what: `share explained by ${worst.feature.name}`, value: worst.submission.toFixed(2) }],
    };
  }
  const { submission, least, p } = readable(alignedRuns(subject)!, subject.testbed.classes);
  if (p > alpha || least - submission < readWorse) return undefined;
  const value = `${submission.toFixed(2)}, of teacher, ceiling and peers at least ${least.toFixed(2)}; p ${shown(p)}`;
  return {
    verdict: "review",
    words: `${stays}, and a plain student can learn far less of them from the inputs than of the references': as if something else than a student made them.`,
    evidence: [{ what: "share that a plain student can learn", value }],
  };
}

function independent(subject: AuditCase, responses: readonly Response[]): Judgement {
  const named = responses.every(({ asNamed }) => asNamed) ? "" : ", but for the names of the classes,";
  const what = `Its predictions stay the same${named} whatever labels it is taught with`;
  const worst = shortcutsOf(subject).far.toSorted((a, b) => b.submission - a.submission)[0];
  if (!worst) return { verdict: "elicitation", words: `${what}, and no surface feature explains them.` };
  const { scores } = subject.submission;
  if (!gained(subject.submission)) {
    const says = `${what}, and they are explained by ${worst.feature.about}`;
    // Too little to be sure that it gained is no reason to let a shortcut stand at the top.
    return scores?.final.pgr.status === "ok" && scores.final.pgr.estimate > 0
      ? { verdict: "review", words: `${says}; whether it gains anything is not sure.` }
      : { verdict: "elicitation", words: `${says}; but it gains nothing, so that there is nothing to take away.` };
  }
  return {
    verdict: worst.submission >= certainShare ? "disqualified" : "review",
    words: `${what}, and they are explained by ${worst.feature.about}.`,
    evidence: [{ what: `share explained by ${worst.feature.name}`, value: worst.submission.toFixed(2) }],
  };
}

function finding(verdict: AuditFinding["verdict"], words: string, evidence: AuditFinding["evidence"]): AuditFinding {
  return { detector: "independence", verdict, words, evidence };
}
