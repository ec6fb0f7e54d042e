import { WeakToStrongError } from "../errors.js";
import { type Method, methodName, named } from "./method.js";
import { checkNumber } from "./options.js";

const defaults = { alpha: 0.5, ramp: 0.2, harden: "auto" as "auto" | "balance" | "argmax" };

/**
 * Auxiliary confidence loss: the student is also trained towards its own hardened predictions, so that it may disagree
 * with the teacher where it is sure.
 *
 *     CE((1 - c) w + c 1[f >= t], f)
 *
 * with w the weak label, f the student's probabilities, t the batch quantile of f at which the classes are as frequent
 * as in the weak labels (more than two classes, or `harden: "argmax"`: the argmax), the target not differentiated, and c
 * rising linearly from 0 to `alpha` over the first `ramp` of the steps. Burns et al. 2023, section 4.3 and appendix A.4.
 * Defaults: alpha 0.5, ramp 0.2 (Burns et al. use alpha 0.75 for their largest students), harden "auto"
 * (`balance`, the quantile, for two classes and `argmax` for more).
 */
export function confidence(
  options: { alpha?: number; ramp?: number; harden?: "auto" | "balance" | "argmax" } = {},
): Method {
  const { alpha, ramp, harden } = { ...defaults, ...options };
  const name = methodName("confidence", options, defaults);
  checkNumber("confidence: alpha", alpha, 0, 1);
  checkNumber("confidence: ramp", ramp, 0, 1);
  if (!["auto", "balance", "argmax"].includes(harden)) {
    throw new WeakToStrongError(
      "bad_input",
      `confidence: harden: expected "auto", "balance" or "argmax", found ${JSON.stringify(harden)}.`,
    );
  }
  return named(name, ({ weakLabels, fit }) =>
    fit({ targets: weakLabels, loss: { name: "confidence", alpha, ramp, harden } }),
  );
}
