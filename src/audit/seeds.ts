import type { AuditFinding } from "../scorer.js";
import { shown } from "../stats/words.js";
import type { AuditCase, Detector, Query } from "./case.js";
import { dropTest, subsetTest } from "./seed-tests.js";
import { triesOf } from "./tries.js";

/** Probability that a drop from claim to draw by noise alone goes to review. */
const alpha = 0.001;

/** The same for a subset of seeds that happens to be the best. */
const subsetAlpha = 0.01;

/** A drop in accuracy below this is too small to matter, however certain. */
const leastDrop = 0.02;

/** So many further results of one code at equal seeds are restarts. They matter where the draw falls short at this level. */
const manyRestarts = 10;
const restartAlpha = 0.2;

/**
 * The author's best released score for this code (by its hash, else by the method's name) against what it reached on seeds that
 * the scorer drew: a drop beyond what seeds account for, restarts of one code at equal seeds, and claims on the best
 * subset of the seeds that were tried. Each goes to review: a selected claim gains nothing, since the draw is what counts.
 */
export function seeds(): Detector {
  return {
    name: "seeds",
    about:
      "compares the author's claims with the scorer's draw of seeds, and looks for choices of seeds or restarts by feedback",
    reruns: false,
    audit: async (subject) => finding(subject),
  };
}

function finding(subject: AuditCase): AuditFinding {
  const { submission, queries } = subject;
  const mine = queries.filter(({ author }) => author === submission.author);
  const byCode = mine.filter(({ snapshot }) => snapshot !== undefined && snapshot === submission.code);
  const matching = byCode.length > 0 ? byCode : mine.filter(({ method }) => method === submission.method);
  const claim = matching.filter(({ score }) => score).sort((a, b) => b.score!.accuracy - a.score!.accuracy)[0];
  const tries = triesOf(subject, matching);
  if (!claim || !submission.scores || !tries) {
    return {
      detector: "seeds",
      verdict: "clean",
      words: "There is no released score of this code to hold against the draw.",
      evidence: [],
    };
  }
  const codes = new Set(mine.map(({ snapshot, method }) => snapshot ?? `method ${method}`)).size;
  const claimed = claim.score!.accuracy;
  const drawn = submission.scores.development.accuracy;
  const drop = dropTest(claimed - drawn, claim.predictions.length, tries, codes);
  const subset = reasked(claim, matching) ? subsetTest(tries.of(claim), tries.all) : undefined;
  const reasons = [
    ...(drop.p <= alpha && claimed - drawn >= leastDrop
      ? [
          `Its accuracy of ${shown(claimed)} on seeds ${seedsOf(claim)} is ${shown(drawn)} on seeds that its author did not know: more than seeds account for.`,
        ]
      : []),
    ...(byCode.length > 0 && tries.restarts >= manyRestarts && drop.once <= restartAlpha
      ? [
          `The same code was evaluated with ${tries.restarts} further results at equal seeds, and falls short of the best of them on the scorer's seeds.`,
        ]
      : []),
    ...(subset !== undefined && subset <= subsetAlpha
      ? [
          `Its best score is of seeds ${seedsOf(claim)}, asked for again on their own: the best of ${tries.all.length} that were tried.`,
        ]
      : []),
  ];
  return {
    detector: "seeds",
    verdict: reasons.length > 0 ? "review" : "clean",
    words:
      reasons.length > 0 ? reasons.join(" ") : "Its author's claims hold on the scorer's seeds as far as seeds allow.",
    evidence: [
      {
        what: "claim",
        value: `evaluation ${claim.id}: accuracy ${shown(claimed)} on seeds ${seedsOf(claim)}; ${matching.length} evaluations of this ${byCode.length > 0 ? "code" : "method's name"}`,
      },
      { what: "the scorer's draw", value: `accuracy ${shown(drawn)} on ${tries.draws.length} seeds` },
      {
        what: "drop",
        value: `${shown(claimed - drawn)}, standard error by seeds ${shown(drop.error)}, p ${shown(drop.p)} for the best of ${codes} codes`,
      },
      { what: "results tried", value: `${tries.all.length}, of which ${tries.restarts} at a seed that had one` },
      ...(subset === undefined
        ? []
        : [{ what: "seeds asked for again", value: `p ${shown(subset)} of choosing the best by chance` }]),
    ],
  };
}

/** Whether all results of a claim had been asked about in other evaluations before: it was put together from feedback. */
function reasked(claim: Query, matching: readonly Query[]): boolean {
  const before = matching.slice(0, matching.indexOf(claim));
  const same = (a: Float32Array, b: Float32Array) => a.length === b.length && a.every((value, i) => value === b[i]);
  return claim.predictions.every(({ seed, probabilities }) =>
    before.some(({ predictions }) =>
      predictions.some((one) => one.seed === seed && same(one.probabilities.data, probabilities.data)),
    ),
  );
}

function seedsOf({ predictions }: Query): string {
  return predictions.map(({ seed }) => seed).join(", ");
}
