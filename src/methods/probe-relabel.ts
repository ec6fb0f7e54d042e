import { type Method, methodName, named } from "./method.js";
import { checkProbe, type ProbeOptions, probeDefaults, probed } from "./probes.js";

/**
 * Probe relabelling: the student learns what a probe on its own frozen features makes of the weak labels.
 *
 *     CE(g, f), g the probe's probabilities, trained on w
 *
 * The probe is logistic, or the mean of the `k` nearest neighbours' labels, and judges no example whose label, or
 * whose group's, it has seen. EleutherAI's weak-to-strong study (2024). Defaults: logistic; k 50.
 */
export function probeRelabel(options: Partial<ProbeOptions> = {}): Method {
  const chosen = { ...probeDefaults, ...options };
  const name = methodName("probe-relabel", options, probeDefaults);
  checkProbe("probeRelabel", options);
  return named(name, async (context) => context.fit({ targets: await probed(context, chosen) }));
}
