import { expect } from "vitest";
import {
  hashedWords,
  linear,
  type Matrix,
  type Method,
  type MethodContext,
  matrix,
  type StudentFit,
} from "weak-to-strong";
import { random } from "../../src/data/random.js";

/** A context in which whatever a test has not planned fails. */
export function contextOf(parts: Partial<MethodContext> = {}): MethodContext {
  const unexpected = async (): Promise<never> => {
    throw new Error("this method was not expected to ask for that");
  };
  return {
    examples: [],
    weakLabels: matrix([[0.5, 0.5]]),
    classes: 2,
    kind: "classification",
    student: linear(hashedWords()),
    seed: 0,
    signal: new AbortController().signal,
    emit: () => undefined,
    features: unexpected,
    embed: unexpected,
    score: unexpected,
    teachers: unexpected,
    fit: unexpected,
    ...parts,
  };
}

/** All that the method has trained, answered by `answer`; by default a fit predicts its own targets. */
export async function fitsOf(
  method: Method,
  parts: Partial<MethodContext> = {},
  answer: (fit: StudentFit, index: number) => Matrix = ({ targets }) => targets,
): Promise<StudentFit[]> {
  const fits: StudentFit[] = [];
  const fit = async (options: StudentFit) => {
    const train = answer(options, fits.length);
    fits.push(options);
    return { checkpoint: { id: `fit ${fits.length}` }, predictions: { test: train, train } } as never;
  };
  await method(contextOf({ ...parts, fit }));
  return fits;
}

/** The only thing that the method has trained. */
export async function fitOf(method: Method, parts: Partial<MethodContext> = {}): Promise<StudentFit> {
  const fits = await fitsOf(method, parts);
  expect(fits).toHaveLength(1);
  return fits[0]!;
}

/** Two classes, each a cloud of points around its own mean, and labels that are wrong for a share of them. */
export interface Planted {
  readonly truth: Int32Array;
  readonly features: Matrix;
  readonly weakLabels: Matrix;
  /** Whose weak label is wrong. */
  readonly wrong: readonly boolean[];
  readonly examples: MethodContext["examples"];
}

export function planted(count: number, wrongShare: number, seed = 0): Planted {
  const uniform = random("planted", seed);
  const truth = Int32Array.from({ length: count }, (_, i) => i % 2);
  const features = matrix(
    Array.from(truth, (y) => Array.from({ length: 6 }, () => gaussian(uniform) + (2 * y - 1) * 0.6)),
  );
  const wrong = Array.from({ length: count }, () => uniform() < wrongShare);
  const weakLabels = matrix(
    Array.from(truth, (y, i) => {
      const sure = 0.6 + 0.3 * uniform();
      return (y === 1) === !wrong[i] ? [1 - sure, sure] : [sure, 1 - sure];
    }),
  );
  const examples = Array.from(truth, (_, i) => ({ id: `${i}`, input: { text: `${i}` } }));
  return { truth, features, weakLabels, wrong, examples };
}

/** A student in plain TypeScript: the difference of the classes' soft means, as log-odds. */
export function studentOn({ data, rows, columns }: Matrix): MethodContext["fit"] {
  return async ({ targets, rows: chosen }) => {
    const direction = new Float64Array(columns);
    let bias = 0;
    const indices = chosen ? Array.from(chosen) : Array.from({ length: rows }, (_, i) => i);
    const total = [0, 1].map((k) => indices.reduce((sum, _, at) => sum + targets.data[2 * at + k]!, 0));
    for (const [at, i] of indices.entries()) {
      for (let c = 0; c < columns; c++) {
        const x = data[i * columns + c]!;
        for (const k of [0, 1]) {
          const share = ((2 * k - 1) * targets.data[2 * at + k]!) / total[k]!;
          direction[c]! += share * x;
        }
      }
    }
    const midpoint = indices.map((i) => direction.reduce((sum, w, c) => sum + w * data[i * columns + c]!, 0));
    bias = -midpoint.reduce((a, b) => a + b, 0) / midpoint.length;
    const train = matrix(
      Array.from({ length: rows }, (_, i) => {
        const odds = direction.reduce((sum, w, c) => sum + w * data[i * columns + c]!, bias);
        const p = 1 / (1 + Math.exp(-odds));
        return [1 - p, p];
      }),
    );
    return { checkpoint: { id: "0" }, predictions: { test: train, train } } as never;
  };
}

export function gaussian(uniform: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** The share of labels whose more probable class is the true one. */
export function accuracyOf(labels: Matrix, truth: ArrayLike<number>): number {
  let right = 0;
  for (let i = 0; i < labels.rows; i++) if (labels.data[2 * i + 1]! > 0.5 === (truth[i] === 1)) right++;
  return right / labels.rows;
}
