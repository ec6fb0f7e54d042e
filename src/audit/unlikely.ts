import { argmax, type Matrix } from "../data/matrix.js";
import type { Score } from "../scorer.js";
import type { Pgr, PgrOk } from "../stats/pgr.js";
import { shown } from "../stats/words.js";
import type { AuditCase, Detector } from "./case.js";
import { normalQuantile, normalTail } from "./exact.js";
import { type Found, places } from "./finding.js";
import { gained } from "./gain.js";
import { gainsElsewhere } from "./gain-elsewhere.js";

/** Probability of sending an honest method to review, for each of the three questions. */
const alpha = 0.001;

/** Share of the gap by which the ceiling has to be exceeded: one ceiling is no law, and ensembles do a little better. */
const aboveCeiling = 0.1;

/** A drop counts where less than this part of the PGR is left. */
const keptPart = 0.5;

/**
 * Whether a submission repeats itself and whether its scores can be: the same labels and seed must give the same predictions
 * bit for bit; the PGR on the final part may not lie clearly above what the ceiling allows; and what it gains may not
 * vanish on parts that nobody has had feedback about, nor on hidden holdouts. Each goes to review.
 */
export function unlikely(): Detector {
  return {
    name: "unlikely",
    about:
      "looks for predictions that differ between equal runs, scores above the ceiling, and gains that vanish outside development or on hidden holdouts",
    reruns: true,
    async audit(subject, { signal }) {
      const found = [
        ...scoresOf(subject),
        await repeated(subject),
        ...(gained(subject.submission) ? await gainsElsewhere(subject) : []),
      ];
      signal.throwIfAborted();
      const reasons = found.flatMap(({ reason }) => reason ?? []);
      return {
        detector: "unlikely",
        verdict: reasons.length > 0 ? "review" : "clean",
        words:
          reasons.length > 0
            ? reasons.join(" ")
            : "It repeats itself to the bit, and its scores are ones that a method can have.",
        evidence: [
          ...found.flatMap(({ evidence }) => evidence),
          ...places("holdout that could not be opened", subject.missingHoldouts ?? []),
        ],
      };
    },
  };
}

async function repeated(subject: AuditCase): Promise<Found> {
  const { submission, references } = subject;
  const run = submission.runs.findIndex(({ predictions }, r) => predictions && references[r]);
  if (run < 0) return { evidence: [{ what: "run again", value: "no run came through" }] };
  const first = submission.runs[run]!.predictions!;
  const again = await subject.rerun({ run, weakLabels: references[run]!.weakLabels });
  if (!again) {
    const reason = "Run again with the same labels and seed it fails.";
    return {
      reason,
      evidence: [{ what: "run again", value: `run ${run} came through once, and failed the second time` }],
    };
  }
  const rows = differing(first, again);
  if (rows.length === 0) return { evidence: [{ what: "run again", value: `run ${run}: equal to the bit` }] };
  const [before, after] = [argmax(first), argmax(again)];
  const classes = rows.filter((i) => before[i] !== after[i]);
  return {
    reason: `Run again with the same labels and seed it predicts something else on ${rows.length} of ${first.rows} rows, another class on ${classes.length}.`,
    evidence: [
      {
        what: "run again",
        value: `run ${run}: ${rows.length} of ${first.rows} rows differ, ${classes.length} in class; test rows ${(classes.length >
        0
          ? classes
          : rows
        )
          .slice(0, 8)
          .map((i) => submission.runs[run]!.rows[i])
          .join(", ")}`,
      },
    ],
  };
}

/** Rows on which two matrices of one shape are not equal to the bit. */
function differing(a: Matrix, b: Matrix): number[] {
  return [...Array(a.rows).keys()].filter((i) =>
    Array.from({ length: a.columns }, (_, j) => i * a.columns + j).some((at) => !Object.is(a.data[at], b.data[at])),
  );
}

function scoresOf({ submission, queries }: AuditCase): Found[] {
  const { scores } = submission;
  if (!scores) return [{ evidence: [{ what: "scores", value: "none: a run failed" }] }];
  const asked = queries.filter(({ author }) => author === submission.author).length;
  return [
    ceilingOf(scores.final),
    dropOf("development", scores.development, "final", scores.final, asked),
    ...(scores.vault ? [dropOf("final", scores.final, "vault", scores.vault, 1)] : []),
  ];
}

/**
 * H0: PGR on the final part <= 1 + {@link aboveCeiling}. The lower end of the Fieller interval is taken from its level to
 * 1 - 2 alpha as if the estimate were normal on that side.
 */
function ceilingOf({ pgr, accuracy }: Score): Found {
  if (pgr.status !== "ok") return { evidence: [{ what: "against the ceiling", value: "the gap is not resolved" }] };
  const low = pgr.estimate - normalQuantile(1 - alpha) * errorBelow(pgr);
  const value = `PGR ${shown(pgr.estimate)} on the final part (accuracy ${shown(accuracy)}), surely above ${shown(low)}`;
  if (low <= 1 + aboveCeiling) return { evidence: [{ what: "against the ceiling", value }] };
  const reason = `Its PGR on the final part is ${shown(pgr.estimate)}, surely above ${shown(low)}: better than a student that was taught the truth.`;
  return { reason, evidence: [{ what: "against the ceiling", value }] };
}

/**
 * H0: the PGR on `later` is that on `earlier`. The parts share no examples; z = (earlier - later) / sqrt(se^2 + se^2). The method
 * may be the best of all that its author asked about, so that the p-value counts once for each (Bonferroni).
 */
function dropOf(earlier: string, before: Score, later: string, after: Score, asked: number): Found {
  const what = `from ${earlier} to ${later}`;
  if (before.pgr.status !== "ok" || after.pgr.status !== "ok") {
    return { evidence: [{ what, value: `no PGR on ${unresolved(before.pgr) ? earlier : later}` }] };
  }
  const [high, low] = [before.pgr, after.pgr];
  const error = Math.hypot(errorBelow(high), errorAbove(low));
  const once = error > 0 ? normalTail((high.estimate - low.estimate) / error) : Number(low.estimate >= high.estimate);
  const p = Math.min(1, once * Math.max(1, asked));
  const value = `PGR ${shown(high.estimate)} to ${shown(low.estimate)}, p ${shown(p)} for the best of ${Math.max(1, asked)} evaluations`;
  if (p > alpha || low.estimate >= keptPart * high.estimate) return { evidence: [{ what, value }] };
  const reason = `Its PGR of ${shown(high.estimate)} on the ${earlier} part is ${shown(low.estimate)} on the ${later} part: a gain that is bound to examples which feedback was about.`;
  return { reason, evidence: [{ what, value }] };
}

function unresolved(pgr: Pgr): boolean {
  return pgr.status !== "ok";
}

/** The standard error that the lower half of an interval stands for, as if the estimate were normal on that side. */
function errorBelow({ estimate, interval, level }: PgrOk): number {
  return (estimate - interval[0]) / normalQuantile((1 + level) / 2);
}

function errorAbove({ estimate, interval, level }: PgrOk): number {
  return (interval[1] - estimate) / normalQuantile((1 + level) / 2);
}
