import { random, shuffled } from "../../data/random.js";
import { studentCdf } from "../../stats/student.js";
import { type Columns, ridge } from "../ridge.js";
import { members } from "./columns.js";

const folds = 5;

/**
 * How far labels can be told from surface columns, for rows that the model was not fitted on.
 *
 * y being the labels as 0/1 columns, one a class, m their mean and f the prediction of a ridge regression, both from the other
 * folds: share = sum (|y - m|^2 - |y - f|^2) / sum |y - m|^2. 1: the surface settles every label; 0: it tells nothing; below
 * 0: noise. For one categorical feature it is Goodman and Kruskal's tau (1954; as a share of variance: Light & Margolin
 * 1971), cross-validated.
 */
export interface Explained {
  readonly share: number;
  /** Terms of the numerator and of the denominator, one a row, summed over runs. */
  readonly gain: Float64Array;
  readonly total: Float64Array;
}

/**
 * Explains several labellings of the same rows, each a list of runs, by the same columns. Folds keep groups whole.
 *
 * @returns One entry a labelling; the share is 0 where all runs say one class throughout.
 */
export function explainEach(
  columns: Columns,
  groups: Int32Array,
  labellings: readonly (readonly Int32Array[])[],
  classes: number,
): Explained[] {
  const n = groups.length;
  const sums = labellings.map(() => ({ gain: new Float64Array(n), total: new Float64Array(n) }));
  const foldOf = new Int32Array(n);
  for (const [at, group] of shuffled(members(groups), random("surface folds")).entries())
    for (const i of group) foldOf[i] = at % folds;
  // Of two classes one column tells all.
  const targets = labellings.map((runs) =>
    runs.flatMap((labels) =>
      Array.from({ length: classes === 2 ? 1 : classes }, (_, c) =>
        Float64Array.from(labels, (label) => Number(label === c)),
      ),
    ),
  );
  for (let fold = 0; fold < folds; fold++) {
    const others = Int32Array.from(foldOf.keys()).filter((i) => foldOf[i] !== fold);
    const held = Int32Array.from(foldOf.keys()).filter((i) => foldOf[i] === fold);
    const fit = ridge(columns, others, 5 + 0.02 * others.length);
    for (const [k, { gain, total }] of sums.entries()) {
      for (const target of targets[k]!) {
        const mean = others.reduce((sum, i) => sum + target[i]!, 0) / others.length;
        const predicted = fit(target)(columns, held);
        for (const [at, i] of held.entries()) {
          const plain = (target[i]! - mean) ** 2;
          gain[i]! += plain - (target[i]! - predicted[at]!) ** 2;
          total[i]! += plain;
        }
      }
    }
  }
  return sums.map(({ gain, total }) => {
    const whole = sum(total);
    return { share: whole > 1e-9 ? sum(gain) / whole : 0, gain, total };
  });
}

/**
 * One-sided p-value of "what the surface leaves open of `one` is at least `part` of what it leaves open of `other`, less `by`":
 * H0: 1 - share(one) >= part (1 - share(other)) - by, by the linearised ratios (Cochran 1977, section 6.4) with groups as what
 * was drawn, against Student's t. By default `part` is 1 and `by` 0.
 */
export function betterExplained(
  one: Explained,
  other: Explained,
  { part = 1, by = 0 }: { readonly part?: number; readonly by?: number },
  groups: Int32Array,
): number {
  const margin = part * (1 - other.share) - by - (1 - one.share);
  const influence = (of: Explained, i: number, whole: number) => (of.gain[i]! - of.share * of.total[i]!) / whole;
  const [wholeOne, wholeOther] = [sum(one.total), sum(other.total)];
  const perGroup = members(groups).map((rows) =>
    rows.reduce(
      (all, i) => all + influence(one, i, wholeOne) - (wholeOther > 0 ? part * influence(other, i, wholeOther) : 0),
      0,
    ),
  );
  const count = perGroup.length;
  if (count < 2 || !(wholeOne > 0)) return 1;
  const error = Math.sqrt((count / (count - 1)) * perGroup.reduce((all, value) => all + value * value, 0));
  if (error === 0) return margin > 0 ? 0 : 1;
  return 1 - studentCdf(margin / error, count - 1);
}

function sum(values: Float64Array): number {
  return values.reduce((all, value) => all + value, 0);
}
