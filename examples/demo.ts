// The demo: two experiments on real data, offline and without a key.
//
//   npm run demo
import {
  brown,
  confidence,
  confidentLabels,
  digits,
  experiment,
  type Method,
  naive,
  strongOnTeacherLabels,
  type Testbed,
} from "weak-to-strong";
import { pythonTrainer } from "weak-to-strong/trainers/python";
import { showProgress } from "./lib/progress.js";

await using trainer = pythonTrainer();

async function measure(testbed: Testbed, methods: Method[], introduction: string): Promise<void> {
  console.log(`\n${introduction}\n`);
  const dir = `runs/demo/${testbed.name}`;
  await using run = experiment({
    testbed, // names its own pair of teacher and student
    trainer,
    methods,
    seeds: 5,
    dir,
  });
  await showProgress(run);
  const results = await run.result();
  await results.writeReport(`${dir}/report.html`);
  console.log(results);
  console.log(`\nIn words: ${results.headline}`);
  console.log(`Report:   ${dir}/report.html`);
}

await measure(
  await digits(),
  [naive(), naive({ hard: true }), confidence(), strongOnTeacherLabels()],
  "1. Digits. The teacher sees averages of 2 x 2 pixels and learns from 120 labels; the student has patch features and\n" +
    "   learns only from what the teacher says. How much of what it could learn from the truth comes through?",
);
await measure(
  await brown({ sizes: { train_label: 500, train_unlabel: 2500, test: 1500 } }),
  [naive(), confidence(), confidentLabels(), strongOnTeacherLabels()],
  "2. Sentences of the Brown corpus: fiction or not? The teacher counts words; the student is a linear head on\n" +
    "   SmolLM2, a real language model. This is half of what brown() gives, for the clock's sake: the first run reads\n" +
    "   4,500 sentences with SmolLM2; later ones find that on disk.",
);

console.log(`
Next:
  npm start examples/own-data.ts     the same on your own JSON lines
  npm start examples/own-method.ts   a method of your own in ten lines
  docs/pgr.md                        what PGR is, when it misleads, and what a control that wins says`);
