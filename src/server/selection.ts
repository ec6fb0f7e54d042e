import { type Dataset, dataset, type Input, type Rows, rowInputs } from "../data/dataset.js";
import { WeakToStrongError } from "../errors.js";
import { type ModelSpec, pretrainedOf } from "../models/model.js";
import type { Pretrained } from "../models/pretrained.js";
import type { LabTestbed } from "./testbeds.js";

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

export function selectedRows(testbed: LabTestbed, { rows, inputs, split = "train" }: Selection, name: string): Rows {
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
  const { all, rowOf } = everythingOf(testbed);
  const indices = rowInputs(rows).map((input) => rowOf.get(JSON.stringify(input)) ?? -1);
  const stranger = indices.indexOf(-1);
  if (stranger < 0) return { dataset: all, indices: Int32Array.from(indices) };
  throw new WeakToStrongError(
    "unsupported",
    `embed[${stranger}]: this student's features are learned from the testbed's own inputs, and only of these they can be had.`,
  );
}

const everything = new WeakMap<LabTestbed, { readonly all: Dataset; readonly rowOf: ReadonlyMap<string, number> }>();

function everythingOf(testbed: LabTestbed) {
  const found = everything.get(testbed);
  if (found) return found;
  const all = dataset([...testbed.train.dataset.inputs, ...testbed.development.dataset.inputs]);
  const made = { all, rowOf: new Map(all.inputs.map((input, row) => [JSON.stringify(input), row])) };
  everything.set(testbed, made);
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
