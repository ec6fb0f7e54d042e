import { random, shuffled } from "../data/random.js";
import { WeakToStrongError } from "../errors.js";

/** How to cut one list of examples into the three splits. */
export interface SplitOptions<Example> {
  /** Share of the examples that each split gets; they add up to 1. Default: 0.2, 0.5, 0.3. */
  readonly fractions?: { readonly train_label: number; readonly train_unlabel: number; readonly test: number };
  /** Default 0. */
  readonly seed?: number;
  /** Examples with the same value are kept in one split: a document, a problem, an author. */
  readonly group?: (example: Example) => string;
  /** Each value is spread over the splits in proportion. Default: the example's `label`. */
  readonly stratify?: (example: Example) => string;
}

/**
 * Cuts examples into `train_label`, `train_unlabel` and `test`: groups stay together, labels are spread in proportion
 * (a group counts with its most frequent label), and the same seed gives the same cut.
 */
export function splitExamples<Example extends { readonly label: unknown }>(
  examples: readonly Example[],
  options: SplitOptions<Example> = {},
): { train_label: Example[]; train_unlabel: Example[]; test: Example[] } {
  const { fractions = { train_label: 0.2, train_unlabel: 0.5, test: 0.3 }, seed = 0 } = options;
  const { group, stratify = (example: Example) => String(example.label) } = options;
  const shares = Object.entries(fractions) as [keyof typeof fractions, number][];
  const sum = shares.reduce((total, [, share]) => total + share, 0);
  if (shares.some(([, share]) => !(share > 0)) || Math.abs(sum - 1) > 1e-9) {
    throw new WeakToStrongError(
      "bad_input",
      `splitExamples: fractions: expected three positive numbers that add up to 1, found ${JSON.stringify(fractions)}.`,
    );
  }
  const units = [...Map.groupBy(examples, (example, index) => (group ? group(example) : index)).values()];
  const strata = Map.groupBy(shuffled(units, random("split", seed)), (unit) => mostFrequent(unit.map(stratify)));
  const out = { train_label: [] as Example[], train_unlabel: [] as Example[], test: [] as Example[] };
  for (const stratum of strata.values()) {
    // Large groups first, each to the split that lags furthest behind its share.
    const total = stratum.reduce((count, unit) => count + unit.length, 0);
    const filled = new Map(shares.map(([name]) => [name, 0]));
    for (const unit of stratum.toSorted((a, b) => b.length - a.length)) {
      const lag = ([name, share]: (typeof shares)[number]): number => share - filled.get(name)! / total;
      const [name] = shares.reduce((most, next) => (lag(next) > lag(most) ? next : most));
      filled.set(name, filled.get(name)! + unit.length);
      out[name].push(...unit);
    }
  }
  return out;
}

function mostFrequent(values: readonly string[]): string {
  return [...Map.groupBy(values, (value) => value)].reduce((most, next) =>
    next[1].length > most[1].length ? next : most,
  )[0];
}
