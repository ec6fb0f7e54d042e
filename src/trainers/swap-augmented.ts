import { type Dataset, dataset, type Preference, type Rows, swapped, transient } from "../data/dataset.js";
import type { Matrix } from "../data/matrix.js";
import { WeakToStrongError } from "../errors.js";
import type { FitRequest, Trainer, Validation } from "../trainer.js";
import { defineTrainer } from "./define.js";

/**
 * A trainer that shows each preference in both orders: training (and validation) rows are doubled, with `first` and
 * `second` swapped and the labels turned round, and predictions are the mean over both orders. Swapping an input turns its
 * prediction round exactly, and a model that always prefers the first answer is at a half. Traces are those of the rows as
 * given. Inputs of other kinds, `embed` and `score` pass through untouched.
 *
 * Its fingerprint is not the inner trainer's, since it answers equal requests otherwise. The inner trainer stays its
 * maker's to dispose.
 */
export function swapAugmented(trainer: Trainer): Trainer {
  const name = (fingerprint: string): string => `swap-augmented ${fingerprint}`;
  return defineTrainer({
    name: trainer.name,
    capabilities: (options) => trainer.capabilities(options),
    fingerprint: async (model, options) => name(await trainer.fingerprint(model, options)),
    async fit(request, options) {
      checkClasses(request);
      const result = await trainer.fit(
        {
          ...request,
          train: { ...request.train, ...doubled(request.train) },
          predict: Object.fromEntries(
            Object.entries(request.predict).map(([split, rows]) => [split, bothOrders(rows)]),
          ),
          ...(request.validation && { validation: { ...request.validation, ...doubled(request.validation) } }),
        },
        options,
      );
      const { traces, fingerprint } = result;
      return {
        ...result,
        predictions: Object.fromEntries(
          Object.entries(request.predict).map(([split, rows]) => [split, averaged(rows, result.predictions[split]!)]),
        ),
        ...(traces && { traces: isPreference(request.train) ? half(traces) : traces }),
        ...(fingerprint !== undefined && { fingerprint: name(fingerprint) }),
      };
    },
    async predict(request, options) {
      const result = await trainer.predict({ ...request, rows: bothOrders(request.rows) }, options);
      return { ...result, predictions: averaged(request.rows, result.predictions) };
    },
    embed: (request, options) => trainer.embed(request, options),
    score: (request, options) => trainer.score(request, options),
  });
}

function isPreference({ dataset: { inputs } }: Rows): boolean {
  return inputs.length > 0 && inputs.every((input) => "first" in input);
}

function checkClasses({ train, classes }: FitRequest): void {
  if (classes === 2 || !isPreference(train)) return;
  throw new WeakToStrongError(
    "bad_input",
    `swapAugmented: classes: expected 2 for preferences (the first is better, the second is better), found ${classes}.`,
  );
}

/** Made once a dataset: hashing is most of the work, and workers know datasets by their hash. */
const twins = new WeakMap<Dataset, Dataset>();

/** The dataset and, after it, the same with both answers swapped. */
function twinOf(source: Dataset): Dataset {
  const known = twins.get(source);
  if (known) return known;
  const both = dataset([...source.inputs, ...(source.inputs as readonly Preference[]).map(swapped)]);
  const twin = source.transient ? transient(both) : both;
  twins.set(source, twin);
  return twin;
}

/** The rows, and after them the same rows swapped. */
function bothOrders(rows: Rows): Rows {
  if (!isPreference(rows)) return rows;
  const { inputs } = rows.dataset;
  const asked = rows.indices ?? Int32Array.from(inputs.keys());
  return {
    dataset: twinOf(rows.dataset),
    indices: join(
      asked,
      asked.map((i) => i + inputs.length),
    ),
  };
}

type Labelled = FitRequest["train"] | Validation;

function doubled(rows: Labelled): Partial<Labelled> {
  if (!isPreference(rows)) return {};
  const { targets } = rows;
  const weights = "weights" in rows ? rows.weights : undefined;
  return {
    ...bothOrders(rows),
    targets: { ...targets, rows: 2 * targets.rows, data: join(targets.data, turned(targets.data)) },
    ...(weights && { weights: join(weights, weights) }),
  };
}

function averaged(rows: Rows, both: Matrix): Matrix {
  if (!isPreference(rows)) return both;
  const asIs = half(both);
  const back = turned(both.data.subarray(asIs.data.length));
  return { ...asIs, data: asIs.data.map((p, at) => (p + back[at]!) / 2) };
}

function half(matrix: Matrix): Matrix {
  return { ...matrix, rows: matrix.rows / 2, data: matrix.data.slice(0, matrix.data.length / 2) };
}

/** Rows of two with the columns exchanged. */
function turned(data: Float32Array): Float32Array {
  return data.map((_, at) => data[at ^ 1]!);
}

function join<T extends Int32Array | Float32Array>(one: T, other: T): T {
  const both = one instanceof Int32Array ? new Int32Array(2 * one.length) : new Float32Array(2 * one.length);
  both.set(one);
  both.set(other, one.length);
  return both as T;
}
