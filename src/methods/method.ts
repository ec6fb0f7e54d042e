import { contentHash } from "../data/canonical.js";
import type { Input, Kind } from "../data/dataset.js";
import type { Matrix } from "../data/matrix.js";
import { WeakToStrongError } from "../errors.js";
import type { Pooling } from "../models/features.js";
import type { FineTuneOptimizer, Tune } from "../models/huggingface.js";
import type { ModelSpec } from "../models/model.js";
import type { Checkpoint, FitResult, LossSpec, ScoreResult, TrainerEvent } from "../trainer.js";

/** A training example as a method sees it: no label, subset or difficulty, and an id that says nothing. */
export interface Example {
  readonly id: string;
  readonly input: Input;
  /** Examples of one document, problem or author share a number. */
  readonly group?: number;
  /** Verification: the final answer that the input's `choice` gives. */
  readonly answer?: string;
}

/** What a method is given for one seed. */
export interface MethodContext {
  /** The examples of `train_unlabel`. */
  readonly examples: readonly Example[];
  /** The teacher's soft labels: examples x classes, rows sum to 1. */
  readonly weakLabels: Matrix;
  readonly classes: number;
  /** What the inputs are: `classification`, `preference`, `verification`, ... */
  readonly kind: Kind;
  /** The student, as the experiment names it. */
  readonly student: ModelSpec;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Trains a fresh student and predicts the test examples. */
  fit(options: StudentFit): Promise<Fitted>;
  /**
   * The student's frozen features of the examples: examples x width. For a linear student those that it is a head on, for
   * a fine-tuned one the pretrained model's middle layer, averaged over tokens.
   */
  features(): Promise<Matrix>;
  /** Hidden states of the student's pretrained model: one matrix a layer, examples (or `inputs`) x width. */
  embed(options: StudentEmbed): Promise<readonly Matrix[]>;
  /** What the student's pretrained language model says after a prompt, before any training. */
  score(options?: StudentScore): Promise<ScoreResult>;
  /**
   * Soft labels of `count` further teachers, each trained on a bootstrap draw of the teacher's own examples: examples x
   * classes each.
   */
  teachers(count: number): Promise<readonly Matrix[]>;
  /** Shown to whoever watches the experiment. */
  emit(event: TrainerEvent): void;
  /** For controls only: the true labels of the examples that the teacher was trained on, as one-hot rows. */
  readonly teacherLabels?: Matrix;
}

/** How a method has the student trained. */
export interface StudentFit {
  /** Soft labels, one row for each of `rows`. */
  readonly targets: Matrix;
  /** Which of `examples` to train on, as indices. Default: all, in order. */
  readonly rows?: ArrayLike<number>;
  /** Weight of each row. Default: all 1. */
  readonly weights?: Float32Array;
  /** Default: `{ name: "cross_entropy" }`. */
  readonly loss?: LossSpec;
  /** Changes to how the student is trained. */
  readonly optimizer?: Partial<FineTuneOptimizer>;
  /** Another model than the student. */
  readonly model?: ModelSpec;
  /** For a fine-tuned student: which of its weights are trained. */
  readonly tune?: Tune;
  /** Start from this trained model, which one of this method's fits returned. */
  readonly from?: Checkpoint;
  /** Examples (as indices) to measure on after each epoch, not trained on; "best" keeps the epoch of least loss there. */
  readonly validation?: {
    readonly rows: ArrayLike<number>;
    readonly targets: Matrix;
    readonly keep: "last" | "best";
  };
  /** Also predict the training examples (`predictions.train`, all of `examples`). Default false. */
  readonly predictTrain?: boolean;
  /** Also return each row's loss after each epoch. Default false. */
  readonly traces?: boolean;
  /** Also return the loss of each optimiser step. Default false. */
  readonly curve?: boolean;
  /** For controls only: train on the teacher's examples instead; `targets` has a row for each of them. */
  readonly on?: "teacher examples";
}

/** Which hidden states. */
export interface StudentEmbed {
  readonly layers: readonly number[] | "all" | "middle";
  /** Default "mean". */
  readonly pooling?: Pooling;
  /** Default: the examples'. */
  readonly inputs?: readonly Input[];
}

/** What the pretrained model is asked: templates as in `ScoreRequest`. */
export interface StudentScore {
  readonly prompt?: string;
  readonly continuations?: readonly string[];
  readonly chat?: boolean;
  /** Default: the examples'. */
  readonly inputs?: readonly Input[];
}

/** A trained student and what it predicts. */
export interface Fitted extends FitResult {
  readonly predictions: { readonly test: Matrix; readonly train?: Matrix };
}

/** What a method answers: class probabilities for the test examples, and the student they are from, if it is one. */
export type MethodResult = Pick<Fitted, "predictions"> & Partial<Fitted>;

/**
 * A weak-to-strong method: from inputs and weak labels to predictions. Any async function is one; results call it by its
 * `methodName`, else by the function's name.
 */
export interface Method {
  (context: MethodContext): Promise<MethodResult>;
  readonly methodName?: string;
  /** A control may see the truth that the teacher was trained on. It is no method: nobody has that truth in earnest. */
  readonly control?: boolean;
}

/** Gives a method the name under which results list it. */
export function named(name: string, method: Method, options: { control?: boolean } = {}): Method {
  return Object.assign((context: MethodContext) => method(context), { methodName: name, ...options });
}

/** `confidence` where all options have their defaults, else `confidence(alpha=0.75)`. */
export function methodName<Options extends object>(
  base: string,
  options: Options,
  defaults: Required<Options>,
): string {
  const unknown = Object.keys(options).find((key) => !Object.hasOwn(defaults, key));
  if (unknown !== undefined) {
    throw new WeakToStrongError(
      "bad_input",
      `${base}: unknown option "${unknown}"; it has ${Object.keys(defaults).join(", ")}. (In a list of methods write ${base}(), with parentheses.)`,
    );
  }
  const changed = Object.entries(defaults).filter(([key, value]) => (options[key as keyof Options] ?? value) !== value);
  if (changed.length === 0) return base;
  const shown = changed.map(([key]) => {
    const value = options[key as keyof Options];
    return value === true ? key : `${key}=${value}`;
  });
  return `${base}(${shown.join(", ")})`;
}

/** Stands in a name for plain data that is too long for it: equal data have equal marks, `#` and four hex digits. */
export function markOf(value: unknown): string {
  return `#${contentHash(value).slice(0, 4)}`;
}
