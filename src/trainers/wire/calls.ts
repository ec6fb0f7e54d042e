import type { Rows } from "../../data/dataset.js";
import type { Blob } from "../../data/frame.js";
import { requestKey, rowsOf } from "../check.js";
import type { Calling, TrainerDefinition } from "../define.js";
import { listAt, matrixAt, type Op, type Reply } from "./messages.js";

/**
 * Sends `body` to the other side, and the datasets of `rows` along where it lacks them; waits for the answer. Transient
 * datasets are no `rows` of it: `body` itself holds their inputs.
 */
export type Ask = <O extends Op>(
  op: O,
  body: object,
  rows: readonly Rows[],
  calling: Calling,
) => Promise<{ readonly body: Reply<O>; readonly blobs: readonly Blob[] }>;

type Calls = Required<Pick<TrainerDefinition, "fit" | "predict" | "embed" | "score">>;

/** A trainer's calls in the words of the protocol (docs/protocol.md), whatever carries them. */
export function callsBy(ask: Ask): Calls {
  return {
    async fit(fit, calling) {
      const { train, predict, validation, from, ...rest } = fit;
      const { targets, weights } = train;
      const named = Object.entries(predict);
      const message = {
        key: requestKey(fit),
        ...rest,
        train: { ...reference(train), targets, ...(weights && { weights }) },
        predict: Object.fromEntries(named.map(([name, rows]) => [name, reference(rows)])),
        ...(from && { from: { id: from.id } }),
        ...(validation && {
          validation: { ...reference(validation), targets: validation.targets, keep: validation.keep },
        }),
      };
      const { body, blobs } = await ask("fit", message, toPut(rowsOf(fit)), calling);
      const { predictions, traces, curve, ...result } = body;
      return {
        ...result,
        predictions: Object.fromEntries(Object.entries(predictions).map(([name, at]) => [name, matrixAt(at, blobs)])),
        ...(traces && { traces: matrixAt(traces, blobs) }),
        ...(curve && { curve: listAt(curve, blobs) }),
      };
    },
    async predict({ checkpoint, rows }, calling) {
      const message = { checkpoint: { id: checkpoint.id }, rows: reference(rows) };
      const { body, blobs } = await ask("predict", message, toPut([rows]), calling);
      return { predictions: matrixAt(body.predictions, blobs), cost: body.cost };
    },
    async embed({ rows, ...rest }, calling) {
      const { body, blobs } = await ask("embed", { ...rest, rows: reference(rows) }, toPut([rows]), calling);
      return { layers: body.layers.map((at) => matrixAt(at, blobs)), cost: body.cost };
    },
    async score({ rows, ...rest }, calling) {
      const { body, blobs } = await ask("score", { ...rest, rows: reference(rows) }, toPut([rows]), calling);
      return {
        logProbabilities: matrixAt(body.logProbabilities, blobs),
        tokens: matrixAt(body.tokens, blobs),
        cost: body.cost,
      };
    },
  };
}

function reference({ dataset, indices }: Rows): object {
  const { hash, inputs, transient } = dataset;
  return { dataset: hash, ...(indices && { indices }), ...(transient && { inputs }) };
}

function toPut(rows: readonly Rows[]): readonly Rows[] {
  return rows.filter(({ dataset }) => !dataset.transient);
}
