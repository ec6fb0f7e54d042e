import { type Method, methodName, named } from "./method.js";
import { checkNumber } from "./options.js";

const defaults = { radius: 0.15 };

/**
 * Confidence window: the student learns from the teacher only where it is unsure itself.
 *
 *     CE(w, f) where max f < .5 + radius, else 0
 *
 * With K > 2 classes the limit lies at the same share of the way from a guess, 1 / K, to certainty. EleutherAI's
 * weak-to-strong study (2024). Default radius 0.15; 0.5 is naive training.
 */
export function confidenceWindow(options: { radius?: number } = {}): Method {
  const { radius } = { ...defaults, ...options };
  const name = methodName("confidence-window", options, defaults);
  checkNumber("confidenceWindow: radius", radius, 0, 0.5);
  return named(name, ({ weakLabels, fit }) =>
    fit({ targets: weakLabels, loss: { name: "confidence_window", radius } }),
  );
}
