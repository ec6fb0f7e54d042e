import { takeRows } from "../data/matrix.js";
import { type Method, methodName, named } from "./method.js";
import { checkNumber } from "./options.js";
import { checkProbe, type ProbeOptions, probeDefaults, probed } from "./probes.js";

const defaults = { ...probeDefaults, drop: 0.1 };

/**
 * Probe filtering: the weak labels with which a probe on the student's frozen features disagrees most are left out.
 *
 *     CE(w, f) over all but the share `drop` of largest |g - w|, g the probe's probabilities, trained on w
 *
 * The probe is logistic, or the mean of the `k` nearest neighbours' labels, and judges no example whose label, or
 * whose group's, it has seen. EleutherAI's weak-to-strong study (2024). Defaults: logistic; k 50; drop 0.1.
 */
export function probeFilter(options: Partial<ProbeOptions> & { drop?: number } = {}): Method {
  const { drop, ...probe } = { ...defaults, ...options };
  const name = methodName("probe-filter", options, defaults);
  checkProbe("probeFilter", options);
  checkNumber("probeFilter: drop", drop, 0, 0.99);
  return named(name, async (context) => {
    const { weakLabels, fit } = context;
    const { data } = await probed(context, probe);
    const { rows: count, columns } = weakLabels;
    const disagreement = new Float64Array(count);
    for (const [at, w] of weakLabels.data.entries()) disagreement[Math.floor(at / columns)]! += Math.abs(data[at]! - w);
    const byDisagreement = [...disagreement.keys()].sort((a, b) => disagreement[b]! - disagreement[a]!);
    const rows = Int32Array.from(byDisagreement.slice(Math.floor(drop * count))).sort();
    return fit({ rows, targets: takeRows(weakLabels, rows) });
  });
}
