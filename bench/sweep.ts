/*
 * A sweep of methods x seeds with one warm worker, against the same sweep with one process a fit, as scripts that are
 * started once a run do it. Both find extracted features on disk. Prints seconds and the ratio.
 *
 *   npm start bench/sweep.ts
 */
import {
  brown,
  confidence,
  defineTrainer,
  digits,
  experiment,
  hashedWords,
  hiddenStates,
  linear,
  minilm,
  naive,
  type Testbed,
  type Trainer,
} from "weak-to-strong";
import { pythonTrainer } from "weak-to-strong/trainers/python";

const runs = 3;

/** Starts a worker for each fit and ends it afterwards. */
const processPerFit = (): Trainer =>
  defineTrainer({
    name: "one process a fit",
    async fit(request, calling) {
      await using fresh = pythonTrainer();
      return await fresh.fit(request, calling);
    },
  });

async function seconds(testbed: Testbed, pair: object, trainer: Trainer): Promise<number> {
  const started = performance.now();
  await using run = experiment({ testbed, trainer, methods: [naive(), confidence()], seeds: 3, ...pair });
  await run.result();
  await trainer[Symbol.asyncDispose]();
  return (performance.now() - started) / 1000;
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

const words = await brown({ sizes: { train_label: 500, train_unlabel: 1000, test: 1000 } });
const cases = [
  { name: "digits, patches", testbed: await digits(), pair: {} },
  {
    name: "brown, MiniLM layer 4",
    testbed: words,
    pair: {
      teacher: linear(hashedWords()),
      teacherExamples: 200,
      student: linear(hiddenStates(minilm(), { layer: 4 })),
    },
  },
];

for (const { name, testbed, pair } of cases) {
  await seconds(testbed, pair, pythonTrainer()); // extracts the features
  const warm: number[] = [];
  const cold: number[] = [];
  for (let i = 0; i < runs; i++) {
    warm.push(await seconds(testbed, pair, pythonTrainer()));
    cold.push(await seconds(testbed, pair, processPerFit()));
  }
  const [w, c] = [median(warm), median(cold)];
  console.log(
    `${name}: 12 fits, warm worker ${w.toFixed(1)} s, one process a fit ${c.toFixed(1)} s: ${(c / w).toFixed(1)} times as fast (median of ${runs})`,
  );
}
