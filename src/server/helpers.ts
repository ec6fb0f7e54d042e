import { type Rows, rowCount } from "../data/dataset.js";
import type { Matrix } from "../data/matrix.js";
import { WeakToStrongError } from "../errors.js";
import type { Features } from "../models/features.js";
import { tuneOf } from "../models/huggingface.js";
import type { ModelSpec } from "../models/model.js";
import { untilAborted } from "../run.js";
import type {
  Capabilities,
  Cost,
  EmbedResult,
  FitRequest,
  FitResult,
  PredictResult,
  ScoreResult,
  Trainer,
} from "../trainer.js";
import { checkFitRequest } from "../trainers/check.js";
import type { Quote } from "./estimates.js";
import type { HelperRequest } from "./requests.js";
import { type SealedIds, sealedIds } from "./sealed-ids.js";
import {
  amongAll,
  modelNamed,
  pretrainedNamed,
  type Selection,
  selectedRows,
  type Transience,
  testbedNamed,
} from "./selection.js";
import type { LabTestbed } from "./testbeds.js";
import { type Planned, type TurnsOptions, turns } from "./turns.js";

/** The trainer as one agent's programs may use it: the lab's testbeds and listed models by name, and its own checkpoints. */
export interface TrainerHelpers {
  fit(request: HelperRequest<"fit">, options: HelperCalling): Promise<HelperFitted>;
  predict(request: HelperRequest<"predict">, options: HelperCalling): Promise<Answer<{ predictions: Matrix }>>;
  embed(request: HelperRequest<"embed">, options: HelperCalling): Promise<Answer<{ layers: readonly Matrix[] }>>;
  score(
    request: HelperRequest<"score">,
    options: HelperCalling,
  ): Promise<Answer<{ logProbabilities: Matrix; tokens: Matrix }>>;
  /** What a call would take. Costs nothing. */
  quote(request: HelperRequest<"quote">, options: HelperCalling): Promise<Quote>;
}

export interface HelperCalling {
  readonly signal: AbortSignal;
}

/**
 * What was asked, what it cost (whoever had it computed first), and how many seconds it waited for its turn; zeros in a
 * clean room.
 */
export type Answer<T> = T & { readonly cost: Omit<Cost, "cached">; readonly queued: number };

export type HelperFitted = Answer<
  Pick<FitResult, "predictions" | "history" | "traces" | "curve"> & { readonly checkpoint: string }
>;

export interface TrainerHelpersOptions extends TurnsOptions {
  /** The agents' own. What was fitted with truth must lie with another trainer, in another store and cache. */
  readonly trainer: Trainer;
  readonly testbeds: readonly LabTestbed[];
  /** Known to the lab only, and the same in each of its lives: checkpoints' names are sealed with it. */
  readonly secret: string;
  /**
   * For a caller who must leave nothing that another could notice, and notice nothing that another left: which rows leave
   * nothing with the trainer, inputs of the caller's own or all. Answers then do not say what they cost. Default `none`.
   */
  readonly transient?: Transience;
}

/** Bytes of one answer. */
const mostAnswer = 64 << 20;

