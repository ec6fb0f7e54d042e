import {
  argmax,
  confidence,
  confidenceWindow,
  confidentLabels,
  earlyStopping,
  type LinearOptimizer,
  labelSmoothing,
  type Method,
  naive,
  named,
  probeFilter,
  probeRelabel,
  product,
  reverseKl,
  strongToStrong,
  type Testbed,
  type Trainer,
  weakEnsemble,
} from "weak-to-strong";
import { planOf } from "../../src/experiment/plan.js";
import { newSharing, runUnits } from "../../src/experiment/units.js";
import { startRun } from "../../src/run.js";
import type { Matrix } from "../../src/stats/crossed.js";
import type { Tried } from "./team.js";

/** A method with one way to train the student, and what it answered about the test split. */
export interface Pooled extends Tried {
  readonly name: string;
  /** Methods of one family are the same with other settings. */
  readonly family: number;
  readonly setting: number;
  readonly optimizer: number;
}

/** What methods answered on one testbed; all lists are seeds x rows, the same rows in each. */
export interface Pool {
  readonly testbed: string;
  /** Of the rows of the test split that are kept. */
  readonly ids: readonly string[];
  readonly weak: Matrix;
  readonly ceiling: Matrix;
  /** Naive training as it is comes first. */
  readonly methods: readonly Pooled[];
}

/** Methods by family. Nearest neighbours are for small splits: among thousands of wide rows they take a minute a seed. */
function families(testbed: Testbed): Method[][] {
  const binary = testbed.classes.length === 2;
  const small = testbed.splits.train_unlabel.ids.length < 1000;
  return [
    [naive(), naive({ hard: true })],
    [0.25, 0.5, 0.75, 0.9].map((alpha) => confidence({ alpha })),
    [0.5, 1, 2].map((beta) => product({ beta })),
    [0, 0.5, 1].map((entropy) => reverseKl({ entropy })),
    [0.1, 0.15, 0.25].map((radius) => confidenceWindow({ radius })),
    [0.1, 0.2, 0.4].map((epsilon) => labelSmoothing({ epsilon })),
    (binary ? [0.6, 0.7, 0.8] : [0.3, 0.4, 0.5]).map((threshold) => confidentLabels({ threshold })),
    [0.1, 0.3].map((share) => earlyStopping({ share })),
    [3, 6].map((teachers) => weakEnsemble({ teachers })),
    ...(small
      ? [
          [1, 2, 4].map((rounds) => strongToStrong({ rounds })),
          [5, 10, 20, 50].map((k) => probeRelabel({ probe: "knn", k })),
          [0.1, 0.2, 0.3].map((drop) => probeFilter({ probe: "knn", k: 20, drop })),
        ]
      : []),
  ];
}

/** How the student is trained: as its testbed has it, and by multiples of that. */
const optimizers: readonly Partial<LinearOptimizer>[] = [{}, { weightDecay: 10 }, { epochs: 0.2 }];

function trainedBy(method: Method, factors: Partial<LinearOptimizer>): Method {
  const changes = Object.entries(factors) as [keyof LinearOptimizer, number][];
  if (changes.length === 0) return method;
  const name = `${method.methodName} ${changes.map(([key, factor]) => `${key} x ${factor}`).join(" ")}`;
  return named(name, (context) => {
    const { student } = context;
    if (student.type !== "linear") throw new Error(`expected a linear student, found ${student.type}`);
    const optimizer = { ...student.optimizer };
    for (const [key, factor] of changes) optimizer[key] *= factor;
    return method({ ...context, fit: (options) => context.fit({ ...options, model: { ...student, optimizer } }) });
  });
}

/** Fits every method with every optimiser and `seeds` seeds. Of rows in groups the first of each group is kept. */
export async function fitPool(testbed: Testbed, trainer: Trainer, seeds: number): Promise<Pool> {
  const entries = families(testbed).flatMap((settings, family) =>
    settings.flatMap((method, setting) =>
      optimizers.map((factors, optimizer) => ({ method: trainedBy(method, factors), family, setting, optimizer })),
    ),
  );
  const plan = planOf({ testbed, trainer, seeds, methods: entries.map(({ method }) => method) });
  const { parallel } = await trainer.capabilities();
  const expected = (entries.length + 2) * seeds;
  await using run = startRun((context) => runUnits(plan, expected, newSharing(parallel), context));
  const { units } = await run.result();
  const { ids, groups } = testbed.splits.test;
  const rows = Int32Array.from(ids.keys()).filter((row) => !groups || groups.indexOf(groups[row]!) === row);
  const listsOf = (name: string) => {
    const ofSeeds = units.filter(({ method }) => method === name);
    const failed = ofSeeds.find(({ error }) => error !== undefined);
    if (failed) throw new Error(`${name}: ${failed.error}`);
    const answers = ofSeeds.map(({ predictions }) => argmax(predictions!.test!));
    return {
      right: ofSeeds.map(({ scored }) => Float64Array.from(rows, (row) => scored!.correct[row]!)),
      answers: answers.map((list) => rows.map((row) => list[row]!)),
    };
  };
  return {
    testbed: testbed.name,
    ids: Array.from(rows, (row) => ids[row]!),
    weak: listsOf("weak").right,
    ceiling: listsOf("ceiling").right,
    methods: entries.map(({ method, ...where }) => ({
      name: method.methodName!,
      ...where,
      ...listsOf(method.methodName!),
    })),
  };
}
