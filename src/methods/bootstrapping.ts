import { WeakToStrongError } from "../errors.js";
import type { ModelSpec } from "../models/model.js";
import { type Method, markOf, named } from "./method.js";

/**
 * Bootstrapping: the gap is crossed in steps. Each model of `through`, from weaker to stronger, learns from the labels of
 * the one before, and the student from those of the last.
 *
 *     teacher -> M1 -> M2 -> ... -> student, each from CE(labels of the one before, f)
 *
 * Burns et al. 2023, section 4.3.1 (where it helps on chess). No default: which models lie between is yours to say. The
 * name shows how many they are, and a mark of them.
 */
export function bootstrapping(options: { through: readonly ModelSpec[] }): Method {
  const { through } = options ?? {};
  if (!Array.isArray(through)) throw bad("through", through);
  for (const [i, model] of through.entries()) if (typeof model?.type !== "string") throw bad(`through[${i}]`, model);
  return named(`bootstrapping(through=${through.length}${markOf(through)})`, async ({ weakLabels, fit }) => {
    let targets = weakLabels;
    for (const model of through) targets = (await fit({ model, targets, predictTrain: true })).predictions.train!;
    return fit({ targets });
  });
}

function bad(where: string, found: unknown): WeakToStrongError {
  return new WeakToStrongError(
    "bad_input",
    `bootstrapping: ${where}: expected models from weaker to stronger, such as [linear(hiddenStates(smollm2(), { layer: 6 }))], found ${JSON.stringify(found) ?? "nothing"}.`,
  );
}
