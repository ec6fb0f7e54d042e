import { argmax, oneHot } from "../data/matrix.js";
import { type Method, methodName, named } from "./method.js";

const defaults = { hard: false };

/**
 * Naive finetuning: the student is trained on the weak labels as they are.
 *
 *     soft: CE(w, f)      hard: CE(onehot argmax w, f)
 *
 * with w the weak label and f the student's probabilities. Burns et al. 2023, section 3. Default: soft.
 */
export function naive(options: { hard?: boolean } = {}): Method {
  const { hard } = { ...defaults, ...options };
  return named(methodName("naive", options, defaults), ({ weakLabels, classes, fit }) =>
    fit({ targets: hard ? oneHot(argmax(weakLabels), classes) : weakLabels }),
  );
}
