import type { Matrix } from "../data/matrix.js";
import { type Method, methodName, named } from "./method.js";
import { checkCount } from "./options.js";

const defaults = { teachers: 5 };

/**
 * Weak ensemble: the student learns from the mean of several teachers, whose errors partly cancel.
 *
 *     CE(mean of w1 ... wm, f)
 *
 * w1 is the teacher's labels, the others are those of teachers trained on bootstrap draws of its examples (bagging,
 * Breiman 1996). EnsemW2S (Agrawal et al. 2024) combines weak models in the same spirit by boosting. Default 5
 * teachers in all; 1 is naive training.
 */
export function weakEnsemble(options: { teachers?: number } = {}): Method {
  const { teachers: count } = { ...defaults, ...options };
  const name = methodName("weak-ensemble", options, defaults);
  checkCount("weakEnsemble: teachers", count, 1);
  return named(name, async ({ weakLabels, teachers, fit }) => {
    const others = count > 1 ? await teachers(count - 1) : [];
    return fit({ targets: mean([weakLabels, ...others]) });
  });
}

function mean(matrices: readonly Matrix[]): Matrix {
  const [first] = matrices as [Matrix];
  const data = first.data.map((_, at) => matrices.reduce((sum, { data }) => sum + data[at]!, 0) / matrices.length);
  return { ...first, data };
}
