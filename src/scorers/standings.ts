import type { Evaluation, Standings, StandingsRow } from "../scorer.js";

/**
 * Who stands where, from the records alone; the same records give the same standings. A baseline has a row a
 * method: the lab is the author of all of them.
 */
export function standingsOf(records: readonly Evaluation[], testbeds: readonly string[]): Standings {
  const authors = Map.groupBy(records, competitorOf);
  const rows = [...authors.values()].map((own): StandingsRow => {
    const best: Record<string, Evaluation> = {};
    for (const record of own) {
      if (betterThan(record, best[record.testbed])) best[record.testbed] = record;
    }
    const estimates = testbeds.map((testbed) => estimateOf(best[testbed]));
    const worst = Math.min(...estimates);
    const { author, baseline } = own[0]!;
    return { author, baseline, best, worst: Number.isFinite(worst) ? worst : null };
  });
  return { rows: rows.sort(bestFirst), evaluations: records.length };
}

/** Whose best a record competes for. */
export function competitorOf({ author, baseline, method }: Evaluation): string {
  return JSON.stringify(baseline ? [author, method] : [author]);
}

/** By PGR, any before none, then by accuracy; of equals the earlier one is the better. */
export function betterThan(one: Evaluation, other: Evaluation | undefined): boolean {
  if (!other) return true;
  const [a, b] = [estimateOf(one), estimateOf(other)];
  return a === b ? one.accuracy > other.accuracy : a > b;
}

const none = Number.NEGATIVE_INFINITY;

function estimateOf(record: Evaluation | undefined): number {
  return record?.pgr.status === "ok" ? record.pgr.estimate : none;
}

function bestFirst(one: StandingsRow, other: StandingsRow): number {
  const [a, b] = [keyOf(one), keyOf(other)];
  for (const [i, value] of a.entries()) {
    if (value !== b[i]) return b[i]! - value;
  }
  return 0; // never: two rows differ in their first record
}

/** Larger is better: worst PGR, testbeds with a PGR, their mean, mean accuracy, the earlier best. */
function keyOf({ worst, best }: StandingsRow): readonly number[] {
  const records = Object.values(best);
  const estimates = records.map(estimateOf).filter(Number.isFinite);
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  return [
    worst ?? none,
    estimates.length,
    estimates.length > 0 ? mean(estimates) : none,
    mean(records.map(({ accuracy }) => accuracy)),
    -Math.min(...records.map(({ index }) => index)),
  ];
}
