import { random } from "../../src/data/random.js";
import { comparisonsOf, resolutionOf } from "../../src/experiment/comparisons.js";
import type { ExperimentRecord, ResultRow, ResultRun } from "../../src/experiment/record.js";
import { hashedWords, hiddenStates, patches, pixels } from "../../src/models/features.js";
import { linear } from "../../src/models/linear.js";
import { smollm2 } from "../../src/models/pretrained.js";
import { meanInterval } from "../../src/stats/mean.js";
import { pgr } from "../../src/stats/pgr.js";
import { power } from "../../src/stats/power.js";

/** Mean accuracies by method, in the order shown; null for a method that failed. */
type Accuracies = Readonly<Record<string, number | null>>;

interface Shape {
  readonly name: string;
  readonly n: number;
  readonly seeds: number;
  readonly accuracies: Accuracies;
  /** Share of the test examples in each subset. */
  readonly subsets?: Readonly<Record<string, number>>;
  readonly change?: Partial<ExperimentRecord>;
}

/** Right and wrong answers of which exactly the share `accuracy` is right; models share which examples are hard. */
function answers(method: string, seed: number, accuracy: number, n: number): Float64Array {
  const normal = (...parts: (string | number)[]) => {
    const uniform = random(...parts);
    return Array.from({ length: n }, () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()));
  };
  const [shared, own, drawn] = [normal("example"), normal("method", method), normal("seed", method, seed)];
  const shift = 0.006 * (random("shift", method, seed)() - 0.5);
  const hardness = shared.map((value, i) => 0.7 * value + 0.6 * own[i]! + 0.4 * drawn[i]!);
  const right = Math.round(Math.min(1, Math.max(0, accuracy + shift)) * n);
  const easiest = new Set([...hardness.keys()].sort((a, b) => hardness[a]! - hardness[b]!).slice(0, right));
  return Float64Array.from(hardness, (_, i) => (easiest.has(i) ? 1 : 0));
}

/** The measures of an accuracy; those beside it are made up. */
function measured(accuracy: number | null) {
  const beside = (by: number) => (accuracy === null ? null : Math.min(1, accuracy + by));
  return { score: accuracy, accuracy, balancedAccuracy: beside(-0.01), auroc: beside(0.06) };
}

/** What marks the row of a control. */
export function control(method: string): { control?: true } {
  return method === "strong-on-teacher-labels" ? { control: true } : {};
}

const made = new Map<string, ExperimentRecord>();

/** A record as an experiment makes it, from simulated answers; made once for each shape. */
function simulated(shape: Shape): ExperimentRecord {
  const key = JSON.stringify(shape);
  const record = made.get(key) ?? simulate(shape);
  made.set(key, record);
  return record;
}

function simulate({ name, n, seeds, accuracies, subsets = {}, change = {} }: Shape): ExperimentRecord {
  const seedList = Array.from({ length: seeds }, (_, seed) => seed);
  const scores = (method: string) => seedList.map((seed) => answers(method, seed, accuracies[method] ?? 0.8, n));
  const [weak, ceiling] = [scores("weak"), scores("ceiling")];
  const rows: ResultRow[] = [];
  const runs: ResultRun[] = [];
  for (const [method, accuracy] of Object.entries(accuracies)) {
    const transfer = scores(method);
    const error = "failed with 1 of 5 seeds; with seed 3: the worker ran out of memory (asked for 9.1 GB)";
    for (const seed of seedList) {
      const failed = accuracy === null && seed === seedList.at(-1);
      const list = transfer[seed]!;
      const cost = { seconds: 0.4 + 0.01 * seed, device: "cpu (2 threads)", tokens: 0, cached: seed > 0 };
      const common = {
        method,
        seed,
        cost,
        checkpoint: { id: `${method.slice(0, 8)}-${seed}`, path: "/secret/folder" },
      };
      const value = failed ? null : list.reduce((sum, right) => sum + right, 0) / n;
      runs.push({ ...common, split: "test", ...measured(value), ...(failed ? { error } : {}) });
    }
    if (accuracy === null) {
      const none = { ...measured(null), scoreInterval: null, accuracyInterval: null, pgr: null, subsets: {} };
      rows.push({ method, ...control(method), ...none, seeds: seeds - 1, seconds: 1.7, error });
      continue;
    }
    const { estimate, interval } = meanInterval(transfer);
    const parts = Object.entries(subsets).map(([subset, share]) => {
      const part = (lists: Float64Array[]) => lists.map((list) => list.slice(0, Math.round(share * n)));
      const result = pgr({ weak: part(weak), transfer: part(transfer), ceiling: part(ceiling) });
      const score = meanInterval(part(transfer)).estimate;
      return [subset, { score, accuracy: score, pgr: result }] as const;
    });
    rows.push({
      method,
      ...control(method),
      ...measured(estimate),
      scoreInterval: interval,
      accuracyInterval: interval,
      pgr: pgr({ weak, transfer, ceiling }),
      seeds,
      subsets: Object.fromEntries(parts),
      seconds: 2.1 * seeds,
    });
  }
  const methods = Object.entries(accuracies).flatMap(([name, accuracy]) =>
    ["weak", "ceiling"].includes(name) || accuracy === null ? [] : [{ name, scores: scores(name) }],
  );
  const data = { weak, ceiling, methods, groups: undefined };
  const comparisons = comparisonsOf(data);
  const planned = power({ gap: 0.15, n, seeds, comparisons: Math.max(1, comparisons.length) });
  return {
    format: "weak-to-strong/results",
    testbed: {
      name,
      kind: "classification",
      classes: ["informative", "fiction"],
      hash: "9f2c1e7ab0d35c44e1f0a7b86d9be2155c3a7d4f80e91b6277ac0d13f54e8b9a",
      sizes: { train_label: 1000, train_unlabel: 5000, test: n },
      description:
        "Sentences of the Brown corpus (1961), fiction against informative prose, whole documents kept apart",
    },
    teacher: { model: linear(hashedWords()), examples: 400 },
    student: { model: linear(hiddenStates(smollm2(), { layer: 18, pooling: "last" })) },
    seeds: seedList,
    metric: "accuracy",
    rows,
    runs,
    comparisons,
    resolvable: comparisons.length === 0 ? null : { planned, measured: resolutionOf(data) ?? null },
    conditionalOn: [
      "These two models with these settings, this pool of examples for the teacher and these training examples for the student: other ones could give other numbers.",
      ...(rows[0]?.pgr?.conditionalOn ?? []),
    ],
    warnings: [],
    environment: {
      package: "weak-to-strong 0.1.0",
      node: "v24.21.0",
      platform: "linux x64",
      trainer: "python",
      devices: ["cpu (2 threads)"],
      fingerprints: { teacher: "w2s-6d1c0be1f2a94c01", student: "w2s-b1e07734dd19e6c2" },
    },
    startedAt: "2026-11-12T14:03:20.000Z",
    seconds: 171.3,
    cost: { seconds: 139.8, tokens: 214_345, fits: 45, cachedFits: 5 },
    reproduce:
      "Run demo.ts again with weak-to-strong 0.1.0; the testbed's hash and both fingerprints say whether it is the same experiment.",
    ...change,
  };
}

