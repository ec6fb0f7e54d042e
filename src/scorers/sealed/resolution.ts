import { WeakToStrongError } from "../../errors.js";
import { groupSizeOf } from "../../stats/group-size.js";
import { pgr } from "../../stats/pgr.js";
import { power } from "../../stats/power.js";
import { measuredResolution } from "../../stats/resolution.js";
import type { PartName } from "./parts.js";
import type { SealedTestbed } from "./testbed.js";

/** What can be told apart on one part of a testbed, before anything is scored on it. */
export interface PartResolution {
  readonly testbed: string;
  readonly part: PartName;
  readonly rows: number;
  /** Ceiling minus weak on these rows, in the metric. */
  readonly gap: number;
  /**
   * The least difference of PGR that a paired comparison finds with a power of .8 at the level .95. Of the baselines'
   * median pair where there are two or more, else by the planning values of `power`; null where the gap itself is not
   * clearly positive.
   */
  readonly difference: number | null;
}

/** What of a testbed it follows from. */
export type Resolvable = Pick<
  SealedTestbed,
  "name" | "parts" | "groups" | "seeds" | "sealedSeeds" | "weak" | "ceiling" | "baselines"
>;

/**
 * What difference of PGR each part of a testbed resolves: development with the seeds that agents have, final and vault
 * with the sealed ones. Parts without rows are left out.
 *
 * Errors: `bad_input` where the gap is not clearly positive on development or final: no score there would mean anything.
 */
export function partResolutions(testbed: Resolvable): PartResolution[] {
  const { name, parts } = testbed;
  return (["development", "final", "vault"] as const).flatMap((part) => {
    const rows = parts[part];
    if (rows.length === 0) return [];
    const { gap, reason, difference } = resolvedOn(testbed, part);
    if (reason !== undefined && part !== "vault") {
      throw new WeakToStrongError(
        "bad_input",
        `The testbed "${name}" cannot be scored on its ${part} part (${rows.length} rows): ${reason}. carve(testbed, { share }) moves training examples into the test split.`,
      );
    }
    return [{ testbed: name, part, rows: rows.length, gap, difference: difference ?? null }];
  });
}

/** For a person, before a lab begins. */
export function resolutionInWords({ part, rows, difference }: PartResolution): string {
  if (difference === null) return `${part}: ${rows} rows do not resolve the gap itself; no PGR is to be expected there`;
  if (!Number.isFinite(difference)) return `${part}: ${rows} rows resolve no difference of PGR reliably`;
  return `${part}: ${rows} rows resolve a difference of ${difference.toFixed(2).replace(/^0/, "")} PGR`;
}

function resolvedOn(
  { parts, seeds, weak, ceiling, baselines = [], ...testbed }: Resolvable,
  part: PartName,
): { readonly gap: number; readonly reason?: string; readonly difference?: number } {
  const rows = parts[part];
  const on = (lists: readonly Float64Array[]): Float64Array[] =>
    lists.map((list) => Float64Array.from(rows, (row) => list[row]!));
  const own = (lists: readonly Float64Array[]): Float64Array[] =>
    on(part === "development" ? lists.slice(0, seeds.length) : lists.slice(seeds.length));
  const ends = { weak: own(weak), ceiling: own(ceiling) };
  const groups = testbed.groups && Int32Array.from(rows, (row) => testbed.groups![row]!);
  const weakest = pgr({ ...ends, transfer: ends.weak, groups });
  const gap = weakest.gap.estimate;
  if (weakest.status === "undefined") return { gap, reason: weakest.reason };
  const scores = baselines.map((baseline) => on(baseline.scores));
  const pairs = scores.flatMap((a, i) => scores.slice(i + 1).map((b) => ({ a, b })));
  const found = pairs.flatMap((pair) => measuredResolution({ ...ends, pairs: [pair], groups })?.difference ?? []);
  const sorted = found.toSorted((a, b) => a - b);
  const planned = { gap, n: rows.length, seeds: ends.weak.length, groupSize: groupSizeOf(rows.length, groups) };
  return { gap, difference: sorted[sorted.length >> 1] ?? power(planned).difference };
}
