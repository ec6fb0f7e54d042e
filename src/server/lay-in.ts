import { type Rows, rowInputs } from "../data/dataset.js";
import { npy } from "../data/npy.js";
import { WeakToStrongError } from "../errors.js";
import type { LabTestbed } from "./testbeds.js";

/** A file to be laid into a sandbox; `path` is relative to the folder with the testbeds, `/lab/data`. */
export interface LaidIn {
  readonly path: string;
  readonly content: string | Uint8Array;
}

/**
 * What an agent sees of a testbed, as files in the folder of its name: inputs under opaque ids, and the weak labels.
 * But for `labelled.jsonl` nothing in them is or depends on a true label, a subset or a difficulty.
 *
 *     meta.json            name, kind, classes, seeds, models (name -> folder of its weights inside, or null)
 *     train.jsonl          { id, input, group?, answer? } a line
 *     development.jsonl    { id, input } a line: the order of the rows of predictions; in a clean room what to predict
 *     labelled.jsonl       { id, input, label } a line, of train_label; only where the lab shows it
 *     weak_labels/0.npy    for each seed training examples x classes, float32
 *
 * `weights`: where pretrained weights lie inside the sandbox, by the model's name; `student` is the student's.
 */
export function layInFiles(testbed: LabTestbed, weights: Readonly<Record<string, string>> = {}): readonly LaidIn[] {
  const { name, kind, classes, seeds, train, development, labelled, models } = testbed;
  if (!/^[A-Za-z0-9][\w.-]{0,99}$/.test(name)) {
    throw new WeakToStrongError(
      "bad_input",
      `testbed: name: expected letters, digits, "-", "_" and ".", found ${JSON.stringify(name)}; it names a folder.`,
    );
  }
  const listed = ["student", ...Object.keys(models)].map((model) => [model, weights[model] ?? null]);
  const meta = { name, kind, classes, seeds, models: Object.fromEntries(listed) };
  const lines = (split: Rows & { readonly ids: readonly string[] }, more: (row: number) => object): string =>
    rowInputs(split)
      .map((input, row) => `${JSON.stringify({ id: split.ids[row], input, ...more(row) })}\n`)
      .join("");
  const known = (row: number): object => {
    const group = train.groups?.[row] ?? -1;
    const answer = train.answers?.[row];
    return { ...(group >= 0 && { group }), ...(answer !== undefined && { answer }) };
  };
  return [
    { path: `${name}/meta.json`, content: `${JSON.stringify(meta, null, 2)}\n` },
    { path: `${name}/train.jsonl`, content: lines(train, known) },
    { path: `${name}/development.jsonl`, content: lines(development, () => ({})) },
    ...(labelled
      ? [{ path: `${name}/labelled.jsonl`, content: lines(labelled.split, (row) => ({ label: labelled.labels[row] })) }]
      : []),
    ...seeds.map((seed) => ({ path: `${name}/weak_labels/${seed}.npy`, content: npy(testbed.weakLabels(seed)) })),
  ];
}
