import { type Method, named } from "./method.js";

/**
 * For reproduction only: the confidence loss as openai/weak-to-strong's code has it, not as its paper has it. The weight
 * of the student's own answer rises to a tenth of itself over the first tenth of the steps, then jumps to all of it. Two
 * classes. Everywhere else take {@link confidence}.
 */
export function confidenceAsReleased(): Method {
  return named("confidence-as-released", ({ weakLabels, fit }) =>
    fit({ targets: weakLabels, loss: { name: "confidence_openai" } }),
  );
}
