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
 * Terms of lists of one kind. Lists of equal length are paired by seed and share one seed term; lists of different
 * lengths are independent sets of seeds.
 */
export function listTerms(lists: readonly Parsed[]): Terms {
  const accuracies = lists.filter((list) => list.kind === "accuracies");
  if (accuracies.length > 0) return accuracyTerms(accuracies);
  return exampleTerms(lists.filter((list) => list.kind === "examples"));
}

function exampleTerms(lists: readonly Examples[]): Terms {
  const matrices = lists.map((list) => list.matrix);
  const { examples, n } = crossedTerms(matrices.map((matrix) => [exampleMeans(matrix)]));
  return { examples, seedTerms: byLength(matrices, (paired) => crossedTerms(paired).seedTerms), n };
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
  return { examples, seedTerms: byLength(rows, seedTerm), n };
}

function seedTerm(rows: readonly Float64Array[]): SeedTerm[] {
  const count = rows[0]?.length ?? 0;
  if (count === 1) return [];
  const seeds = covariance(rows.map(centred), 1 / (count * (count - 1)));
  return [{ seeds, interaction: rows.map(() => rows.map(() => 0)), count }];
}

/** The seed terms of each class of lists of equal length, moved to the rows and columns of a matrix over all lists. */
function byLength<List extends ArrayLike<unknown>>(
  lists: readonly List[],
  termsOf: (paired: readonly List[]) => readonly SeedTerm[],
): SeedTerm[] {
  const classes = Map.groupBy(lists.keys(), (k) => lists[k]!.length);
  return [...classes.values()].flatMap((members) => {
    const placed = (of: Covariance): Covariance =>
      lists.map((_, j) => lists.map((_, k) => of[members.indexOf(j)]?.[members.indexOf(k)] ?? 0));
    return termsOf(members.map((k) => lists[k]!)).map(({ seeds, interaction, count }) => ({
      seeds: placed(seeds),
      interaction: placed(interaction),
      count,
    }));
  });
}
