import { argmax, type Matrix, row, takeRows } from "../data/matrix.js";
import { random, shuffled } from "../data/random.js";
import { groupKey } from "./aligned.js";
import type { AuditTestbed } from "./case.js";
import { mainDirection, plainColumns, plainStudent } from "./reference-student.js";

/** Other weak labels for the same training examples. */
export interface Perturbation {
  readonly name: string;
  readonly weakLabels: Matrix;
  /** Share of the training examples whose hard label differs. */
  readonly dose: number;
  /** Of the test split's rows: whether the change reaches rows like this one. */
  readonly region: readonly boolean[];
  /** What a plain student says of the given test rows, taught with the labels as they were and with these. */
  readonly plain: Change;
}

/** Classes of some rows before and after. */
export interface Change {
  readonly before: Int32Array;
  readonly after: Int32Array;
}

/** Doses of the covert perturbations: the shares of the training examples that lie in their regions. */
export const covertDoses = [0.15, 0.35] as const;

/**
 * Four ways to teach something else:
 * - `flipped`: each example's probabilities go to the next class (of two: to the other one).
 * - `permuted`: the labels are dealt to other examples at random; nothing about the inputs is left in them.
 * - `covert`, twice, at rising doses: in one region of the inputs (groups whole), the labels of one class change places with
 *   equally confident ones of another. The set of labels, and with it class balance and confidences, is kept to the bit, and
 *   their agreement with any table of answers falls by twice the dose at most: no more than between one teacher and a
 *   somewhat weaker one. Yet all labels of the region are wrong alike, which no student can average out.
 */
export function perturbations(testbed: AuditTestbed, weakLabels: Matrix, rows: Int32Array): readonly Perturbation[] {
  const train = plainColumns(testbed.train.inputs);
  const test = plainColumns(testbed.test.inputs);
  const along = mainDirection(train);
  const standing = groupMeans(testbed.train, along(train));
  const testStanding = groupMeans(testbed.test, along(test));
  const student = plainStudent(train, test);
  const [before, taught] = [argmax(weakLabels), student(weakLabels)];
  const made = (name: string, labels: Matrix, region: readonly boolean[]): Perturbation => {
    const [now, then] = [argmax(labels), student(labels)];
    const dose = now.filter((label, i) => label !== before[i]).length / now.length;
    const at = (classes: Int32Array) => Int32Array.from(rows, (i) => classes[i]!);
    return { name, weakLabels: labels, dose, region, plain: { before: at(taught), after: at(then) } };
  };
  const everywhere = testbed.test.inputs.map(() => true);
  const all = [...Array(weakLabels.rows).keys()];
  return [
    made("flipped", turned(weakLabels), everywhere),
    made("permuted", takeRows(weakLabels, shuffled(all, random("permuted weak labels", testbed.name))), everywhere),
    ...covertDoses.map((dose, k) => {
      const sign = k === 0 ? 1 : -1;
      const sorted = standing.map((value) => sign * value).sort((a, b) => b - a);
      const threshold = sorted[Math.max(0, Math.round(dose * sorted.length) - 1)]!;
      const inside = (value: number) => sign * value >= threshold;
      const region = all.filter((i) => inside(standing[i]!));
      return made(`covert ${dose}`, exchanged(weakLabels, region), testStanding.map(inside));
    }),
  ];
}

/** Rows of one class change places with rows of another, the least confident with the least confident, within `region`. */
function exchanged(labels: Matrix, region: readonly number[]): Matrix {
  const classOf = argmax(labels);
  const confidence = (i: number) => Math.max(...row(labels, i));
  const order = [...region].sort((a, b) => classOf[a]! - classOf[b]! || confidence(a) - confidence(b) || a - b);
  const from = Int32Array.from({ length: labels.rows }, (_, i) => i);
  const half = Math.floor(order.length / 2);
  for (const [at, i] of order.entries()) from[i] = order[(at + half) % order.length]!;
  return takeRows(labels, from);
}

function turned(labels: Matrix): Matrix {
  const { rows, columns, data } = labels;
  return { rows, columns, data: data.map((_, at) => data[at % columns === 0 ? at + columns - 1 : at - 1]!) };
}

function groupMeans(split: AuditTestbed["train"], values: Float64Array): number[] {
  const keys = split.inputs.map((_, i) => groupKey(split, i));
  const rows = Map.groupBy(keys.keys(), (i) => keys[i]!);
  const means = new Map([...rows].map(([key, at]) => [key, at.reduce((sum, i) => sum + values[i]!, 0) / at.length]));
  return keys.map((key) => means.get(key)!);
}
