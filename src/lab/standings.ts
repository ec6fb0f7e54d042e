import type { Evaluation } from "../scorer.js";
import { type Recorded, standingsOf } from "../scorers/standings.js";
import type { LabStanding } from "./record.js";

/**
 * Standings from the scorer's records alone, as the scorer orders them, but with a row for each baseline. `controls` are
 * the names of baselines that saw truth.
 */
export function labStandings(
  evaluations: readonly Recorded<Evaluation>[],
  testbeds: readonly string[],
  controls: readonly string[],
): LabStanding[] {
  const named = evaluations.map((one) => (one.baseline ? { ...one, author: one.method } : one));
  return standingsOf(named, testbeds).rows.map(({ author, baseline, best, worst }) => ({
    name: author,
    baseline,
    control: baseline && controls.includes(author),
    best: testbeds.flatMap((testbed) => {
      if (!Object.hasOwn(best, testbed)) return [];
      const { id, method, seeds, score } = best[testbed]!;
      const all = named.filter((one) => one.author === author && one.baseline === baseline && one.testbed === testbed);
      return [{ testbed, evaluation: id, method, seeds: seeds.length, ...score!, evaluations: all.length }];
    }),
    worst,
  }));
}
