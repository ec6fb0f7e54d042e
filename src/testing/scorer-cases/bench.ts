import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Matrix } from "../../data/matrix.js";
import { random } from "../../data/random.js";
import type { EvaluateRequest, PGRScorer } from "../../scorer.js";
import type { SealedTestbed } from "../../scorers/development/sealed.js";
import { type SuiteCase, suiteCase } from "../suite.js";

/** What a scorer under test is made of. */
export interface ScorerSetup {
  /** An empty folder, or one that the same kind of scorer has used before and goes on with. */
  readonly dir: string;
  /** Evaluations of each author. */
  readonly evaluations: number;
  readonly testbeds: readonly SealedTestbed[];
}

export type MakeScorer = (setup: ScorerSetup) => PGRScorer | Promise<PGRScorer>;

/** Makes a scorer in the case's own folder; `dir` names another one below it. */
export type OpenScorer = (changes?: Partial<ScorerSetup>) => Promise<PGRScorer>;

export interface Bench {
  test(name: string, body: (open: OpenScorer) => Promise<void>): SuiteCase;
}

export const budget = 6;

export function benchOf(make: MakeScorer): Bench {
  return {
    test: (name, body) =>
      suiteCase(name, async () => {
        const folder = mkdtempSync(join(tmpdir(), "w2s-scorer-"));
        const opened: PGRScorer[] = [];
        try {
          await body(async ({ dir = "one", evaluations = budget, testbeds = sampleTestbeds } = {}) => {
            const scorer = await make({ dir: join(folder, dir), evaluations, testbeds });
            opened.push(scorer);
            return scorer;
          });
        } finally {
          for (const scorer of opened) await scorer[Symbol.asyncDispose]();
          rmSync(folder, { recursive: true, force: true });
        }
      }),
  };
}

/** 1 for about the share `right` of the rows, and 0 for the others. */
function outcomes(rows: number, right: number, ...seed: readonly (string | number)[]): Float64Array {
  const uniform = random("scorer suite", ...seed);
  return Float64Array.from({ length: rows }, () => (uniform() < right ? 1 : 0));
}

function sample(
  name: string,
  options: {
    readonly rows: number;
    readonly classes: number;
    readonly seeds: readonly number[];
    readonly ceiling: number;
  },
): SealedTestbed {
  const { rows, classes, seeds, ceiling } = options;
  const uniform = random("scorer suite", name, "labels");
  return {
    name,
    classes,
    ids: Array.from({ length: rows }, (_, row) => `${name}-${row}`),
    labels: Int32Array.from({ length: rows }, () => Math.floor(uniform() * classes)),
    seeds,
    weak: seeds.map((seed) => outcomes(rows, 0.55, name, "weak", seed)),
    ceiling: seeds.map((seed) => outcomes(rows, ceiling, name, "ceiling", seed)),
  };
}

/** Three classes and three seeds; groups and two seeds; a ceiling that is no better than the teacher. */
export const sampleTestbeds = [
  sample("plain", { rows: 150, classes: 3, seeds: [0, 1, 2], ceiling: 0.95 }),
  {
    ...sample("grouped", { rows: 240, classes: 2, seeds: [3, 7], ceiling: 0.95 }),
    groups: Int32Array.from({ length: 240 }, (_, row) => (row % 5 === 4 ? -1 : row >> 3)),
  },
  sample("flat", { rows: 60, classes: 2, seeds: [0, 1], ceiling: 0.55 }),
] as const satisfies SealedTestbed[];

export const [plain, grouped, flat] = sampleTestbeds;

/** The same rows with other labels, and other scores of teacher and ceiling. */
export const otherTruth: readonly SealedTestbed[] = sampleTestbeds.map((testbed) => ({
  ...testbed,
  labels: testbed.labels.map((label) => (label + 1) % testbed.classes),
  weak: testbed.weak.map((list) => list.toReversed()),
}));

/** Predictions of which about the share `right` is right, for the truth of `testbed`. */
export function predictions(testbed: SealedTestbed, right: number, seed: number): Matrix {
  const { labels, classes } = testbed;
  const data = new Float32Array(labels.length * classes).fill(0.25 / (classes - 1));
  for (const [row, good] of outcomes(labels.length, right, testbed.name, "method", seed).entries()) {
    data[row * classes + ((labels[row]! + (good ? 0 : 1)) % classes)] = 0.75;
  }
  return { rows: labels.length, columns: classes, data };
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
