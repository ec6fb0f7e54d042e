import { type Method, named } from "./method.js";

/**
 * Reverse KL: the student may leave out what the teacher holds possible, but not claim what the teacher excludes, so
 * that under contradictory labels it commits to one answer where cross-entropy averages (mode-seeking).
 *
 *     sum f log(f / w) = KL(f || w) in place of CE(w, f)
 *
 * Yao et al. 2025 (arXiv 2502.11107) for weak-to-strong; Gu et al. 2023 (MiniLLM) for distillation.
 */
export function reverseKl(): Method {
  return named("reverse-kl", ({ weakLabels, fit }) => fit({ targets: weakLabels, loss: { name: "reverse_kl" } }));
}
