import { argmax, type Matrix } from "../data/matrix.js";

/** How good predictions are on the whole, whatever the metric. */
export interface Measures {
  /** Share of examples whose most probable class is the right one. */
  readonly accuracy: number;
  /** Mean over classes of the share of their examples that are right; classes without an example are left out. */
  readonly balancedAccuracy: number;
  /**
   * Area under the ROC curve, ties counting half. Of the second class where there are two; else the mean over classes,
   * each against the rest. Classes that no example or every example has are left out; null where none is left.
   */
  readonly auroc: number | null;
}

/** Measures of the predictions for the examples in `rows`. */
export function measuresOf(predictions: Matrix, labels: Int32Array, rows: Int32Array): Measures {
  const { columns, data } = predictions;
  const predicted = argmax(predictions);
  const truth = rows.map((row) => labels[row]!);
  const right = new Float64Array(columns);
  const of = new Float64Array(columns);
  for (const [at, row] of rows.entries()) {
    const label = truth[at]!;
    of[label]! += 1;
    if (predicted[row] === label) right[label]! += 1;
  }
  const classes = [...of.keys()].filter((k) => of[k]! > 0);
  const areas = (columns === 2 ? [1] : [...of.keys()]).flatMap((k) => {
    const probabilities = Float32Array.from(rows, (row) => data[row * columns + k]!);
    return areaUnderRoc(probabilities, truth, k, of[k]!) ?? [];
  });
  return {
    accuracy: sum(right) / rows.length,
    balancedAccuracy: mean(classes.map((k) => right[k]! / of[k]!)),
    auroc: areas.length === 0 ? null : mean(areas),
  };
}

/** From the ranks of the class's examples among all (Mann & Whitney 1947), equal probabilities sharing their mean rank. */
function areaUnderRoc(
  probabilities: Float32Array,
  truth: Int32Array,
  k: number,
  positives: number,
): number | undefined {
  const negatives = truth.length - positives;
  if (positives === 0 || negatives === 0) return undefined;
  const order = Uint32Array.from(truth.keys()).sort((i, j) => probabilities[i]! - probabilities[j]!);
  let ranks = 0;
  for (let from = 0; from < order.length; ) {
    let to = from;
    let inTie = 0;
    for (; to < order.length && probabilities[order[to]!] === probabilities[order[from]!]; to++) {
      if (truth[order[to]!] === k) inTie++;
    }
    ranks += inTie * ((from + 1 + to) / 2);
    from = to;
  }
  return (ranks - (positives * (positives + 1)) / 2) / (positives * negatives);
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}
