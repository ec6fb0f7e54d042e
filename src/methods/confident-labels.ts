import { takeRows } from "../data/matrix.js";
import { WeakToStrongError } from "../errors.js";
import { type Method, methodName, named } from "./method.js";
import { checkNumber } from "./options.js";

const defaults = { threshold: 0.75 };

/**
 * Confident labels only: the student is trained on the examples of which the teacher is sure.
 *
 *     CE(w, f) over { x : max w(x) > threshold }
 *
 * A baseline of the automated weak-to-strong study (Anthropic Fellows, April 2026). Default threshold 0.75; 0
 * is naive training.
 */
export function confidentLabels(options: { threshold?: number } = {}): Method {
  const { threshold } = { ...defaults, ...options };
  const name = methodName("confident-labels", options, defaults);
  checkNumber("confidentLabels: threshold", threshold, 0, 1);
  return named(name, ({ weakLabels, fit }) => {
    const { data, columns } = weakLabels;
    const confidences = Array.from({ length: weakLabels.rows }, (_, i) =>
      Math.max(...data.subarray(i * columns, (i + 1) * columns)),
    );
    const rows = Int32Array.from(confidences.keys()).filter((i) => confidences[i]! > threshold);
    if (rows.length === 0) {
      const most = Math.max(...confidences).toFixed(3);
      throw new WeakToStrongError(
        "failed",
        `No weak label is more confident than ${threshold} (the most confident has ${most}); lower \`threshold\`.`,
      );
    }
    return fit({ rows, targets: takeRows(weakLabels, rows) });
  });
}