export function trainerHelpers(options: TrainerHelpersOptions): TrainerHelpers {
  const { agent, trainer, testbeds, transient = "none" } = options;
  const names = sealedIds(options.secret);
  const { take, quote } = turns(options);
  let asking: Promise<Capabilities> | undefined;

  /** Asked once: a trainer that is busy may answer late. */
  function capabilities(signal: AbortSignal): Promise<Capabilities> {
    asking ??= trainer.capabilities().catch((error: unknown) => {
      asking = undefined;
      throw error;
    });
    return untilAborted(asking, signal);
  }

  /** Whether somebody had asked the same before is nobody's business. */
  function paid({ cached: _, ...cost }: Cost, queued: number): { cost: Omit<Cost, "cached">; queued: number } {
    return transient === "none" ? { cost, queued } : { cost: { ...cost, seconds: 0, tokens: 0 }, queued: 0 };
  }

  return {
    async fit(asked, options) {
      const plan = async (): Promise<Planned<FitResult>> => {
        const request = fitRequest(testbedNamed(testbeds, asked.testbed), asked, agent, names, transient);
        checkFitRequest(request);
        checkKnown(await capabilities(options.signal), request);
        return {
          kind: kindOf("fit", asked.testbed, asked.model),
          examples: rowCount(request.train) * request.model.optimizer.epochs,
          perform: (calling) => trainer.fit(request, calling),
        };
      };
      const { result, queued } = await take("fit", asked, plan, options);
      const { checkpoint, predictions, history, traces, curve, cost } = result;
      return {
        checkpoint: names.seal(agent, checkpoint.id),
        predictions,
        history,
        ...(traces && { traces }),
        ...(curve && { curve }),
        ...paid(cost, queued),
      };
    },

    async predict(asked, options) {
      const plan = (): Planned<PredictResult> => {
        const rows = selectedRows(testbedNamed(testbeds, asked.testbed), asked, "predict", transient);
        const checkpoint = { id: opened(names, agent, asked.checkpoint) };
        return {
          kind: kindOf("predict", asked.testbed),
          examples: rowCount(rows),
          perform: (calling) => trainer.predict({ checkpoint, rows }, calling),
        };
      };
      const { result, queued } = await take("predict", asked, plan, options);
      return { predictions: result.predictions, ...paid(result.cost, queued) };
    },

    async embed(asked, options) {
      const plan = (): Planned<EmbedResult> => {
        const testbed = testbedNamed(testbeds, asked.testbed);
        const rows = selectedRows(testbed, asked, "embed", transient);
        const { layers, pooling } = asked;
        const request = layers
          ? { ...pretrainedNamed(testbed, asked.model), layers, pooling, rows }
          : featuresRequest(testbed, featuresOf(modelNamed(testbed, asked.model)), rows);
        return {
          kind: kindOf("embed", asked.testbed, asked.model),
          examples: rowCount(rows),
          perform: (calling) => trainer.embed(request, calling),
        };
      };
      const { result, queued } = await take("embed", asked, plan, options);
      checkSize(result.layers.reduce((bytes, { data }) => bytes + data.byteLength, 0));
      return { layers: result.layers, ...paid(result.cost, queued) };
    },

    async score(asked, options) {
      const plan = (): Planned<ScoreResult> => {
        const testbed = testbedNamed(testbeds, asked.testbed);
        const rows = selectedRows(testbed, asked, "score", transient);
        const { prompt, continuations, chat, model } = asked;
        const form = { ...(prompt !== undefined && { prompt }), ...(continuations && { continuations }), chat };
        const request = { ...pretrainedNamed(testbed, model), rows, ...form };
        return {
          kind: kindOf("score", asked.testbed, model),
          examples: rowCount(rows),
          perform: (calling) => trainer.score(request, calling),
        };
      };
      const { result, queued } = await take("score", asked, plan, options);
      const { logProbabilities, tokens, cost } = result;
      return { logProbabilities, tokens, ...paid(cost, queued) };
    },

    async quote({ call, testbed: name, model, examples, epochs }) {
      const testbed = testbedNamed(testbeds, name);
      const spec = modelNamed(testbed, model);
      const split = call === "fit" ? testbed.train : testbed.development;
      const rows = examples ?? split.dataset.inputs.length;
      if (call === "fit") return quote(kindOf(call, name, model), rows * (epochs ?? spec.optimizer.epochs));
      return quote(call === "predict" ? kindOf(call, name) : kindOf(call, name, model), rows);
    },
  };
}

