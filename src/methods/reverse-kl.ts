import { type Method, methodName, named } from "./method.js";
import { checkNumber } from "./options.js";

const defaults = { entropy: 1 };

/**
 * Reverse KL: the student may leave out what the teacher holds possible, but not claim what the teacher excludes, so
 * that under contradictory labels it commits to one answer where cross-entropy averages (mode-seeking).
 *
 *     CE(f, w) - entropy H(f) in place of CE(w, f)
 *
 * With `entropy` 1 that is sum f log(f / w) = KL(f || w), least where f = w. With 0 it is CE(f, w), the reverse
 * cross-entropy, least at the one-hot argmax of w: it hardens even labels that agree. Yao et al. 2025 (arXiv 2502.11107)
 * for weak-to-strong; Gu et al. 2023 (MiniLLM) for distillation. Default entropy 1.
 */
export function reverseKl(options: { entropy?: number } = {}): Method {
  const { entropy } = { ...defaults, ...options };
  const name = methodName("reverse-kl", options, defaults);
  checkNumber("reverseKl: entropy", entropy, 0, 1);
  return named(name, ({ weakLabels, fit }) => fit({ targets: weakLabels, loss: { name: "reverse_kl", entropy } }));
}
