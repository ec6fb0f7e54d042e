import { basename } from "node:path";
import { packageVersion } from "../package-root.js";
import { meanInterval } from "../stats/mean.js";
import { pgr } from "../stats/pgr.js";
import type { Capabilities } from "../trainer.js";
import { comparisonsOf, type Measured, plannedResolution, resolutionOf } from "./comparisons.js";
import type { Plan } from "./plan.js";
import type { ExperimentRecord, ResultRow, ResultRun } from "./record.js";
import type { Outcome, UnitOutcome } from "./units.js";

/** What is known besides the outcome. */
interface Circumstances {
  readonly capabilities: Capabilities;
  readonly fingerprints: { readonly teacher: string; readonly student: string };
  readonly startedAt: Date;
  readonly seconds: number;
}

/** Turns what the units gave into the record of the experiment. */
export function makeRecord(plan: Plan, outcome: Outcome, circumstances: Circumstances): ExperimentRecord {
  const { testbed, teacher, teacherExamples, student, seeds } = plan;
  const { capabilities, fingerprints, startedAt, seconds } = circumstances;
  const names = ["weak", ...plan.methods.map(({ name }) => name), "ceiling"];
  const byMethod = Map.groupBy(outcome.units, ({ method }) => method);
  const controls = new Set(plan.methods.filter(({ method }) => method.control).map(({ name }) => name));
  const { groups } = testbed.splits.test;
  const rows = names.map((name) => ({
    ...rowOf(name, byMethod, outcome, groups),
    ...(controls.has(name) && { control: true }),
  }));
  const planned = plannedResolution(plan) ?? null;
  const measured: Measured = {
    weak: scoresOf(byMethod.get("weak")!)!,
    ceiling: scoresOf(byMethod.get("ceiling")!)!,
    methods: plan.methods.flatMap(({ name }) => {
      const scores = scoresOf(byMethod.get(name)!);
      return scores ? [{ name, scores }] : [];
    }),
    groups,
  };
  const defined = rows.find(({ pgr }) => pgr !== null)?.pgr;
  return {
    format: "weak-to-strong/results",
    testbed: {
      name: testbed.name,
      kind: testbed.kind,
      classes: testbed.classes,
      hash: outcome.truth.hash,
      sizes: {
        train_label: testbed.splits.train_label.ids.length,
        train_unlabel: testbed.splits.train_unlabel.ids.length,
        test: testbed.splits.test.ids.length,
      },
      description: testbed.description,
    },
    teacher: { model: teacher, examples: teacherExamples },
    student: { model: student },
    seeds,
    metric: plan.metric.name,
    rows,
    runs: names.flatMap((name) => byMethod.get(name)!.flatMap((unit) => runsOf(unit, outcome))),
    comparisons: comparisonsOf(measured),
    resolvable: plan.methods.length < 2 ? null : { planned, measured: resolutionOf(measured) ?? null },
    conditionalOn: [
      "These two models with these settings, this pool of examples for the teacher and these training examples for the student: other ones could give other numbers.",
      ...(defined?.conditionalOn ?? []),
    ],
    warnings: [...doubles(testbed.splits.test.ids), ...rows.flatMap(uninformative), ...outcome.warnings],
    environment: {
      package: `weak-to-strong ${packageVersion()}`,
      node: process.version,
      platform: `${process.platform} ${process.arch}`,
      trainer: plan.trainer.name,
      devices: capabilities.devices,
      fingerprints,
    },
    startedAt: startedAt.toISOString(),
    seconds,
    cost: outcome.ledger.total(),
    reproduce: `Run ${process.argv[1] ? basename(process.argv[1]) : "the same program"} again with weak-to-strong ${packageVersion()}; the testbed's hash and both fingerprints say whether it is the same experiment.`,
  };
}

/** A bounded interval can still be wider than the whole gap. */
function uninformative({ method, pgr }: ResultRow): string[] {
  if (pgr?.status !== "ok" || pgr.interval[1] - pgr.interval[0] <= 1) return [];
  const [low, high] = pgr.interval.map((end) => end.toFixed(2));
  return [
    `${method}: the interval of its PGR, ${low} to ${high}, is wider than the whole gap, so the estimate says next to nothing; take more test examples or seeds.`,
  ];
}

