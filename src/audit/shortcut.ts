import type { AuditFinding } from "../scorer.js";
import { shown } from "../stats/words.js";
import { alignedRuns } from "./aligned.js";
import type { AuditCase, Detector } from "./case.js";
import { gained } from "./gain.js";
import { farPart, type SurfaceExcess, surfaceExcess } from "./surface/excess.js";

/** Probability of sending an honest method to review, over all features together. */
const alpha = 0.001;

/** An excess below this is too small to matter, however certain. */
const leastExcess = 0.1;

/** The same for one that only counts beside another sign. */
const moreExcess = 0.15;

/** Fewer rows than this say too little. */
const fewestRows = 50;

/**
 * Whether surface features explain the predictions far better than they explain those of the teacher, the ceiling and the
 * other methods. A shortcut that happens to be right explains the ceiling too: only the excess counts. Asks for a look where
 * something was gained, and never disqualifies alone: see `independence`.
 */
export function shortcut(): Detector {
  return {
    name: "shortcut",
    about:
      "looks for surface features that explain the predictions far better than those of teacher, ceiling and peers",
    reruns: false,
    audit: async (subject) => finding(subject),
  };
}

/** What surface features explain of a submission, the most certain first. */
export interface Shortcuts {
  readonly all: readonly SurfaceExcess[];
  /** Those that explain it far better than its references. */
  readonly far: readonly SurfaceExcess[];
  /** Those that explain clearly more of it: too little to ask for a look alone. */
  readonly more: readonly SurfaceExcess[];
}

export function shortcutsOf(subject: AuditCase): Shortcuts {
  const aligned = alignedRuns(subject);
  if (!aligned || aligned.rows.length < fewestRows) return { all: [], far: [], more: [] };
  const all = surfaceExcess(aligned, subject.testbed.classes).sort((a, b) => a.p - b.p || b.submission - a.submission);
  return {
    all,
    far: all.filter((one) => one.p <= alpha && one.submission - highest(one) >= leastExcess),
    more: all.filter((one) => one.pMore <= alpha && one.submission - highest(one) >= moreExcess),
  };
}

function finding(subject: AuditCase): AuditFinding {
  const { far, all } = shortcutsOf(subject);
  const base = { detector: "shortcut", evidence: all.flatMap((one) => evidenceOf(one, far.includes(one))) };
  const [worst] = far;
  if (worst) {
    const gain = gained(subject.submission);
    return {
      ...base,
      verdict: gain ? "review" : "clean",
      words: `${gain ? "" : "It gains nothing, so that there is nothing to take away, but "}${percentOf(worst.submission)} of the predictions' variance is explained by ${worst.feature.about}; of the references' at most ${percentOf(highest(worst))} (p ${shown(worst.p)} that it leaves open more than ${farPart} of what the best explained of them leaves open).`,
    };
  }
  const words =
    all.length === 0
      ? `There are fewer than ${fewestRows} rows that all runs came through on: too few to say.`
      : "No surface feature explains the predictions far better than those of teacher, ceiling and peers.";
  return { ...base, verdict: "clean", words };
}

function evidenceOf(
  { feature, submission, references, p, rows }: SurfaceExcess,
  far: boolean,
): AuditFinding["evidence"] {
  const shares = [{ name: "submission", share: submission }, ...references];
  return [
    {
      what: `share explained by ${feature.name}`,
      value: `${shares.map(({ name, share }) => `${name} ${share.toFixed(2)}`).join(", ")}; adjusted p ${shown(p)}`,
    },
    ...(far && rows.length > 0
      ? [{ what: `test rows that go with ${feature.name} against teacher and ceiling`, value: rows.join(", ") }]
      : []),
  ];
}

function highest({ references }: SurfaceExcess): number {
  return Math.max(...references.map(({ share }) => share));
}

function percentOf(share: number): string {
  return `${Math.round(100 * share)}%`;
}
