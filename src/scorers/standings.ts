import type { Evaluation, Score, ScorerRecord, Standings, StandingsRow, Submission } from "../scorer.js";

/**
 * Who stands where, from the records alone; the same records give the same standings. A baseline has a row a
 * method: the lab is the author of all of them.
 */
export function standingsOf<E extends Recorded<Evaluation>, S extends Recorded<Submission>>(
  records: readonly (E | S)[],
  testbeds: readonly string[],
): StandingsOf<E, S> {
  const rows = [...Map.groupBy(records, competitorOf).values()].flatMap((own): RowOf<E, S>[] => {
    const best: Record<string, E> = {};
    const submitted: Record<string, S> = {};
    for (const record of own) {
      if (isSubmission<E, S>(record)) {
        if (record.outcome === "better") submitted[record.testbed] = record;
      } else if (record.score && betterScore(record.score, best[record.testbed]?.score)) best[record.testbed] = record;
    }
    const { author, baseline } = own[0]!;
    const estimates = testbeds.map((testbed) => estimateOf(best[testbed]?.score));
    const worst = Math.min(...estimates);
    return [{ author, baseline, best, submitted, worst: Number.isFinite(worst) ? worst : null }];
  });
  const evaluations = records.filter(({ type }) => type === "evaluation").length;
  return { rows: rows.sort(bestFirst), evaluations };
}

/** A record without its receipt, as the ledger keeps it. */
export type Recorded<T extends ScorerRecord> = Omit<T, "receipt">;

interface StandingsOf<E, S> extends Omit<Standings, "rows"> {
  readonly rows: readonly RowOf<E, S>[];
}

interface RowOf<E, S> extends Omit<StandingsRow, "best" | "submitted"> {
  readonly best: Readonly<Record<string, E>>;
  readonly submitted: Readonly<Record<string, S>>;
}

function isSubmission<E extends Recorded<Evaluation>, S extends Recorded<Submission>>(record: E | S): record is S {
  return record.type === "submission";
}

/** Whose best a record competes for. */
export function competitorOf({
  author,
  baseline,
  method,
}: Pick<ScorerRecord, "author" | "baseline" | "method">): string {
  return JSON.stringify(baseline ? [author, method] : [author]);
}

/** Of equals the earlier one is the better. */
export function betterScore(one: Score, other: Score | undefined): boolean {
  return !other || bestScoreFirst(one, other) < 0;
}

/** Sorts by PGR, any before none, then by accuracy. */
export function bestScoreFirst(one: Score, other: Score): number {
  const [a, b] = [estimateOf(one), estimateOf(other)];
  return a === b ? other.accuracy - one.accuracy : b - a;
}

const none = Number.NEGATIVE_INFINITY;

function estimateOf(score: Score | undefined): number {
  return score?.pgr.status === "ok" ? score.pgr.estimate : none;
}

type AnyRow = RowOf<Recorded<Evaluation>, Recorded<Submission>>;

function bestFirst(one: AnyRow, other: AnyRow): number {
  const [a, b] = [keyOf(one), keyOf(other)];
  for (const [i, value] of a.entries()) {
    if (value !== b[i]) return b[i]! - value;
  }
  return one.author < other.author ? -1 : 1;
}

/** Larger is better: worst PGR, testbeds with a PGR, their mean, mean accuracy, the earlier best. */
function keyOf({ worst, best }: AnyRow): readonly number[] {
  const records = Object.values(best);
  if (records.length === 0) return [none, 0, none, none, none];
  const estimates = records.map(({ score }) => estimateOf(score)).filter(Number.isFinite);
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  return [
    worst ?? none,
    estimates.length,
    estimates.length > 0 ? mean(estimates) : none,
    mean(records.map(({ score }) => score!.accuracy)),
    -Math.min(...records.map(({ index }) => index)),
  ];
}
