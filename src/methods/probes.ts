import type { Matrix } from "../data/matrix.js";
import { WeakToStrongError } from "../errors.js";
import { hiddenStates } from "../models/features.js";
import { type LinearModel, linear } from "../models/linear.js";
import { crossFitted, tooFew, wholeGroups } from "./folds.js";
import type { MethodContext } from "./method.js";
import { nearestMeans } from "./nearest.js";
import { checkCount } from "./options.js";

/** Which probe on the student's frozen features. */
export interface ProbeOptions {
  /** `logistic`: a linear model, cross-fitted in 5 folds. `knn`: the mean label of the nearest examples of other groups. */
  readonly probe: "logistic" | "knn";
  /** How many neighbours; for `knn` only. */
  readonly k: number;
}

export const probeDefaults: ProbeOptions = { probe: "logistic", k: 50 };

/** Checks what a caller gave. */
export function checkProbe(method: string, { probe = probeDefaults.probe, k }: Partial<ProbeOptions>): void {
  if (probe !== "logistic" && probe !== "knn") {
    throw new WeakToStrongError(
      "bad_input",
      `${method}: probe: expected "logistic" or "knn", found ${JSON.stringify(probe)}.`,
    );
  }
  if (k === undefined) return;
  checkCount(`${method}: k`, k, 1);
  if (probe === "knn") return;
  throw new WeakToStrongError(
    "bad_input",
    `${method}: k: the logistic probe has no neighbours, found ${k}. Say probe: "knn" too, or leave k out.`,
  );
}

/**
 * What a probe on the student's frozen features makes of the weak labels, each example judged without its own label and
 * its group's: a probe that has seen them would agree with them too readily.
 */
export async function probed(context: MethodContext, { probe, k }: ProbeOptions): Promise<Matrix> {
  const { weakLabels, examples, signal } = context;
  if (probe === "knn") {
    const groups = wholeGroups(examples);
    if (groups.length < 2) throw tooFew(examples, "to have neighbours");
    return nearestMeans(await context.features(), weakLabels, { k, groups, signal });
  }
  return crossFitted(context, weakLabels, { folds: 5, model: await linearOn(context) });
}

/** A linear model on the student's frozen features: the student itself, or one on its middle layer. */
async function linearOn({ student, examples, embed }: MethodContext): Promise<LinearModel> {
  if (student.type === "linear") return student;
  // How deep the model is, one input's states tell.
  const depth = (await embed({ layers: "all", inputs: [examples[0]!.input] })).length - 1;
  const { model, maxTokens } = student;
  return linear(hiddenStates(model, { layer: middleOf(depth), maxTokens }));
}

/** The layer that `layers: "middle"` means, on which the nearest neighbours stand: of two middle ones the upper. */
function middleOf(depth: number): number {
  return Math.ceil(depth / 2);
}
