import { contentHash } from "../data/canonical.js";
import { type Rows, rowCount } from "../data/dataset.js";
import { checkProbabilities, type Matrix } from "../data/matrix.js";
import { WeakToStrongError } from "../errors.js";
import type { FitRequest, FitResult } from "../trainer.js";

/**
 * The name of a fit request: SHA-256 over its canonical JSON, in which datasets stand as their hashes and arrays as the
 * hashes of their bytes. Whatever can change the answer is in it; what else does is in the trainer's fingerprint.
 */
export function requestKey(request: FitRequest): string {
  const { train, predict, validation, from, ...rest } = request;
  const named = Object.fromEntries(Object.entries(predict).map(([name, rows]) => [name, rowsKey(rows)]));
  const { targets, weights } = train;
  return contentHash({
    ...rest,
    train: { ...rowsKey(train), targets, weights: weights ?? null },
    predict: named,
    ...(validation && { validation: { ...rowsKey(validation), targets: validation.targets, keep: validation.keep } }),
    ...(from && { from: from.id }),
  });
}

/** All rows that a fit is about. */
export function rowsOf({ train, predict, validation }: FitRequest): readonly Rows[] {
  return [train, ...Object.values(predict), ...(validation ? [validation] : [])];
}

function rowsKey(rows: Rows): object {
  return { dataset: rows.dataset.hash, indices: rows.indices ?? null };
}

/** Throws `bad_input` for an option that there is not: plain JavaScript would ignore it. */
export function checkOptions(name: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  throw new WeakToStrongError("bad_input", `${name}: unknown option "${unknown}"; there are ${known.join(", ")}.`);
}

/** Throws `bad_input`, naming the field, unless the request is one that any trainer could answer. */
export function checkFitRequest(request: FitRequest): void {
  if (request.task !== "classify") {
    throw bad(`task: expected "classify", found ${JSON.stringify(request.task)}.`);
  }
  if (!Number.isInteger(request.classes) || request.classes < 2) {
    throw bad(`classes: expected an integer of at least 2, found ${request.classes}.`);
  }
  if (!Number.isSafeInteger(request.seed) || request.seed < 0) {
    throw bad(`seed: expected a non-negative integer, found ${request.seed}.`);
  }
  checkRows(request.train, "train");
  const examples = rowCount(request.train);
  if (examples === 0) throw bad("train: there is no example to train on.");
  checkProbabilities(request.train.targets, examples, request.classes, "train.targets");
  const { weights } = request.train;
  if (weights && (weights.length !== examples || !weights.every((weight) => weight >= 0 && Number.isFinite(weight)))) {
    throw bad(`train.weights: expected ${examples} finite non-negative numbers, one a training row.`);
  }
  if (weights?.every((weight) => weight === 0))
    throw bad("train.weights: all weights are 0; nothing would be learned.");
  for (const [name, rows] of Object.entries(request.predict)) checkRows(rows, `predict.${name}`);
  const { validation } = request;
  if (validation) {
    checkRows(validation, "validation");
    if (rowCount(validation) === 0) throw bad("validation: there is no example to measure on.");
    checkProbabilities(validation.targets, rowCount(validation), request.classes, "validation.targets");
    if (validation.keep !== "last" && validation.keep !== "best")
      throw bad(`validation.keep: expected "last" or "best", found ${JSON.stringify(validation.keep)}.`);
  }
}

/** Throws `bad_input` unless every index lies inside the dataset. */
export function checkRows(rows: Rows, name: string): void {
  const { dataset, indices } = rows;
  if (!indices) return;
  const wrong = indices.findIndex((index) => index < 0 || index >= dataset.inputs.length);
  if (wrong >= 0) {
    throw bad(
      `${name}.indices[${wrong}]: expected an index from 0 to ${dataset.inputs.length - 1} (the dataset has ${dataset.inputs.length} rows), found ${indices[wrong]}.`,
    );
  }
}

/** Throws unless the result has what was asked: a backend that drops a row must not get away with it. */
export function checkFitResult(trainer: string, request: FitRequest, result: FitResult): void {
  for (const [name, rows] of Object.entries(request.predict)) {
    const predictions = result.predictions[name];
    if (!predictions) {
      throw new WeakToStrongError(
        "protocol",
        `The trainer "${trainer}" returned no predictions for "${name}"; expected one matrix for each entry of the request's \`predict\`.`,
      );
    }
    checkProbabilities(predictions, rowCount(rows), request.classes, `predictions.${name} of the trainer "${trainer}"`);
  }
  // What was asked for besides and ignored would be taken for granted by whoever asked.
  const ignored =
    (request.validation &&
      !(result.history.length > 0 && result.history.every((epoch) => epoch.validation)) &&
      "validation") ||
    (request.traces && !result.traces && "traces") ||
    (request.curve && !result.curve && "curve");
  if (ignored) {
    throw new WeakToStrongError(
      "unsupported",
      `The trainer "${trainer}" returned nothing for \`${ignored}\`: it does not support it. Leave it out or use another trainer.`,
    );
  }
}

/** A result whose arrays are its own: what one caller does to them must not reach another. */
export function copyResult(result: FitResult): FitResult {
  const copy = (matrix: Matrix): Matrix => ({ ...matrix, data: matrix.data.slice() });
  const predictions = Object.entries(result.predictions).map(([name, matrix]) => [name, copy(matrix)]);
  return {
    ...result,
    predictions: Object.fromEntries(predictions),
    ...(result.traces && { traces: copy(result.traces) }),
    ...(result.curve && { curve: result.curve.slice() }),
  };
}

function bad(message: string): WeakToStrongError {
  return new WeakToStrongError("bad_input", `Fit request: ${message}`);
}
