import { type Method, methodName, named } from "./method.js";
import { checkNumber } from "./options.js";

const defaults = { alpha: 1, beta: 1 };

/**
 * Product loss: the target is the product of what teacher and student say, so that each can outvote the other where
 * it is surer.
 *
 *     CE(t, f), t proportional to w^alpha f^beta, not differentiated
 *
 * openai/weak-to-strong, `loss.py`. Defaults alpha 1, beta 1; beta 0 (with alpha 1) is naive training.
 */
export function product(options: { alpha?: number; beta?: number } = {}): Method {
  const { alpha, beta } = { ...defaults, ...options };
  const name = methodName("product", options, defaults);
  checkNumber("product: alpha", alpha, 0);
  checkNumber("product: beta", beta, 0);
  return named(name, ({ weakLabels, fit }) => fit({ targets: weakLabels, loss: { name: "product", alpha, beta } }));
}
