import { type Method, methodName, named } from "./method.js";
import { checkNumber } from "./options.js";

const defaults = { alpha: 1, beta: 1, ramp: 0 };

/**
 * Product loss: the target is the product of what teacher and student say, so that each can outvote the other where
 * it is surer.
 *
 *     CE(t, f), t proportional to w^alpha f^b, not differentiated
 *
 * with b rising linearly from 0 to `beta` over the first `ramp` of the steps. openai/weak-to-strong, `loss.py`. Defaults
 * alpha 1, beta 1, ramp 0 (b is beta throughout, as in that code); beta 0 (with alpha 1) is naive training.
 */
export function product(options: { alpha?: number; beta?: number; ramp?: number } = {}): Method {
  const { alpha, beta, ramp } = { ...defaults, ...options };
  const name = methodName("product", options, defaults);
  checkNumber("product: alpha", alpha, 0);
  checkNumber("product: beta", beta, 0);
  checkNumber("product: ramp", ramp, 0, 1);
  return named(name, ({ weakLabels, fit }) =>
    fit({ targets: weakLabels, loss: { name: "product", alpha, beta, ramp } }),
  );
}
