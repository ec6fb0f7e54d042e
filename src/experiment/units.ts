import pLimit, { type LimitFunction } from "p-limit";
import { checkProbabilities, type Matrix, oneHot } from "../data/matrix.js";
import { random, shuffled } from "../data/random.js";
import { WeakToStrongError } from "../errors.js";
import type { Method } from "../methods/method.js";
import type { RunContext } from "../run.js";
import { untilAborted } from "../run.js";
import { openTruth, type Truth } from "../testbed/truth.js";
import type { Checkpoint, Cost, FitResult, Trainer } from "../trainer.js";
import { makeContext } from "./context.js";
import type { ExperimentEvent, Unit } from "./events.js";
import { type Ledger, newLedger } from "./ledger.js";
import type { Plan } from "./plan.js";
import { type Scored, scored } from "./scoring.js";
import { type FitStore, sharedFits } from "./shared-fits.js";
import type { StudentTask } from "./task.js";

/** How one method did with one seed. */
export interface UnitOutcome extends Unit {
  /** Absent if it failed, as is `predictions`. */
  readonly scored?: Scored;
  /** Of the test split; of a teacher also of `train_unlabel`, which are the weak labels. */
  readonly predictions?: FitResult["predictions"];
  readonly checkpoint?: Checkpoint;
  readonly cost: Cost;
  readonly error?: string;
}

/** Everything that the units of an experiment gave. */
export interface Outcome {
  readonly units: readonly UnitOutcome[];
  readonly truth: Truth;
  readonly warnings: readonly string[];
  readonly ledger: Ledger;
}

/** What experiments that run beside each other have in common: places to work at, and fits. */
export interface Sharing {
  readonly slots: LimitFunction;
  readonly fits: FitStore;
  /** Those that contain truth. */
  readonly truthFits: FitStore;
}

/** For `parallel` units at a time. */
export function newSharing(parallel: number): Sharing {
  return { slots: pLimit(Math.max(1, parallel)), fits: new Map(), truthFits: new Map() };
}

/** Runs teacher, ceiling and methods for every seed. */
export async function runUnits(
  plan: Plan,
  units: number,
  { slots, ...stores }: Sharing,
  context: RunContext<ExperimentEvent>,
): Promise<Outcome> {
  const truth = openTruth(plan.testbed);
  const warnings = new Set<string>();
  // Teacher and ceiling are what all else stands on: when one fails, the rest is stopped.
  const stop = new AbortController();
  const signal = AbortSignal.any([context.signal, stop.signal]);
  const emit = (event: ExperimentEvent): void => {
    if (event.type === "warning") warnings.add(event.message);
    context.emit(event);
  };
  const ledger = newLedger();
  const fits = sharedFits(plan.trainer, ledger, emit, stores.fits);
  // A method that asks for what the ceiling asked for must not learn from a cost of nothing that it guessed the truth.
  const truthFits = sharedFits(plan.truthTrainer, ledger, emit, stores.truthFits);
  const started: Promise<unknown>[] = [];
  const limit = <T>(work: () => Promise<T>): Promise<T> => {
    const unit = slots(work);
    unit.catch(() => undefined); // reported by whoever waits for it; nobody may be waiting yet
    started.push(unit);
    return unit;
  };
  const { splits, classes } = plan.testbed;
  const controls = plan.methods.filter(({ method }) => method.control).map(({ name }) => name);
  const seesTruth = (method: string): boolean => ["weak", "ceiling", ...controls].includes(method);
  let done = 0;

  async function unit(
    { method, seed }: Unit,
    work: (trainer: Trainer) => Promise<Pick<FitResult, "predictions"> & Partial<FitResult>>,
  ): Promise<UnitOutcome> {
    signal.throwIfAborted();
    const meter = ledger.meter(method, seed);
    const fitted = await work(seesTruth(method) ? truthFits({ method, seed }) : fits({ method, seed }));
    const test = fitted.predictions.test!;
    checkProbabilities(test, splits.test.ids.length, classes.length, `predictions.test of the method "${method}"`);
    const marks = scored(plan.metric, test, truth, { method, seed });
    const score = marks.scores.reduce((sum, one) => sum + one, 0) / marks.scores.length;
    const { accuracy } = marks.measures.get("test")!;
    emit({ type: "unit", method, seed, score, accuracy, done: ++done, units });
    const checkpoint = meter.checkpoint(fitted.checkpoint?.id);
    const { predictions } = fitted;
    return { method, seed, scored: marks, predictions, cost: meter.cost(), ...(checkpoint && { checkpoint }) };
  }

  async function forSeed(seed: number): Promise<UnitOutcome[]> {
    const rows = teacherRows(truth.labels.train_label, classes.length, plan.teacherExamples, seed);
    const teacherLabels = oneHot(
      Int32Array.from(rows, (row) => truth.labels.train_label[row]!),
      classes.length,
    );
    const shared = { task: "classify", classes: classes.length, loss: { name: "cross_entropy" }, seed } as const;
    const taught = Promise.withResolvers<Matrix>();
    const weak = limit(() =>
      unit({ method: "weak", seed }, async (trainer) => {
        const fitted = await trainer.fit(
          {
            ...shared,
            model: plan.teacher,
            train: { dataset: splits.train_label.dataset, indices: rows, targets: teacherLabels },
            predict: {
              train_unlabel: { dataset: splits.train_unlabel.dataset },
              test: { dataset: splits.test.dataset },
            },
          },
          { signal },
        );
        taught.resolve(fitted.predictions.train_unlabel!);
        return fitted;
      }),
    );
    weak.catch(taught.reject);
    taught.promise.catch(() => undefined);
    const ceiling = limit(() =>
      unit({ method: "ceiling", seed }, (trainer) =>
        trainer.fit(
          {
            ...shared,
            model: plan.student,
            train: {
              dataset: splits.train_unlabel.dataset,
              targets: oneHot(truth.labels.train_unlabel, classes.length),
            },
            predict: { test: { dataset: splits.test.dataset } },
          },
          { signal },
        ),
      ),
    );
    const weakLabels = await taught.promise;
    const task: StudentTask = {
      testbed: plan.testbed,
      student: plan.student,
      seed,
      weakLabels,
      teacher: { examples: { dataset: splits.train_label.dataset, indices: rows }, labels: teacherLabels },
      anotherTeacher: async (draw, method) => {
        const { name } = plan.methods.find((entry) => entry.method === method)!;
        const uniform = random("bootstrap of the teacher's examples", seed, draw);
        const weights = new Float32Array(rows.length);
        for (let i = 0; i < rows.length; i++) weights[Math.floor(uniform() * rows.length)]!++;
        const { predictions } = await truthFits({ method: name, seed }).fit(
          {
            ...shared,
            model: plan.teacher,
            train: { dataset: splits.train_label.dataset, indices: rows, targets: teacherLabels, weights },
            predict: { train_unlabel: { dataset: splits.train_unlabel.dataset } },
          },
          { signal },
        );
        return predictions.train_unlabel!;
      },
    };
    const methods = plan.methods.map(({ name, method }) =>
      limit(async () => {
        try {
          return await unit({ method: name, seed }, (trainer) =>
            attempt(method, task, trainer, signal, { method: name, seed }, emit),
          );
        } catch (error) {
          signal.throwIfAborted();
          const text = inWords(error);
          emit({ type: "unit-failed", method: name, seed, error: text, done: ++done, units });
          return { method: name, seed, error: text, cost: ledger.meter(name, seed).cost() };
        }
      }),
    );
    return Promise.all([weak, ...methods, ceiling]);
  }

  const outcomes = await Promise.all(plan.seeds.map(forSeed)).catch(async (error: unknown) => {
    stop.abort(error);
    await Promise.allSettled(started);
    throw error;
  });
  return { units: outcomes.flat(), truth, warnings: [...warnings], ledger };
}

