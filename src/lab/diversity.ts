import { random } from "../data/random.js";
import type { LabIdea, LabRecord } from "./record.js";

const resamples = 1000;
const level = 0.9;
const places = 48;

/** Shannon entropy of a distribution given as counts, in bits; 0 for no counts. */
export function entropyBits(counts: ArrayLike<number>): number {
  let [total, sum] = [0, 0];
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i]!;
    total += count;
    if (count > 0) sum += count * Math.log2(count);
  }
  return total === 0 ? 0 : Math.max(0, Math.log2(total) - sum / total);
}

/**
 * How varied the ideas of a team are: the entropy of the families of all ideas up to an hour, at 48 hours from the first
 * idea to `end`. The band is a bootstrap over agents, seeded: agents are drawn with replacement, each with all its ideas.
 * A draw has some agents twice and others not at all, and so is less varied than the team; the band is the draws' spread
 * around their own mean, put around the team's entropy.
 */
export function diversityCurve(
  ideas: readonly LabIdea[],
  families: readonly string[],
  agents: readonly string[],
  end: number,
): Pick<LabRecord["diversity"], "level" | "curve"> {
  const known = ideas.filter(({ family }) => family !== null).sort((a, b) => a.hours - b.hours);
  if (known.length === 0) return { level, curve: [] };
  const first = known[0]!.hours;
  const steps = end > first ? places : 1;
  const at = Array.from({ length: steps }, (_, i) =>
    i === steps - 1 ? Math.max(first, end) : first + ((end - first) * i) / (steps - 1),
  );
  const curve = at.map((hours) => {
    const until = known.filter((idea) => idea.hours <= hours);
    const byAgent = agents.map((agent) => countsOf(until, families, agent));
    const entropy = entropyBits(pooled(byAgent, families.length));
    return { hours, ideas: until.length, entropy, band: bandOf(byAgent, entropy, families.length) };
  });
  return { level, curve };
}

function countsOf(ideas: readonly LabIdea[], families: readonly string[], agent: string): Uint32Array {
  const counts = new Uint32Array(families.length);
  for (const idea of ideas) if (idea.agent === agent) counts[families.indexOf(idea.family!)]!++;
  return counts;
}

function pooled(counts: readonly Uint32Array[], families: number): Uint32Array {
  const sum = new Uint32Array(families);
  for (const one of counts) for (let i = 0; i < families; i++) sum[i]! += one[i]!;
  return sum;
}

function bandOf(byAgent: readonly Uint32Array[], entropy: number, families: number): [number, number] | null {
  const agents = byAgent.length;
  if (agents < 2) return null;
  // The same draws at every hour, so that the band's edges are smooth.
  const uniform = random("diversity of a lab", agents);
  const draws = Array.from({ length: resamples }, () =>
    entropyBits(
      pooled(
        Array.from({ length: agents }, () => byAgent[Math.floor(uniform() * agents)]!),
        families,
      ),
    ),
  ).sort((a, b) => a - b);
  const mean = draws.reduce((sum, draw) => sum + draw, 0) / resamples;
  const quantile = (share: number) => draws[Math.round(share * (resamples - 1))]!;
  const [low, high] = [quantile((1 - level) / 2), quantile((1 + level) / 2)].map((edge) => entropy + edge - mean);
  return [Math.max(0, Math.min(entropy, low!)), Math.min(Math.log2(families), Math.max(entropy, high!))];
}
