import { contentHash } from "./canonical.js";

/** What a model sees of one example. Never the label, an id, a subset or a difficulty. */
export type Input =
  /** A text to classify. */
  | { readonly text: string }
  /** A grey-scale image as rows of pixels in [0, 1]. */
  | { readonly image: readonly (readonly number[])[] }
  /** Preference: which of two answers is better? Class 0 is `first`, class 1 is `second`. */
  | { readonly prompt: string; readonly first: string; readonly second: string }
  /** Verification: is `choice` a right answer to `question`? Class 0 is false, class 1 is true. */
  | { readonly question: string; readonly choice: string };

/** A preference. */
export type Preference = Extract<Input, { readonly prompt: string }>;

/** The same preference with its answers in the other order. */
export function swapped({ prompt, first, second }: Preference): Preference {
  return { prompt, first: second, second: first };
}

/** What kind of question the examples ask. */
export type Kind = "classification" | "preference" | "verification";

/**
 * An immutable list of inputs, named by its content: `hash` is the SHA-256 of the canonical JSON of `inputs`. Trainers
 * that live elsewhere fetch or receive it once and know it by the hash from then on.
 */
export interface Dataset {
  readonly hash: string;
  readonly inputs: readonly Input[];
  /**
   * A trainer keeps nothing of these inputs beyond the call: no features, no copy, no result in a cache. It computes anew
   * what it may still have of the same inputs from elsewhere, and answers with the same bits as without this mark.
   */
  readonly transient?: true;
}

/** Some rows of a dataset: `indices` into `dataset.inputs`, in the order in which rows are meant. All rows if absent. */
export interface Rows {
  readonly dataset: Dataset;
  readonly indices?: Int32Array;
}

/** Makes a {@link Dataset} from inputs; they are copied and frozen through and through. */
export function dataset(inputs: readonly Input[]): Dataset {
  const copy = deepFreeze(structuredClone(inputs));
  return Object.freeze({ hash: contentHash(copy), inputs: copy });
}

/** The same inputs, marked as {@link Dataset.transient}. */
export function transient({ hash, inputs }: Dataset): Dataset {
  return Object.freeze({ hash, inputs, transient: true });
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  for (const entry of Object.values(value)) deepFreeze(entry);
  return Object.freeze(value);
}

/** How many rows are meant. */
export function rowCount(rows: Rows): number {
  return rows.indices?.length ?? rows.dataset.inputs.length;
}

/** The inputs meant, in order. */
export function rowInputs(rows: Rows): readonly Input[] {
  const { dataset, indices } = rows;
  return indices ? Array.from(indices, (i) => dataset.inputs[i]!) : dataset.inputs;
}
