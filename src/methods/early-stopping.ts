import { takeRows } from "../data/matrix.js";
import { holdOut } from "./folds.js";
import { type Method, methodName, named } from "./method.js";
import { checkNumber } from "./options.js";

const defaults = { share: 0.1 };

/**
 * Early stopping: the student of the epoch that agrees best with held-out weak labels, before it has learned the
 * teacher's errors by heart.
 *
 *     CE(w, f) over 1 - share of the examples; the epoch of least CE(w, f) on the rest
 *
 * Burns et al. 2023, section 5.1.1 (who stop on truth too, as an oracle: here no truth is used). Groups are held out
 * whole. Default share 0.1.
 */
export function earlyStopping(options: { share?: number } = {}): Method {
  const { share } = { ...defaults, ...options };
  const name = methodName("early-stopping", options, defaults);
  checkNumber("earlyStopping: share", share, 0.01, 0.9);
  return named(name, ({ weakLabels, examples, seed, fit }) => {
    const { held, others } = holdOut(examples, share, seed);
    return fit({
      rows: others,
      targets: takeRows(weakLabels, others),
      validation: { rows: held, targets: takeRows(weakLabels, held), keep: "best" },
    });
  });
}
