import type { Matrix } from "../data/matrix.js";
import { WeakToStrongError } from "../errors.js";
import { hiddenStates } from "../models/features.js";
import { type LinearModel, linear } from "../models/linear.js";
import { crossFitted } from "./folds.js";
import type { MethodContext } from "./method.js";
import { nearestMeans } from "./nearest.js";
import { checkCount } from "./options.js";

/** Which probe on the student's frozen features. */
export interface ProbeOptions {
  /** `logistic`: a linear model, cross-fitted in 5 folds. `knn`: the mean label of the nearest other examples. */
  readonly probe: "logistic" | "knn";
  /** How many neighbours, for `knn`. */
  readonly k: number;
}

export const probeDefaults: ProbeOptions = { probe: "logistic", k: 50 };

export function checkProbe(method: string, { probe, k }: ProbeOptions): void {
  checkCount(`${method}: k`, k, 1);
  if (probe === "logistic" || probe === "knn") return;
  throw new WeakToStrongError(
    "bad_input",
    `${method}: probe: expected "logistic" or "knn", found ${JSON.stringify(probe)}.`,
  );
}

/**
 * What a probe on the student's frozen features makes of the weak labels, each example judged without its own label: a
 * probe that has seen it would agree with it too readily.
 */
export async function probed(context: MethodContext, { probe, k }: ProbeOptions): Promise<Matrix> {
  const { weakLabels, signal } = context;
  if (probe === "knn") return nearestMeans(await context.features(), weakLabels, k, signal);
  return crossFitted(context, weakLabels, { folds: 5, model: await linearOn(context) });
}

/** A linear model on the student's frozen features: the student itself, or one on its middle layer. */
async function linearOn({ student, examples, embed }: MethodContext): Promise<LinearModel> {
  if (student.type === "linear") return student;
  // How deep the model is, one input's states tell.
  const depth = (await embed({ layers: "all", inputs: [examples[0]!.input] })).length - 1;
  const { model, maxTokens } = student;
  return linear(hiddenStates(model, { layer: Math.floor(depth / 2), maxTokens }));
}
