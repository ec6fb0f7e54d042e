// A ladder of three models on handwritten digits: each weaker one teaches each stronger one, with two methods.
//
//   npm start examples/sweep.ts
import assert from "node:assert/strict";
import { confidence, digits, linear, naive, patches, pixels, sweep } from "weak-to-strong";
import { pythonTrainer } from "weak-to-strong/trainers/python";

await using trainer = pythonTrainer();
await using run = sweep({
  testbed: await digits(),
  trainer,
  // From the weakest to the strongest.
  models: {
    "4 pixels": linear(pixels({ pool: 4 }), { epochs: 200, weightDecay: 0.1 }),
    "16 pixels": linear(pixels({ pool: 2 }), { epochs: 200, weightDecay: 0.1 }),
    patches: linear(patches(), { epochs: 100 }),
  },
  teacherExamples: 120,
  methods: [naive(), confidence({ alpha: 0.5 })],
  seeds: 3,
});

for await (const event of run) {
  if (event.type === "pair") console.log(`${event.done}/${event.pairs}  ${event.teacher} taught ${event.student}`);
}
const results = await run.result();
console.log(results);
await results.writeReport("sweep.html");

// Teachers and ceilings that pairs share are trained once: 2 + 2 of them and 3 pairs x 2 methods, with 3 seeds.
assert.equal(results.record.cost.fits, (2 + 2 + 3 * 2) * 3);
for (const { teacher, student, record } of results.pairs) {
  const row = record?.rows.find(({ method }) => method === "confidence");
  if (row?.pgr?.status === "ok")
    console.log(`${teacher} -> ${student}: PGR ${row.pgr.estimate.toFixed(2)}`, row.pgr.interval);
}
const [weakest, , strongest] = results.models;
assert.ok(strongest!.ceiling!.score > weakest!.weak!.score + 0.2, "the ladder rises");
