import {
  type Covariance,
  centred,
  covariance,
  crossedTerms,
  exampleMeans,
  mean,
  type SeedTerm,
  type Terms,
} from "./crossed.js";
import type { Parsed } from "./scores.js";

type Accuracies = Extract<Parsed, { kind: "accuracies" }>;
type Examples = Extract<Parsed, { kind: "examples" }>;

/** Mean over seeds (and examples) of one list. */
export function listMean(list: Parsed): number {
  return mean(list.kind === "accuracies" ? list.accuracies : Float64Array.from(list.matrix, mean));
}

/** Number of seeds of one list. */
export function seedCount(list: Parsed): number {
  return list.kind === "accuracies" ? list.accuracies.length : list.matrix.length;
}

/**
 * Terms of lists of one kind. Lists of equal length are paired by seed, so that one seed term covers them all;
 * otherwise every list is an independent set of seeds with a seed term of its own.
 */
export function listTerms(lists: readonly Parsed[]): Terms {
  const accuracies = lists.filter((list) => list.kind === "accuracies");
  if (accuracies.length > 0) return accuracyTerms(accuracies);
  return exampleTerms(lists.filter((list) => list.kind === "examples"));
}

function exampleTerms(lists: readonly Examples[]): Terms {
  const matrices = lists.map((list) => list.matrix);
  if (paired(matrices)) return crossedTerms(matrices);
  const seedTerms = independent(matrices.map((matrix) => crossedTerms([matrix]).seedTerms));
  return { ...crossedTerms(matrices.map((matrix) => [exampleMeans(matrix)])), seedTerms };
}

/**
 * Test sampling is binomial, p (1 - p) / (n - 1), as if no two lists shared their easy and hard examples, and the seed
 * term keeps its share of test noise: both err towards a wider interval, and neither can be estimated from accuracies.
 */
function accuracyTerms(lists: readonly Accuracies[]): Terms {
  const n = lists[0]?.n ?? 0;
  const rows = lists.map((list) => list.accuracies);
  const binomial = rows.map((row) => (mean(row) * (1 - mean(row))) / (n - 1));
  const examples = binomial.map((variance, k) => rows.map((_, j) => (j === k ? variance : 0)));
  const seedTerms = paired(rows) ? seedTerm(rows) : independent(rows.map((row) => seedTerm([row])));
  return { examples, seedTerms, n };
}

function seedTerm(rows: readonly Float64Array[]): SeedTerm[] {
  const count = rows[0]?.length ?? 0;
  if (count === 1) return [];
  const seeds = covariance(rows.map(centred), 1 / (count * (count - 1)));
  return [{ seeds, interaction: rows.map(() => rows.map(() => 0)), count }];
}

function paired(lists: readonly ArrayLike<unknown>[]): boolean {
  return lists.every((list) => list.length === lists[0]?.length);
}

/** Seed terms of single lists, each moved to its own row and column of a matrix over all lists. */
function independent(single: readonly (readonly SeedTerm[])[]): SeedTerm[] {
  const placed = (of: Covariance, at: number): Covariance =>
    single.map((_, j) => single.map((_, k) => (j === at && k === at ? (of[0]?.[0] as number) : 0)));
  return single.flatMap((terms, at) =>
    terms.map(({ seeds, interaction, count }) => ({
      seeds: placed(seeds, at),
      interaction: placed(interaction, at),
      count,
    })),
  );
}
