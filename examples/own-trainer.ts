// A trainer of one's own (own-trainer/trainer.ts): the suite that proves it, and an experiment with it.
//
//   npm start examples/own-trainer.ts
import { brown, experiment, hashedWords, linear, naive } from "weak-to-strong";
import { trainerSuite } from "weak-to-strong/testing";
import { mine } from "./own-trainer/trainer.js";

for (const { name, run } of trainerSuite(() => mine)) {
  const skipped: string[] = [];
  await run({ skip: (reason) => skipped.push(reason) });
  console.log(`ok  ${name}${skipped.map((reason) => ` (skipped: ${reason})`)}`);
}

await using run = experiment({
  testbed: await brown({ sizes: { train_label: 200, train_unlabel: 4000, test: 2000 } }),
  trainer: mine,
  teacher: linear(hashedWords(), { epochs: 2, learningRate: 0.05 }),
  teacherExamples: 50,
  student: linear(hashedWords(), { epochs: 3, learningRate: 0.02 }),
  methods: [naive()],
  seeds: 3,
});
console.log(await run.result());
