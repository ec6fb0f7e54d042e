import { WeakToStrongError } from "../errors.js";
import type { Method } from "../methods/method.js";
import type { ModelSpec } from "../models/model.js";
import { type Metric, type MetricName, metricOf } from "../stats/metric.js";
import type { Testbed } from "../testbed/testbed.js";
import type { Trainer } from "../trainer.js";

/** What an experiment measures, and with what. */
export interface ExperimentOptions {
  readonly testbed: Testbed;
  readonly trainer: Trainer;
  /** Default: the testbed's pair. */
  readonly teacher?: ModelSpec;
  /** How many examples of `train_label` each seed's teacher is trained on. Default: the pair's; else all. */
  readonly teacherExamples?: number;
  /** Default: the testbed's pair. */
  readonly student?: ModelSpec;
  readonly methods: readonly Method[];
  /**
   * The score of each test example that PGR and intervals are of: "accuracy" (default), "brier", or one of your own that
   * gives numbers from 0 to 1. Yours is shown the truth; it is called in the scoring step only.
   */
  readonly metric?: MetricName | Metric;
  /** How many seeds (0, 1, ...), or which. Default 5. */
  readonly seeds?: number | readonly number[];
  /**
   * A folder in which finished fits and the results are kept: the same experiment started again repeats none of them,
   * and an edited one only what the edit changed. One experiment at a time uses it.
   */
  readonly dir?: string;
  readonly signal?: AbortSignal;
}

/** The options with every default filled in. */
export interface Plan {
  readonly testbed: Testbed;
  readonly trainer: Trainer;
  /** For the fits that contain truth; with a folder, one with a store of its own. */
  readonly truthTrainer: Trainer;
  readonly teacher: ModelSpec;
  readonly teacherExamples: number;
  readonly student: ModelSpec;
  readonly methods: readonly { readonly name: string; readonly method: Method }[];
  readonly metric: Metric;
  readonly seeds: readonly number[];
}

/** Checks the options and fills in their defaults. */
export function planOf(options: ExperimentOptions): Plan {
  const plan = fittingPlan(options);
  if (plan.methods.length === 0) throw bad("methods: expected at least one, found none; naive() is where to start.");
  return plan;
}

/** As {@link planOf}, but without any method there is still a teacher and a ceiling to fit. */
export function fittingPlan(options: ExperimentOptions): Plan {
  const { testbed, trainer, methods } = options;
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown !== undefined) throw bad(`unknown option "${unknown}"; there are ${known.join(", ")}.`);
  if (testbed instanceof Promise)
    throw bad("testbed: expected a testbed, found a promise of one; write `await digits()`.");
  if (typeof testbed?.splits !== "object")
    throw bad(`testbed: expected one made by loadTestbed, createTestbed, digits or brown, found ${shown(testbed)}.`);
  if (typeof trainer?.fit !== "function")
    throw bad(`trainer: expected a Trainer, such as pythonTrainer(), found ${shown(trainer)}.`);
  if (!Array.isArray(methods)) throw bad(`methods: expected a list, such as [naive()], found ${shown(methods)}.`);
  const { pair } = testbed;
  const teacher = options.teacher ?? pair?.teacher;
  const student = options.student ?? pair?.student;
  if (!teacher || !student) {
    const missing = teacher ? "student" : "teacher";
    throw bad(
      `${missing}: the testbed "${testbed.name}" names no pair of models; pass one, like linear(hashedWords()).`,
    );
  }
  const pool = testbed.splits.train_label.ids.length;
  const teacherExamples = options.teacherExamples ?? (options.teacher ? undefined : pair?.teacherExamples) ?? pool;
  if (!Number.isInteger(teacherExamples) || teacherExamples < testbed.classes.length || teacherExamples > pool) {
    throw bad(
      `teacherExamples: expected an integer from ${testbed.classes.length} (one a class) to ${pool} (the size of train_label), found ${teacherExamples}.`,
    );
  }
  return {
    testbed,
    trainer,
    truthTrainer: trainer,
    teacher,
    teacherExamples,
    student,
    methods: namedMethods(methods),
    metric: metricOf(options.metric),
    seeds: seedsOf(options.seeds ?? 5),
  };
}

function namedMethods(methods: readonly Method[]): Plan["methods"] {
  const names = new Set(["weak", "ceiling"]);
  return methods.map((method, index) => {
    if (typeof method !== "function") throw bad(`methods[${index}]: expected a function, found ${typeof method}.`);
    const name = method.methodName ?? method.name;
    if (name === "")
      throw bad(`methods[${index}]: the function has no name; give it one with named("my-method", method).`);
    if (names.has(name)) {
      throw bad(
        `methods[${index}]: the name "${name}" is taken; give this one another with named("${name}-2", method).`,
      );
    }
    names.add(name);
    return { name, method };
  });
}

function seedsOf(seeds: number | readonly number[]): readonly number[] {
  if (typeof seeds !== "number" && !Array.isArray(seeds)) {
    throw bad(`seeds: expected a number of seeds or a list of them, found ${shown(seeds)}.`);
  }
  const list =
    typeof seeds === "number" ? Array.from({ length: Math.max(0, Math.floor(seeds)) }, (_, seed) => seed) : seeds;
  const valid = list.length > 0 && list.every((seed) => Number.isSafeInteger(seed) && seed >= 0);
  if (!valid || new Set(list).size !== list.length || (typeof seeds === "number" && !Number.isInteger(seeds))) {
    throw bad(
      `seeds: expected a number of at least 1, or different non-negative integers, found ${JSON.stringify(seeds)}.`,
    );
  }
  return list;
}

const known = [
  "testbed",
  "trainer",
  "teacher",
  "teacherExamples",
  "student",
  "methods",
  "metric",
  "seeds",
  "dir",
  "signal",
];

function shown(value: unknown): string {
  return value === undefined ? "nothing" : (JSON.stringify(value)?.slice(0, 60) ?? typeof value);
}

function bad(message: string): WeakToStrongError {
  return new WeakToStrongError("bad_input", `Experiment: ${message}`);
}