const brownAccuracies = {
  weak: 0.751,
  naive: 0.842,
  "naive(hard)": 0.838,
  confidence: 0.862,
  "confidence(alpha=0.75)": 0.85,
  "confident-labels": 0.85,
  "strong-on-teacher-labels": 0.844,
  ceiling: 0.881,
};

/** Field-notes, section 5: brown with SmolLM2. */
export const brown = () => simulated({ name: "brown", n: 3000, seeds: 5, accuracies: brownAccuracies });

/** The demo's: two methods only. */
export const demo = () =>
  simulated({
    name: "brown",
    n: 3000,
    seeds: 5,
    accuracies: { weak: 0.751, naive: 0.842, confidence: 0.862, ceiling: 0.881 },
  });

/** Large gap, ten classes, ten seeds, no transformer. */
export const digits = () =>
  simulated({
    name: "digits",
    n: 540,
    seeds: 10,
    accuracies: { weak: 0.736, naive: 0.743, confidence: 0.826, ceiling: 0.978 },
    change: {
      teacher: { model: linear(pixels()), examples: 120 },
      student: { model: linear(patches()) },
      cost: { seconds: 3.2, tokens: 0, fits: 40, cachedFits: 0 },
    },
  });

/** Teacher and ceiling alike: no PGR. */
export const chance = () =>
  simulated({
    name: "hh",
    n: 800,
    seeds: 3,
    accuracies: { weak: 0.514, naive: 0.511, confidence: 0.519, ceiling: 0.521 },
    change: { warnings: ["The teacher is within two standard errors of chance (0.5)"] },
  });

/** One method failed; a cache warned. */
export const failing = () =>
  simulated({
    name: "sst2",
    n: 1821,
    seeds: 5,
    accuracies: { weak: 0.749, naive: 0.795, "my-method": null, confidence: 0.729, ceiling: 0.865 },
    change: { warnings: ["An entry of the cache was corrupted and computed again"] },
  });

/** Named test subsets, one of them without a gap. */
export const subsets = () =>
  simulated({
    name: "maths",
    n: 1200,
    seeds: 4,
    accuracies: { weak: 0.62, naive: 0.7, confidence: 0.74, ceiling: 0.79 },
    subsets: { "in-distribution": 0.6, "out-of-distribution": 0.02 },
  });

/** Twelve test examples, one seed. */
export const tiny = () =>
  simulated({ name: "tiny", n: 12, seeds: 1, accuracies: { weak: 0.25, naive: 0.9, ceiling: 0.95 } });

/** Below the teacher, above the ceiling, and far beyond both. */
export const extreme = () =>
  simulated({
    name: "extreme",
    n: 1000,
    seeds: 5,
    accuracies: { weak: 0.7, worse: 0.62, "far-worse": 0.3, better: 0.86, ceiling: 0.8 },
  });

/** Text from elsewhere that wants to be something else. */
export const hostileNames = [
  "<script>alert(1)</script>",
  "\"><img src=x onerror='alert(2)'>",
  "=cmd|' /C calc'!A0",
  "@SUM(1+1)*cmd",
  "\u202egnihtemos\u202c reversed",
  "طريقة الثقة",
  "置信度损失方法与自训练",
  "\u001b[31mred\u001b[0m\u0007",
  "two\nlines\tand a tab",
  "a-very-long-method-name-that-somebody-made-by-joining-all-its-options(alpha=0.75,ramp=0.2,beta=0.9)",
  "]]></desc><style>*{display:none}</style>",
  "&amp; `backtick` \u0024{template}",
  "naive",
  "confidence",
];

/** Fourteen methods with hostile names, in a testbed with one. */
export const hostile = () => {
  const methods = hostileNames.map((name, i) => [name, 0.76 + 0.008 * i] as const);
  return simulated({
    name: "</title><script>alert('testbed')</script>",
    n: 900,
    seeds: 3,
    accuracies: { weak: 0.751, ...Object.fromEntries(methods), ceiling: 0.881 },
    change: {
      warnings: ["<b>bold</b> & \u001b[2Jcleared"],
      reproduce: "npx tsx '</code></pre><script>alert(3)</script>'",
    },
  });
};

/** Every record, by name. */
export const all = { brown, demo, digits, chance, failing, subsets, tiny, extreme, hostile } as const;
