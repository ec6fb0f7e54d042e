import { type Dataset, dataset, type Input, type Rows, rowInputs, transient } from "../data/dataset.js";
import { WeakToStrongError } from "../errors.js";
import { type ModelSpec, pretrainedOf } from "../models/model.js";
import type { Pretrained } from "../models/pretrained.js";
import { everythingOf, type LabTestbed } from "./testbeds.js";

/** From names in an agent's request to what the lab lists: nothing else can be reached by any of them. */

export function testbedNamed(testbeds: readonly LabTestbed[], name: string): LabTestbed {
  const found = testbeds.find((testbed) => testbed.name === name);
  if (found) return found;
  throw new WeakToStrongError(
    "not_found",
    `testbed: expected one of ${quoted(testbeds.map((testbed) => testbed.name))}, found ${shown(name)}.`,
  );
}

export function modelNamed({ student, models }: LabTestbed, name: string): ModelSpec {
  const listed = new Map([...Object.entries(models), ["student", student] as const]);
  const found = listed.get(name);
  if (found) return found;
  throw new WeakToStrongError(
    "not_found",
    `model: expected the name of a model that this lab lists, ${quoted([...listed.keys()])}, found ${shown(name)}.`,
  );
}

export function pretrainedNamed(testbed: LabTestbed, name: string): { model: Pretrained; maxTokens: number } {
  const spec = modelNamed(testbed, name);
  const model = pretrainedOf(spec);
  if (!model) {
    throw new WeakToStrongError(
      "unsupported",
      `model: ${shown(name)} stands on no pretrained model; embed without \`layers\` gives the features that it is a head on.`,
    );
  }
  if (spec.type === "huggingface") return { model, maxTokens: spec.maxTokens };
  return { model, maxTokens: spec.features.type === "hidden-states" ? spec.features.maxTokens : 512 };
}

/** Which examples are meant: some rows of a split (all by default), or inputs of the agent's own. */
export interface Selection {
  readonly rows?: Int32Array;
  readonly inputs?: readonly Input[];
  readonly split?: "train" | "development";
}

/** Which of the rows that a caller means leave nothing with the trainer ({@link Dataset.transient}). */
export type Transience = "none" | "inputs" | "all";

export function selectedRows(testbed: LabTestbed, selection: Selection, name: string, which: Transience): Rows {
  const rows = selected(testbed, selection, name);
  // All training examples, given as inputs, are still no inputs of the caller's own.
  const own = selection.inputs !== undefined && rows.dataset.hash !== testbed.train.dataset.hash;
  return which === "all" || (which === "inputs" && own) ? { ...rows, dataset: transient(rows.dataset) } : rows;
}

function selected(testbed: LabTestbed, { rows, inputs, split = "train" }: Selection, name: string): Rows {
  if (inputs) {
    const expected = fieldsOf(testbed.train.dataset.inputs[0]!);
    const other = inputs.findIndex((input) => fieldsOf(input) !== expected);
    if (other < 0) return { dataset: dataset(inputs) };
    throw new WeakToStrongError(
      "bad_input",
      `${name}[${other}]: expected the fields of this testbed's inputs, {${expected}}, found {${fieldsOf(inputs[other]!)}}.`,
    );
  }
  const chosen = testbed[split].dataset;
  if (chosen.inputs.length === 0) {
    throw new WeakToStrongError(
      "not_found",
      `${name}: there is no ${split} split here. In a clean room fit sees the training examples and predict the inputs that it is given: pass \`inputs\`.`,
    );
  }
  if (!rows) return { dataset: chosen };
  const wrong = rows.findIndex((row) => row < 0 || row >= chosen.inputs.length);
  if (wrong < 0) return { dataset: chosen, indices: rows };
  throw new WeakToStrongError(
    "bad_input",
    `${name}: rows[${wrong}]: expected a row of ${split}, from 0 to ${chosen.inputs.length - 1}, found ${rows[wrong]}.`,
  );
}

/**
 * The same examples as rows of all that this testbed has: features that are learned (patches) are learned from the whole
 * of a dataset, and two calls about different examples must speak of the same features.
 */
export function amongAll(testbed: LabTestbed, rows: Rows): Rows {
  const { all, rowOf } = knownOf(testbed);
  const indices = rowInputs(rows).map((input) => rowOf.get(JSON.stringify(input)) ?? -1);
  const stranger = indices.indexOf(-1);
  const dataset = rows.dataset.transient ? transient(all) : all;
  if (stranger < 0) return { dataset, indices: Int32Array.from(indices) };
  throw new WeakToStrongError(
    "unsupported",
    `embed[${stranger}]: this student's features are learned from the testbed's own inputs, and only of these they can be had.`,
  );
}

const known = new WeakMap<LabTestbed, { readonly all: Dataset; readonly rowOf: ReadonlyMap<string, number> }>();

function knownOf(testbed: LabTestbed) {
  const found = known.get(testbed);
  if (found) return found;
  const { train, development } = testbed;
  const all = testbed.everything ?? everythingOf(train.dataset, development.dataset);
  const rows = new Map(all.inputs.map((input, row) => [JSON.stringify(input), row]));
  const shown = [...train.dataset.inputs, ...development.dataset.inputs].map((input) => JSON.stringify(input));
  const made = { all, rowOf: new Map(shown.map((input) => [input, rows.get(input)!])) };
  known.set(testbed, made);
  return made;
}

function fieldsOf(input: Input): string {
  return Object.keys(input).sort().join(", ");
}

function quoted(names: readonly string[]): string {
  return names.map((name) => JSON.stringify(name)).join(", ");
}

function shown(name: string): string {
  return JSON.stringify(name.slice(0, 80));
}
