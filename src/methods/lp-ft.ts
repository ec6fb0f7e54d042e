import { WeakToStrongError } from "../errors.js";
import { type Method, methodName, named } from "./method.js";
import { checkCount, checkNumber } from "./options.js";

const defaults = { headEpochs: 5, headLearningRate: 1e-3 };

/**
 * Linear probing, then fine-tuning: first the head alone learns, so that the pretrained features are not bent by the
 * gradients of a random head; then all that the student trains, from there.
 *
 *     CE(w, f) over the head; CE(w, f) over the student's own `tune`, from that checkpoint
 *
 * Kumar et al. 2022. The second phase is the student's own tuning and optimiser. Defaults for the first: 5 epochs,
 * learning rate 1e-3. For fine-tuned students only.
 */
export function lpFt(options: { headEpochs?: number; headLearningRate?: number } = {}): Method {
  const { headEpochs, headLearningRate } = { ...defaults, ...options };
  const name = methodName("lp-ft", options, defaults);
  checkCount("lpFt: headEpochs", headEpochs, 1);
  checkNumber("lpFt: headLearningRate", headLearningRate, 1e-9);
  return named(name, async ({ student, weakLabels, fit }) => {
    if (student.type !== "huggingface" || student.tune.type === "head") {
      const found = student.type === "linear" ? "linear(...)" : 'huggingFace({ tune: "head" })';
      throw new WeakToStrongError(
        "unsupported",
        `lpFt: the student is ${found}: a head on frozen features is all that it trains, so there is no second phase. Take huggingFace({ ..., tune: "lora" }) or "full", or use naive().`,
      );
    }
    const head = await fit({
      targets: weakLabels,
      tune: { type: "head" },
      optimizer: { learningRate: headLearningRate, epochs: headEpochs },
    });
    return fit({ targets: weakLabels, from: head.checkpoint });
  });
}
