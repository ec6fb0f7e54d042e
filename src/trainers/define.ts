import { WeakToStrongError } from "../errors.js";
import type { ModelSpec } from "../models/model.js";
import { untilAborted } from "../run.js";
import type {
  CallOptions,
  Capabilities,
  EmbedRequest,
  EmbedResult,
  FitRequest,
  FitResult,
  PredictRequest,
  PredictResult,
  ScoreRequest,
  ScoreResult,
  Trainer,
} from "../trainer.js";
import { checkFitRequest, checkFitResult, checkRows, requestKey } from "./check.js";

/** What the functions of a definition get: always both. */
export type Calling = Required<CallOptions>;

/** What there is to say of a trainer; all but `name` and `fit` have a default. */
export interface TrainerDefinition {
  readonly name: string;
  /** Trains and predicts. Left out parts of the result are filled in: a checkpoint id, no history, wall-clock cost. */
  fit(request: FitRequest, options: Calling): Promise<Pick<FitResult, "predictions"> & Partial<FitResult>>;
  predict?(request: PredictRequest, options: Calling): Promise<PredictResult>;
  embed?(request: EmbedRequest, options: Calling): Promise<EmbedResult>;
  score?(request: ScoreRequest, options: Calling): Promise<ScoreResult>;
  /** Default: the task `classify`, models `linear`, the loss `cross_entropy`, no warm start, one call at a time. */
  readonly capabilities?: Partial<Capabilities> | ((options: Calling) => Promise<Capabilities>);
  /** Default: `name`. Change it whenever the answers to equal requests change, or caches go stale. */
  readonly fingerprint?: string | ((model: ModelSpec, options: Calling) => Promise<string>);
  dispose?(): Promise<void>;
}

/**
 * Makes a {@link Trainer} of a few functions and takes care of what every trainer owes its callers: requests and
 * results are checked, an abort rejects at once with `signal.reason`, calls after disposal are refused.
 */
export function defineTrainer(definition: TrainerDefinition): Trainer {
  const closing = new AbortController();
  let disposing: Promise<void> | undefined;

  async function guarded<T>(call: (options: Calling) => Promise<T>, options: CallOptions = {}): Promise<T> {
    const signal = options.signal ? AbortSignal.any([options.signal, closing.signal]) : closing.signal;
    signal.throwIfAborted();
    let live = true;
    const emit: Calling["emit"] = (event) => {
      if (live) options.emit?.(event);
    };
    try {
      return await untilAborted(call({ signal, emit }), signal);
    } finally {
      live = false;
    }
  }

  async function capabilities(calling: Calling): Promise<Capabilities> {
    if (typeof definition.capabilities === "function") return definition.capabilities(calling);
    return {
      tasks: ["classify"],
      models: ["linear"],
      losses: ["cross_entropy"],
      predict: definition.predict !== undefined,
      embed: definition.embed !== undefined,
      score: definition.score !== undefined,
      warmStart: false,
      devices: ["cpu"],
      parallel: 1,
      ...definition.capabilities,
    };
  }

  function unsupported(what: string): never {
    throw new WeakToStrongError(
      "unsupported",
      `The trainer "${definition.name}" has no \`${what}\`; ask its capabilities() before calling.`,
    );
  }

  return {
    name: definition.name,
    capabilities: (options) => guarded(capabilities, options),
    fingerprint: (model, options) =>
      guarded(async (calling) => {
        const { fingerprint = definition.name } = definition;
        return typeof fingerprint === "string" ? fingerprint : fingerprint(model, calling);
      }, options),
    fit: (request, options) =>
      guarded(async (calling) => {
        checkFitRequest(request);
        if (request.from && !(await capabilities(calling)).warmStart) unsupported("warm start (`from`)");
        const started = performance.now();
        const fitted = await definition.fit(request, calling);
        const result = {
          history: [],
          cost: { seconds: (performance.now() - started) / 1000, device: "cpu", tokens: 0 },
          ...fitted,
          checkpoint: fitted.checkpoint ?? { id: requestKey(request) },
        };
        checkFitResult(definition.name, request, result);
        return result;
      }, options),
    predict: (request, options) =>
      guarded(async (calling) => {
        checkRows(request.rows, "rows");
        return definition.predict ? definition.predict(request, calling) : unsupported("predict");
      }, options),
    embed: (request, options) =>
      guarded(async (calling) => {
        checkRows(request.rows, "rows");
        return definition.embed ? definition.embed(request, calling) : unsupported("embed");
      }, options),
    score: (request, options) =>
      guarded(async (calling) => {
        checkRows(request.rows, "rows");
        return definition.score ? definition.score(request, calling) : unsupported("score");
      }, options),
    [Symbol.asyncDispose]: () => {
      disposing ??= (async () => {
        closing.abort(new WeakToStrongError("disposed", `The trainer "${definition.name}" has been disposed.`));
        await definition.dispose?.();
      })();
      return disposing;
    },
  };
}