/** Ids are made of the content; a further copy has its number behind them. */
function doubles(ids: readonly string[]): string[] {
  const copies = ids.filter((id) => id.includes("-")).length;
  return copies === 0 ? [] : [`${copies} test examples stand there more than once; they count as often.`];
}

type Scores = readonly Float64Array[];

/** Each seed's scores, or undefined where a seed failed: a method that fails with one seed has no result. */
function scoresOf(units: readonly UnitOutcome[], which: "scores" | "correct" = "scores"): Scores | undefined {
  const scores = units.flatMap(({ scored }) => (scored ? [scored[which]] : []));
  return scores.length === units.length ? scores : undefined;
}

function rowOf(
  name: string,
  byMethod: ReadonlyMap<string, readonly UnitOutcome[]>,
  { truth }: Outcome,
  groups: Int32Array | undefined,
): ResultRow {
  const units = byMethod.get(name)!;
  const seconds = units.reduce((total, { cost }) => total + cost.seconds, 0);
  const transfer = scoresOf(units);
  if (!transfer) {
    const failed = units.filter(({ error }) => error !== undefined);
    const error = `failed with ${failed.length} of ${units.length} seeds; with seed ${failed[0]!.seed}: ${failed[0]!.error}`;
    return {
      method: name,
      score: null,
      scoreInterval: null,
      accuracy: null,
      accuracyInterval: null,
      balancedAccuracy: null,
      auroc: null,
      pgr: null,
      seeds: units.length - failed.length,
      subsets: {},
      seconds,
      error,
    };
  }
  const weak = scoresOf(byMethod.get("weak")!)!;
  const ceiling = scoresOf(byMethod.get("ceiling")!)!;
  const correct = scoresOf(units, "correct")!;
  const [score, accuracy] = [meanInterval(transfer, { groups }), meanInterval(correct, { groups })];
  const measures = units.map(({ scored }) => scored!.measures.get("test")!);
  const areas = measures.flatMap(({ auroc }) => auroc ?? []);
  const subsets = Object.entries(truth.subsets).map(([subset, rows]) => {
    const part = (lists: Scores): Scores => lists.map((list) => take(list, rows));
    return [
      subset,
      {
        score: meanInterval(part(transfer)).estimate,
        accuracy: meanInterval(part(correct)).estimate,
        pgr: pgr({
          weak: part(weak),
          transfer: part(transfer),
          ceiling: part(ceiling),
          groups: groups && Int32Array.from(rows, (row) => groups[row]!),
        }),
      },
    ] as const;
  });
  return {
    method: name,
    score: score.estimate,
    scoreInterval: score.interval,
    accuracy: accuracy.estimate,
    accuracyInterval: accuracy.interval,
    balancedAccuracy: mean(measures.map(({ balancedAccuracy }) => balancedAccuracy)),
    auroc: areas.length === units.length ? mean(areas) : null,
    pgr: pgr({ weak, transfer, ceiling, groups }),
    seeds: units.length,
    subsets: Object.fromEntries(subsets),
    seconds,
  };
}

function runsOf({ method, seed, scored, checkpoint, cost, error }: UnitOutcome, { truth }: Outcome): ResultRun[] {
  const common = { method, seed, cost, ...(checkpoint && { checkpoint }), ...(error !== undefined && { error }) };
  const none = { accuracy: null, balancedAccuracy: null, auroc: null };
  const splits = [["test", undefined] as const, ...Object.entries(truth.subsets)];
  return splits.map(([name, rows]) => {
    const split = rows ? `test/${name}` : name;
    const score = scored ? mean(rows ? take(scored.scores, rows) : scored.scores) : null;
    return { ...common, split, score, ...(scored?.measures.get(split) ?? none) };
  });
}

function take(list: Float64Array, rows: Int32Array): Float64Array {
  return Float64Array.from(rows, (row) => list[row]!);
}

function mean(values: Iterable<number> & { readonly length: number }): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
