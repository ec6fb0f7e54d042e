import * as z from "zod";
import type { Matrix } from "../../data/matrix.js";
import { WeakToStrongError } from "../../errors.js";
import type { MetricName } from "../../stats/metric.js";

/** A testbed's test split with its truth, cut into parts, and what teacher and ceiling score on it. */
export interface SealedTestbed {
  readonly name: string;
  /** How many classes there are. */
  readonly classes: number;
  /** Opaque ids of the test rows. */
  readonly ids: readonly string[];
  /** The right class of each. */
  readonly labels: Int32Array;
  /** One each, where there are groups: rows with the same number were drawn together, a negative number stands alone. */
  readonly groups?: Int32Array;
  /** Which rows are in which part, each in no other (`drawParts` draws them). */
  readonly parts: { readonly development: Int32Array; readonly final: Int32Array; readonly vault: Int32Array };
  /** Those whose weak labels agents have. */
  readonly seeds: readonly number[];
  /** Those whose weak labels only the clean room sees; submissions are run on them. */
  readonly sealedSeeds: readonly number[];
  /** For each of `seeds`, then of `sealedSeeds`: the metric of the weak teacher's prediction on each row. */
  readonly weak: readonly Float64Array[];
  /** The same of the ceiling. */
  readonly ceiling: readonly Float64Array[];
  /**
   * What baselines score with the sealed seeds on each row. An author's first submission is compared with the first of
   * them; without any, with the weak teacher.
   */
  readonly baselines?: readonly { readonly method: string; readonly scores: readonly Float64Array[] }[];
  /** Soft labels of `train_unlabel`, one matrix for each of `sealedSeeds`: given to submitted methods. */
  readonly weakLabels: readonly Matrix[];
  /** Default `accuracy`. */
  readonly metric?: MetricName;
}

const scores = z.array(z.array(z.number().min(0).max(1)));
const rows = z.array(z.int().min(0));
const seeds = z.array(z.int().min(0));

/** How it travels to the scorer's process: all but the weak labels, of which that has no need. */
export const sealedTestbed = z
  .object({
    name: z.string().min(1).max(200),
    classes: z.int().min(2),
    ids: z.array(z.string().min(1)).min(1),
    labels: z.array(z.int().min(0)),
    groups: z.array(z.int()).exactOptional(),
    parts: z.object({ development: rows.min(1), final: rows, vault: rows }),
    seeds: seeds.min(1),
    sealedSeeds: seeds,
    weak: scores,
    ceiling: scores,
    baselines: z.array(z.object({ method: z.string().min(1).max(80), scores })),
    metric: z.enum(["accuracy", "brier"]),
  })
  .superRefine((testbed, context) => {
    const { name, classes, ids, labels, groups, parts, sealedSeeds } = testbed;
    const expect = (good: boolean, field: string, message: string): void => {
      if (!good) context.addIssue({ code: "custom", path: [field], message: `testbed "${name}": ${message}` });
    };
    const count = ids.length;
    expect(new Set(ids).size === count, "ids", "an id stands twice");
    expect(labels.length === count, "labels", `expected ${count}, one an id, found ${labels.length}`);
    expect(
      labels.every((label) => label < classes),
      "labels",
      `expected classes below ${classes}`,
    );
    expect(!groups || groups.length === count, "groups", `expected ${count}, one an id, found ${groups?.length}`);
    const all = Object.values(parts).flat();
    expect(
      all.every((row) => row < count),
      "parts",
      `expected rows below ${count}`,
    );
    expect(new Set(all).size === all.length, "parts", "a row stands in two parts");
    const seeds = [...testbed.seeds, ...sealedSeeds];
    expect(new Set(seeds).size === seeds.length, "seeds", "a seed stands twice");
    expect(
      parts.final.length === 0 || sealedSeeds.length > 0,
      "sealedSeeds",
      "expected some, since there is a final part",
    );
    const lists = { weak: testbed.weak, ceiling: testbed.ceiling };
    for (const [field, list] of Object.entries(lists)) {
      expect(list.length === seeds.length, field, `expected ${seeds.length} lists, one a seed, found ${list.length}`);
    }
    for (const { scores } of testbed.baselines) {
      const wanted = sealedSeeds.length;
      expect(
        scores.length === wanted,
        "baselines",
        `expected ${wanted} lists, one a sealed seed, found ${scores.length}`,
      );
    }
    const measured = [...testbed.weak, ...testbed.ceiling, ...testbed.baselines.flatMap(({ scores }) => scores)];
    expect(
      measured.every((list) => list.length === count),
      "weak, ceiling, baselines",
      `expected ${count} scores a seed, one an id`,
    );
  });

export type SealedOnWire = z.infer<typeof sealedTestbed>;

/** What the scorer's process is told at its start. */
export const opening = z.object({
  /** Its own folder. */
  dir: z.string().min(1),
  /** Where the ledger's key lies, outside of the run's folder. */
  keys: z.string().min(1),
  feedback: z.enum(["ladder", "rounded", "exact"]),
  evaluations: z.int().min(0),
  submissions: z.int().min(0),
  runs: z.int().min(1),
  testbeds: z
    .array(sealedTestbed)
    .min(1)
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, "two testbeds have the same name"),
});

export type Opening = z.infer<typeof opening>;

/** Checks a scorer's options; throws `bad_input`, naming the field. */
export function parseOpening(
  options: Omit<Opening, "testbeds"> & { readonly testbeds: readonly SealedTestbed[] },
): Opening {
  const parsed = opening.safeParse({ ...options, testbeds: options.testbeds.map(onWire) });
  if (parsed.success) return parsed.data;
  throw new WeakToStrongError("bad_input", `sealedScorer: ${issuesOf(parsed.error)}.`);
}

function onWire({ metric = "accuracy", baselines = [], weakLabels: _, ...rest }: SealedTestbed) {
  const { labels, groups, parts, weak, ceiling } = rest;
  const plain = (list: Float64Array): number[] => Array.from(list);
  return {
    ...rest,
    metric,
    labels: Array.from(labels),
    ...(groups && { groups: Array.from(groups) }),
    parts: {
      development: Array.from(parts.development),
      final: Array.from(parts.final),
      vault: Array.from(parts.vault),
    },
    weak: weak.map(plain),
    ceiling: ceiling.map(plain),
    baselines: baselines.map(({ method, scores }) => ({ method, scores: scores.map(plain) })),
  };
}

/** What is wrong, by field, at most three things. */
export function issuesOf(error: z.ZodError): string {
  const words = error.issues.slice(0, 3).map(({ path, message }) => {
    const field = path.reduce<string>(
      (all, part) =>
        typeof part === "number" ? `${all}[${part}]` : all === "" ? String(part) : `${all}.${String(part)}`,
      "",
    );
    return `${field || "the request"}: ${message.replace(/^Invalid input: /, "")}`;
  });
  return words.join("; ");
}
