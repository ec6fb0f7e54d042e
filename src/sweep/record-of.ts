import { basename } from "node:path";
import type { ExperimentRecord, ResultRow } from "../experiment/record.js";
import type { SweepPlan } from "./plan.js";
import type { SweepMethod, SweepModel, SweepPair, SweepRecord, SweepScore } from "./record.js";

/** Turns what the pairs gave into the record of the sweep; at least one of them came through. */
export function makeSweepRecord(
  models: SweepPlan["models"],
  pairs: readonly SweepPair[],
  circumstances: { readonly startedAt: Date; readonly seconds: number; readonly cost: SweepRecord["cost"] },
): SweepRecord {
  const through = pairs.flatMap(({ teacher, student, record }) => (record ? [{ teacher, student, record }] : []));
  const { testbed, teacher, metric, seeds, rows, environment } = through[0]!.record;
  const { fingerprints: _, ...common } = environment;
  const ladder = models.map(({ name, model }): SweepModel => {
    const taught = through.find((pair) => pair.teacher === name)?.record;
    const learned = through.find((pair) => pair.student === name)?.record;
    return { name, model, weak: scoreOf(taught, "weak"), ceiling: scoreOf(learned, "ceiling") };
  });
  return {
    format: "weak-to-strong/sweep",
    testbed,
    teacherExamples: teacher.examples,
    metric,
    seeds,
    models: ladder,
    methods: rows.filter(isMethod).map((row) => methodOf(row, pairs)),
    pairs,
    conditionalOn: [
      "These models with these settings, this pool of examples for the teachers and these training examples for the students: other ones could give other numbers.",
      ...new Set(
        through.flatMap(({ record }) => record.rows.find(({ pgr }) => pgr !== null)?.pgr?.conditionalOn ?? []),
      ),
    ],
    warnings: [...disorder(ladder, metric), ...warningsOf(through)],
    environment: common,
    startedAt: circumstances.startedAt.toISOString(),
    seconds: circumstances.seconds,
    cost: circumstances.cost,
    reproduce: `Run ${process.argv[1] ? basename(process.argv[1]) : "the same program"} again with ${environment.package}; the testbed's hash and the fingerprints of each pair's experiment say whether it is the same sweep.`,
  };
}

function isMethod({ method }: ResultRow): boolean {
  return method !== "weak" && method !== "ceiling";
}

function scoreOf(record: ExperimentRecord | undefined, which: "weak" | "ceiling"): SweepScore | null {
  const row = record?.rows.find(({ method }) => method === which);
  return row && row.score !== null ? { score: row.score, interval: row.scoreInterval } : null;
}

function methodOf({ method, control }: ResultRow, pairs: readonly SweepPair[]): SweepMethod {
  const pgrs = pairs.map(({ record }) => record?.rows.find((row) => row.method === method)?.pgr ?? null);
  const estimates = pgrs.flatMap((pgr) => (pgr?.status === "ok" ? [pgr.estimate] : []));
  return {
    method,
    ...(control && { control }),
    medianPgr: median(estimates),
    defined: estimates.length,
    undefined: pgrs.filter((pgr) => pgr?.status === "undefined").length,
    failed: pgrs.filter((pgr) => pgr === null).length,
  };
}

function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}

/**
 * A ladder that seems to fall: the later ceiling's interval ends below the earlier one's mean. That is a hint to look, no
 * test of the difference: it leaves out how uncertain the earlier mean is, and that both met the same examples.
 */
function disorder(models: readonly SweepModel[], metric: string): string[] {
  const students = models.flatMap(({ name, ceiling }) => (ceiling ? [{ name, ...ceiling }] : []));
  return students.slice(1).flatMap(({ name, score, interval }, i) => {
    const before = students[i]!;
    if ((interval?.[1] ?? score) >= before.score) return [];
    return [
      `"${name}" stands after "${before.name}" in models, but trained on the truth it seems the weaker one (${metric} ${score.toFixed(3)} against ${before.score.toFixed(3)}).`,
    ];
  });
}

/** What several pairs warn of is said once. */
function warningsOf(pairs: readonly { teacher: string; student: string; record: ExperimentRecord }[]): string[] {
  const said = Map.groupBy(
    pairs.flatMap(({ teacher, student, record }) =>
      record.warnings.map((warning) => ({ warning, pair: `${teacher} \u2192 ${student}` })),
    ),
    ({ warning }) => warning,
  );
  return [...said].map(([warning, by]) => (by.length === 1 ? `${by[0]!.pair}: ${warning}` : warning));
}