function fitRequest(
  testbed: LabTestbed,
  asked: HelperRequest<"fit">,
  agent: string,
  names: SealedIds,
  transient: Transience,
): FitRequest {
  const rowsOf = (selection: Selection, name: string): Rows => selectedRows(testbed, selection, name, transient);
  const { targets, weights } = asked.train;
  const train = rowsOf(asked.train, "train");
  const validation = asked.validation && rowsOf(asked.validation, "validation");
  if (validation && !asked.train.inputs && !asked.validation?.inputs) checkApart(train, validation);
  const model = tuned(modelNamed(testbed, asked.model), asked);
  const steps = Math.ceil(rowCount(train) / model.optimizer.batchSize) * model.optimizer.epochs;
  if (asked.curve) checkSize(4 * steps);
  if (asked.traces) checkSize(4 * rowCount(train) * model.optimizer.epochs);
  const wanted: [string, Rows][] = asked.predict.map((split) => [split, rowsOf({ split }, split)]);
  if (asked.inputs) wanted.push(["inputs", rowsOf({ inputs: asked.inputs }, "inputs")]);
  return {
    task: "classify",
    model,
    classes: testbed.classes.length,
    train: { ...train, targets, ...(weights && { weights }) },
    loss: asked.loss,
    seed: asked.seed,
    predict: Object.fromEntries(wanted),
    ...(asked.from !== undefined && { from: { id: opened(names, agent, asked.from) } }),
    ...(validation && {
      validation: { ...validation, targets: asked.validation!.targets, keep: asked.validation!.keep },
    }),
    ...(asked.traces && { traces: true }),
    ...(asked.curve && { curve: true }),
  };
}

function tuned(model: ModelSpec, { tune, optimizer }: HelperRequest<"fit">): ModelSpec {
  if (model.type === "huggingface") {
    return { ...model, ...(tune && { tune: tuneOf(tune) }), optimizer: { ...model.optimizer, ...optimizer } };
  }
  const extra = tune !== undefined ? "tune" : optimizer.warmup !== undefined ? "optimizer.warmup" : undefined;
  if (extra === undefined) return { ...model, optimizer: { ...model.optimizer, ...optimizer } };
  throw new WeakToStrongError("unsupported", `${extra}: the model is linear; only a transformer has it. Leave it out.`);
}

function featuresRequest(testbed: LabTestbed, features: Features, rows: Rows) {
  return { features, rows: features.type === "patches" ? amongAll(testbed, rows) : rows };
}

function featuresOf(model: ModelSpec) {
  if (model.type === "linear") return model.features;
  throw new WeakToStrongError("bad_input", 'layers: expected a list of layers, "all" or "middle", found nothing.');
}

/** Said here, before a place in the queue and a reservation: the trainer would refuse it later. */
function checkKnown({ losses, models }: Capabilities, { loss, model }: FitRequest): void {
  if (!losses.includes(loss.name)) {
    throw new WeakToStrongError(
      "unsupported",
      `loss: expected one of ${losses.join(", ")}, found ${JSON.stringify(loss.name)}.`,
    );
  }
  if (!models.includes(model.type)) {
    throw new WeakToStrongError("unsupported", `model: this lab's trainer has no models of type ${model.type}.`);
  }
}

/** Another agent's checkpoint, one of the trainer's own names and one that never was are the same: not this agent's. */
function opened(names: SealedIds, agent: string, name: string): string {
  const id = names.open(agent, name);
  if (id !== undefined) return id;
  throw new WeakToStrongError(
    "not_found",
    "checkpoint: expected one that a fit of yours returned in this lab, found another.",
  );
}

function checkApart(train: Rows, validation: Rows): void {
  const trained = train.indices && new Set(train.indices);
  const both = validation.indices?.find((row) => !trained || trained.has(row));
  if (both === undefined && validation.indices) return;
  throw new WeakToStrongError(
    "bad_input",
    `validation: rows: expected rows that are not trained on, but ${both === undefined ? "all are meant" : `row ${both} is`}. Name other rows for it, and leave them out of train.`,
  );
}

function checkSize(bytes: number): void {
  if (bytes <= mostAnswer) return;
  throw new WeakToStrongError(
    "bad_input",
    `The answer would have ${bytes} bytes; at most ${mostAnswer} are sent. Ask for fewer rows, layers or epochs at a time.`,
  );
}

function kindOf(...parts: readonly string[]): string {
  return JSON.stringify(parts);
}
