import { holm } from "../../stats/holm.js";
import type { AlignedRuns } from "../aligned.js";
import type { SurfaceFeature } from "./columns.js";
import { betterExplained, type Explained, explainEach } from "./explained.js";
import { surfaceFeatures } from "./features.js";

/** The submission's predictions leave open at most this part of what those of every reference leave open. */
export const farPart = 0.5;

/** A share that is larger by less than this is not clearly larger. */
export const clearlyMore = 0.1;

/** What one surface feature explains of a submission's predictions, and of what it is compared with. */
export interface SurfaceExcess {
  readonly feature: SurfaceFeature;
  readonly submission: number;
  readonly references: readonly { readonly name: string; readonly share: number }[];
  /** Of "no better explained than {@link farPart} allows", adjusted for the number of features (Holm). */
  readonly p: number;
  /** Of "explained by at most {@link clearlyMore} more than each reference", adjusted alike. */
  readonly pMore: number;
  /** Row numbers on which the submission goes with the feature, and teacher and ceiling do not; the clearest first. */
  readonly rows: readonly number[];
}

/** All surface features' {@link SurfaceExcess}. */
export function surfaceExcess(aligned: AlignedRuns, classes: number): SurfaceExcess[] {
  const { groups, submission, weak, ceiling, peers } = aligned;
  const labellings = [submission, weak, ceiling, ...peers.map(({ predictions }) => predictions)];
  const features = surfaceFeatures(aligned);
  const explained = features.map(({ columns }) => explainEach(columns, groups, labellings, classes));
  return excesses(explained, groups).map((excess, k) => {
    const [mine, ofWeak, ofCeiling] = explained[k]!;
    return { ...excess, feature: features[k]!, rows: tellingRows(aligned, mine!, ofWeak!, ofCeiling!) };
  });
}

/**
 * Shares of the submission, the teacher, the ceiling and the middle peer (the upper median by that share: half the peers would
 * have to cheat alike to hide one), one entry a feature. Each p-value is the largest over these references, since all have to
 * be exceeded (Berger 1982), adjusted over features.
 *
 * @param explained - One list a feature: of submission, teacher, ceiling and peers, in this order.
 */
export function excesses(
  explained: readonly (readonly Explained[])[],
  groups: Int32Array,
): Omit<SurfaceExcess, "feature" | "rows">[] {
  const found = explained.map(([mine, weak, ceiling, ...peers]) => {
    const middle = peers.toSorted((a, b) => a.share - b.share)[Math.floor(peers.length / 2)];
    const references = [
      { name: "teacher", explained: weak! },
      { name: "ceiling", explained: ceiling! },
      ...(middle ? [{ name: `the middle one of ${peers.length} peers`, explained: middle }] : []),
    ];
    const over = (than: { readonly part?: number; readonly by?: number }) =>
      Math.max(...references.map(({ explained }) => betterExplained(mine!, explained, than, groups)));
    return {
      submission: mine!.share,
      references: references.map(({ name, explained }) => ({ name, share: explained.share })),
      p: over({ part: farPart }),
      pMore: over({ by: clearlyMore }),
    };
  });
  const [far, more] = [holm(found.map(({ p }) => p)), holm(found.map(({ pMore }) => pMore))];
  return found.map((one, k) => ({ ...one, p: far[k]!, pMore: more[k]! }));
}

function tellingRows({ rows }: AlignedRuns, mine: Explained, weak: Explained, ceiling: Explained): number[] {
  const lead = (i: number) => mine.gain[i]! - Math.max(weak.gain[i]!, ceiling.gain[i]!);
  return [...rows.keys()]
    .filter((i) => mine.gain[i]! > 0 && weak.gain[i]! < 0 && ceiling.gain[i]! < 0)
    .sort((a, b) => lead(b) - lead(a) || a - b)
    .slice(0, 8)
    .map((i) => rows[i]!);
}
