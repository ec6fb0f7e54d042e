import type { Plan } from "../experiment/plan.js";
import type { Outcome, UnitOutcome } from "../experiment/units.js";
import { drawParts } from "../scorers/sealed/parts.js";
import { compare } from "../stats/compare.js";
import { meanInterval } from "../stats/mean.js";
import { pgr } from "../stats/pgr.js";
import type { TransferPlan } from "./plan.js";
import type { TransferDomain, TransferRow } from "./record.js";

type Scores = readonly Float64Array[];

/** What the units on one holdout say. */
export function domainOf(name: string, plan: Plan, outcome: Outcome, { all, choosing }: TransferPlan): TransferDomain {
  const { test } = plan.testbed.splits;
  const byMethod = Map.groupBy(outcome.units, ({ method }) => method);
  const baselines = all.filter(({ baseline }) => baseline);
  // Chosen on the rows on which it is shown, the best of several would look better than it is.
  const rows =
    baselines.length > 1
      ? drawParts(test, { fractions: { development: choosing, final: 1 - choosing, vault: 0 }, seed: "transfer" })
      : { development: new Int32Array(), final: Int32Array.from(test.ids.keys()) };
  const shown = (method: string): Scores | undefined => scoresOn(rows.final, byMethod.get(method)!);
  const [weak, ceiling] = [shown("weak")!, shown("ceiling")!];
  const groups = test.groups && Int32Array.from(rows.final, (row) => test.groups![row]!);
  const ranked = baselines.flatMap(({ name }) => {
    const scores = scoresOn(baselines.length > 1 ? rows.development : rows.final, byMethod.get(name)!);
    return scores ? [{ name, mean: meanOf(scores) }] : [];
  });
  const best = ranked.reduce<(typeof ranked)[number] | null>(
    (most, next) => (next.mean > (most?.mean ?? -1) ? next : most),
    null,
  );
  return {
    testbed: name,
    hash: outcome.truth.hash,
    teacher: { model: plan.teacher, examples: plan.teacherExamples },
    student: { model: plan.student },
    rows: { shown: rows.final.length, choosing: rows.development.length },
    weak: meanOf(weak),
    ceiling: meanOf(ceiling),
    best: best?.name ?? null,
    results: all.map(({ name, baseline }): TransferRow => {
      const units = byMethod.get(name)!;
      const scores = shown(name);
      const seconds = units.reduce((sum, { cost }) => sum + cost.seconds, 0);
      if (!scores) {
        const failed = units.filter(({ error }) => error !== undefined);
        const error = `failed with ${failed.length} of ${units.length} seeds; with seed ${failed[0]!.seed}: ${failed[0]!.error}`;
        return { method: name, baseline, accuracy: null, accuracyInterval: null, pgr: null, seconds, error };
      }
      const { estimate, interval } = meanInterval(scores, { groups });
      return {
        method: name,
        baseline,
        accuracy: estimate,
        accuracyInterval: interval,
        pgr: pgr({ weak, transfer: scores, ceiling, groups }),
        seconds,
      };
    }),
    comparisons: all
      .filter(({ baseline }) => !baseline)
      .flatMap((method) =>
        baselines.flatMap((baseline) => {
          const [a, b] = [shown(method.name), shown(baseline.name)];
          if (!a || !b) return [];
          return [
            { method: method.name, baseline: baseline.name, difference: compare({ weak, a, b, ceiling, groups }) },
          ];
        }),
      ),
  };
}

/** Each seed's scores on some rows; undefined where a seed failed. */
function scoresOn(rows: Int32Array, units: readonly UnitOutcome[]): Scores | undefined {
  const scores = units.flatMap(({ scored }) => (scored ? [Float64Array.from(rows, (row) => scored.scores[row]!)] : []));
  return scores.length === units.length ? scores : undefined;
}

function meanOf(scores: Scores): number {
  return meanInterval(scores).estimate;
}
