import { type Method, methodName, named } from "./method.js";
import { checkCount } from "./options.js";

const defaults = { rounds: 2 };

/**
 * Strong-to-strong: the trained student labels the training examples anew, and a fresh student learns from that.
 *
 *     f0 from CE(w, f);   f1 from CE(f0, f);   ...
 *
 * EleutherAI's weak-to-strong study (2024); born-again networks (Furlanello et al. 2018). Default 2 rounds of
 * relabelling; 0 is naive training.
 */
export function strongToStrong(options: { rounds?: number } = {}): Method {
  const { rounds } = { ...defaults, ...options };
  const name = methodName("strong-to-strong", options, defaults);
  checkCount("strongToStrong: rounds", rounds, 0);
  return named(name, async ({ weakLabels, fit }) => {
    let targets = weakLabels;
    for (let round = 0; round < rounds; round++) {
      targets = (await fit({ targets, predictTrain: true })).predictions.train!;
    }
    return fit({ targets });
  });
}
