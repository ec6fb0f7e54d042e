import { argmax, type Matrix } from "../data/matrix.js";
import type { AuditCase } from "./case.js";
import type { SurfaceRows } from "./surface/columns.js";

/** Hard predictions of all runs that came through, on the rows that they share, ascending. */
export interface AlignedRuns extends SurfaceRows {
  /** Position in the submission's runs of each run that came through. */
  readonly runs: readonly number[];
  /** Each one list a run, each a class for each of `rows`. */
  readonly submission: readonly Int32Array[];
  readonly weak: readonly Int32Array[];
  readonly ceiling: readonly Int32Array[];
  /** The peers that have predictions for each of these runs. */
  readonly peers: readonly { readonly method: string; readonly predictions: readonly Int32Array[] }[];
}

/** Brings the runs of a submission into one order of rows; undefined where none came through. */
export function alignedRuns({ submission, testbed, references, peers }: AuditCase): AlignedRuns | undefined {
  const runs = [...submission.runs.keys()].filter((r) => submission.runs[r]!.predictions && references[r]);
  if (runs.length === 0) return undefined;
  const places = runs.map((r) => new Map(Array.from(submission.runs[r]!.rows, (row, at) => [row, at])));
  const rows = Int32Array.from([...places[0]!.keys()].filter((row) => places.every((of) => of.has(row)))).sort();
  const hard = (of: (run: number) => Matrix) =>
    runs.map((run, k) => {
      const classes = argmax(of(run));
      return Int32Array.from(rows, (row) => classes[places[k]!.get(row)!]!);
    });
  const { inputs, answers } = testbed.test;
  return {
    inputs: Array.from(rows, (row) => inputs[row]!),
    rows,
    groups: Int32Array.from(numbered(Array.from(rows, (row) => groupKey(testbed.test, row)))),
    ...(answers && { answers: Array.from(rows, (row) => answers[row]) }),
    train: testbed.train,
    runs,
    submission: hard((run) => submission.runs[run]!.predictions!),
    weak: hard((run) => references[run]!.weak),
    ceiling: hard((run) => references[run]!.ceiling),
    peers: peers
      .filter(({ predictions }) => runs.every((run) => predictions[run]?.rows === submission.runs[run]!.rows.length))
      .map(({ method, predictions }) => ({ method, predictions: hard((run) => predictions[run]!) })),
  };
}

/** What rows of one group share: the testbed's group, else the text of the question or prompt that a method can see. */
export function groupKey({ inputs, groups }: AuditCase["testbed"]["test"], row: number): string {
  const group = groups?.[row] ?? -1;
  if (group >= 0) return `group ${group}`;
  const input = inputs[row]!;
  if ("question" in input) return `asks ${input.question}`;
  return "prompt" in input && input.prompt !== "" ? `asks ${input.prompt}` : `row ${row}`;
}

/** Equal keys get equal numbers, from 0 in the order in which they come. */
function numbered(keys: readonly string[]): number[] {
  const numbers = new Map<string, number>();
  return keys.map((key) => {
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    return number;
  });
}
