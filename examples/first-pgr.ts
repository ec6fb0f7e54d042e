// A first PGR, in seconds: how much of the gap on handwritten digits do two methods recover?
//
//   npm start examples/first-pgr.ts
import { confidence, digits, experiment, naive } from "weak-to-strong";
import { pythonTrainer } from "weak-to-strong/trainers/python";

await using trainer = pythonTrainer();
await using run = experiment({
  testbed: await digits(), // names its own teacher and student
  trainer,
  methods: [naive(), confidence({ alpha: 0.5 })],
  seeds: 3,
});

for await (const event of run) {
  if (event.type === "unit") console.log(`${event.done}/${event.units}  ${event.method}, seed ${event.seed}`);
}
const results = await run.result();
console.log(results);

for (const { method, pgr } of results.rows) {
  if (pgr?.status === "ok") console.log(`${method}: PGR ${pgr.estimate.toFixed(2)}, 95% interval`, pgr.interval);
  else console.log(`${method}: ${pgr?.reason}`);
}

// A trained student can be used afterwards.
const { checkpoint } = results.runs.find(({ method, seed }) => method === "confidence" && seed === 0)!;
const { dataset } = (await digits()).splits.test;
const { predictions } = await trainer.predict({
  checkpoint: checkpoint!,
  rows: { dataset, indices: Int32Array.of(0, 1) },
});
console.log(`the student's first two predictions: ${predictions.rows} rows of ${predictions.columns} probabilities`);
