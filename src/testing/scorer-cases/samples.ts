import type { Matrix } from "../../data/matrix.js";
import { random } from "../../data/random.js";
import type { EvaluateRequest } from "../../scorer.js";
import type { SealedTestbed } from "../../scorers/sealed/testbed.js";

/** 1 for about the share `right` of the rows, and 0 for the others; what is right at a share is so at a larger one. */
function outcomes(rows: number, right: number, ...seed: readonly (string | number)[]): Float64Array {
  const uniform = random("scorer suite", ...seed);
  return Float64Array.from({ length: rows }, () => (uniform() < right ? 1 : 0));
}

/** Two fifths, two fifths and a fifth of units of rows that stay together. */
function parted(rows: number, unit: number): SealedTestbed["parts"] {
  const of = (...fifths: readonly number[]): Int32Array =>
    Int32Array.from(Array.from({ length: rows }, (_, row) => row)).filter((row) =>
      fifths.includes(Math.floor(row / unit) % 5),
    );
  return { development: of(0, 1), final: of(2, 3), vault: of(4) };
}

function sample(
  name: string,
  options: {
    readonly rows: number;
    readonly classes: number;
    readonly seeds: readonly number[];
    readonly sealedSeeds: readonly number[];
    readonly ceiling: number;
    readonly parts: SealedTestbed["parts"];
  },
): SealedTestbed {
  const { rows, classes, seeds, sealedSeeds, ceiling, parts } = options;
  const uniform = random("scorer suite", name, "labels");
  const all = [...seeds, ...sealedSeeds];
  return {
    name,
    classes,
    ids: Array.from({ length: rows }, (_, row) => `${name}-${row}`),
    labels: Int32Array.from({ length: rows }, () => Math.floor(uniform() * classes)),
    parts,
    seeds,
    sealedSeeds,
    weak: all.map((seed) => outcomes(rows, 0.55, name, "weak", seed)),
    ceiling: all.map((seed) => outcomes(rows, ceiling, name, "ceiling", seed)),
    weakLabels: sealedSeeds.map((seed) => weakLabels(classes, seed)),
  };
}

/** Of four training examples: other ones for each teacher. */
function weakLabels(classes: number, seed: number): Matrix {
  const uniform = random("scorer suite", "weak labels", seed);
  const data = Float32Array.from({ length: 4 * classes }, (_, i) => (i % classes === 0 ? uniform() : 0));
  for (let row = 0; row < 4; row++) data[row * classes + 1] = 1 - data[row * classes]!;
  return { rows: 4, columns: classes, data };
}

const everyRow = (rows: number): SealedTestbed["parts"] => ({
  development: Int32Array.from({ length: rows }, (_, row) => row),
  final: new Int32Array(),
  vault: new Int32Array(),
});

/** Three classes and three seeds; groups and two seeds; a ceiling no better than the teacher, with development only. */
export const sampleTestbeds = [
  sample("plain", {
    ...{ rows: 400, classes: 3, ceiling: 0.95 },
    ...{ seeds: [0, 1, 2], sealedSeeds: [10, 11, 12], parts: parted(400, 1) },
  }),
  {
    ...sample("grouped", {
      ...{ rows: 600, classes: 2, ceiling: 0.95 },
      ...{ seeds: [3, 7], sealedSeeds: [20, 21], parts: parted(600, 8) },
    }),
    groups: Int32Array.from({ length: 600 }, (_, row) => (row % 5 === 4 ? -1 : row >> 3)),
  },
  sample("flat", {
    ...{ rows: 60, classes: 2, ceiling: 0.55 },
    ...{ seeds: [0, 1], sealedSeeds: [], parts: everyRow(60) },
  }),
] as const satisfies SealedTestbed[];

export const [plain, grouped, flat] = sampleTestbeds;

/**
 * The same rows and parts with other labels, and other scores of teacher and ceiling. Of three classes, what was right
 * before and what was wrong are both wrong now.
 */
export const otherTruth: readonly SealedTestbed[] = sampleTestbeds.map((testbed) => ({
  ...testbed,
  labels: testbed.labels.map((label) => (label + testbed.classes - 1) % testbed.classes),
  weak: testbed.weak.map((list) => list.toReversed()),
}));

/** On rows of the test split, about the share `right` of them right by the truth of `testbed`. */
export function guesses(
  testbed: SealedTestbed,
  right: number,
  { rows, seed }: { readonly rows: Int32Array; readonly seed: number },
): Matrix {
  const { name, labels, classes } = testbed;
  const good = outcomes(labels.length, right, name, "method", seed);
  const data = new Float32Array(rows.length * classes).fill(0.25 / (classes - 1));
  for (const [at, row] of rows.entries()) {
    data[at * classes + ((labels[row]! + (good[row] ? 0 : 1)) % classes)] = 0.75;
  }
  return { rows: rows.length, columns: classes, data };
}

/** Predictions for the development part. */
export function predictions(testbed: SealedTestbed, right: number, seed: number): Matrix {
  return guesses(testbed, right, { rows: testbed.parts.development, seed });
}

/** The same share, by another method: what it is right on has nothing to do with what the usual one is right on. */
export function otherwise(
  testbed: SealedTestbed,
  right: number,
  variant: number,
): Pick<EvaluateRequest, "predictions"> {
  const of = (seed: number): Matrix => predictions(testbed, right, seed + 100 * variant);
  return { predictions: testbed.seeds.map((seed) => ({ seed, probabilities: of(seed) })) };
}

/** A request that is right on about the share `right` of the rows, for all seeds unless told otherwise. */
export function request(
  testbed: SealedTestbed,
  right: number,
  changes: Partial<EvaluateRequest> = {},
): EvaluateRequest {
  return {
    author: "ada",
    testbed: testbed.name,
    method: "a method",
    predictions: testbed.seeds.map((seed) => ({ seed, probabilities: predictions(testbed, right, seed) })),
    ...changes,
  };
}
