import { type Method, methodName, named } from "./method.js";
import { checkNumber } from "./options.js";

const defaults = { epsilon: 0.1 };

/**
 * Label smoothing: the weak labels are moved towards "no idea", so that the student is not made as sure as the teacher.
 *
 *     CE((1 - e) w + e / K, f)
 *
 * with K the number of classes. Szegedy et al. 2016, section 7. Default epsilon 0.1.
 */
export function labelSmoothing(options: { epsilon?: number } = {}): Method {
  const { epsilon } = { ...defaults, ...options };
  const name = methodName("label-smoothing", options, defaults);
  checkNumber("labelSmoothing: epsilon", epsilon, 0, 1);
  return named(name, ({ weakLabels, classes, fit }) =>
    fit({ targets: { ...weakLabels, data: weakLabels.data.map((w) => (1 - epsilon) * w + epsilon / classes) } }),
  );
}
