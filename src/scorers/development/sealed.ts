import * as z from "zod";
import { WeakToStrongError } from "../../errors.js";
import type { MetricName } from "../../stats/metric.js";

/** A testbed's development split with its truth, and what teacher and ceiling score on it. */
export interface SealedTestbed {
  readonly name: string;
  /** How many classes there are. */
  readonly classes: number;
  /** Opaque ids of the development rows. */
  readonly ids: readonly string[];
  /** The right class of each. */
  readonly labels: Int32Array;
  /** One each, where there are groups: rows with the same number were drawn together, a negative number stands alone. */
  readonly groups?: Int32Array;
  readonly seeds: readonly number[];
  /** For each seed, the metric of the weak teacher's prediction on each row. */
  readonly weak: readonly Float64Array[];
  /** For each seed, that of the ceiling. */
  readonly ceiling: readonly Float64Array[];
  /** Default `accuracy`. */
  readonly metric?: MetricName;
}

const scores = z.array(z.array(z.number().min(0).max(1)));

/** How it travels to the scorer's process. */
export const sealedTestbed = z
  .object({
    name: z.string().min(1).max(200),
    classes: z.int().min(2),
    ids: z.array(z.string().min(1)).min(1),
    labels: z.array(z.int().min(0)),
    groups: z.array(z.int()).exactOptional(),
    seeds: z.array(z.int()).min(1),
    weak: scores,
    ceiling: scores,
    metric: z.enum(["accuracy", "brier"]),
  })
  .superRefine(({ name, classes, ids, labels, groups, seeds, weak, ceiling }, context) => {
    const expect = (good: boolean, field: string, message: string): void => {
      if (!good) context.addIssue({ code: "custom", path: [field], message: `testbed "${name}": ${message}` });
    };
    const rows = ids.length;
    expect(new Set(ids).size === rows, "ids", "an id stands twice");
    expect(labels.length === rows, "labels", `expected ${rows}, one an id, found ${labels.length}`);
    expect(
      labels.every((label) => label < classes),
      "labels",
      `expected classes below ${classes}`,
    );
    expect(!groups || groups.length === rows, "groups", `expected ${rows}, one an id, found ${groups?.length}`);
    expect(new Set(seeds).size === seeds.length, "seeds", "a seed stands twice");
    for (const [field, lists] of Object.entries({ weak, ceiling })) {
      expect(lists.length === seeds.length, field, `expected ${seeds.length} lists, one a seed, found ${lists.length}`);
      expect(
        lists.every((list) => list.length === rows),
        field,
        `expected ${rows} scores a seed, one an id`,
      );
    }
  });

export type SealedOnWire = z.infer<typeof sealedTestbed>;

/** What the scorer's process is told at its start. */
export const opening = z.object({
  dir: z.string().min(1),
  evaluations: z.int().min(0),
  testbeds: z
    .array(sealedTestbed)
    .min(1)
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, "two testbeds have the same name"),
});

export type Opening = z.infer<typeof opening>;

/** Checks the options of a scorer; throws `bad_input`, naming the field. */
export function parseOpening(dir: string, evaluations: number, testbeds: readonly SealedTestbed[]): Opening {
  const parsed = opening.safeParse({
    dir,
    evaluations,
    testbeds: testbeds.map(({ metric = "accuracy", labels, groups, weak, ceiling, ...rest }) => ({
      ...rest,
      metric,
      labels: Array.from(labels),
      ...(groups && { groups: Array.from(groups) }),
      weak: weak.map((list) => Array.from(list)),
      ceiling: ceiling.map((list) => Array.from(list)),
    })),
  });
  if (parsed.success) return parsed.data;
  throw new WeakToStrongError("bad_input", `developmentScorer: ${issuesOf(parsed.error)}.`);
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