async function attempt(
  method: Method,
  task: StudentTask,
  trainer: Trainer,
  signal: AbortSignal,
  unit: Unit,
  emit: (event: ExperimentEvent) => void,
): Promise<Pick<FitResult, "predictions"> & Partial<FitResult>> {
  const context = makeContext(task, method, trainer, signal, (event) => emit({ ...event, ...unit }));
  // A method that does not watch its signal must not hold up whoever cancels.
  const result = await untilAborted(
    Promise.resolve().then(() => method(context)),
    signal,
  );
  if (result?.predictions?.test) return result;
  const found =
    typeof result === "function"
      ? `a function: is it a factory that has to be called, as in methods: [${unit.method}()]?`
      : `${result === undefined ? "nothing" : "no predictions.test"}; expected { predictions: { test } }, or what context.fit() returns.`;
  throw new WeakToStrongError("bad_input", `The method "${unit.method}" returned ${found}`);
}

/** The message, and for an error that is not this library's own, where it was thrown. */
function inWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const at = WeakToStrongError.isInstance(error) ? undefined : /([^/\\\s(]+:\d+):\d+\)?$/m.exec(error.stack ?? "")?.[1];
  return at ? `${error.message} (at ${at})` : error.message;
}

/** A seeded draw of the teacher's examples, each class in proportion to its share of `train_label`. */
function teacherRows(labels: Int32Array, classes: number, examples: number, seed: number): Int32Array {
  const order = shuffled([...labels.keys()], random("teacher examples", seed));
  const byClass = Array.from({ length: classes }, (_, label) => order.filter((row) => labels[row] === label));
  // Largest remainders, and at least one of each class.
  const exact = byClass.map((rows) => (rows.length / labels.length) * examples);
  const counts = exact.map((count) => Math.max(1, Math.floor(count)));
  const byRemainder = [...exact.keys()].sort((a, b) => (exact[b]! % 1) - (exact[a]! % 1));
  for (let at = 0, left = examples - sum(counts); left > 0; at = (at + 1) % classes) {
    const label = byRemainder[at]!;
    if (counts[label]! >= byClass[label]!.length) continue;
    counts[label]!++;
    left--;
  }
  while (sum(counts) > examples) counts[counts.indexOf(Math.max(...counts))]!--;
  return Int32Array.from(byClass.flatMap((rows, label) => rows.slice(0, counts[label]))).sort();
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
