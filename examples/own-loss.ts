// A loss of one's own (own-loss/my_losses.py), used by a method.
//
//   npm start examples/own-loss.ts
import assert from "node:assert/strict";
import { join } from "node:path";
import { digits, experiment, type MethodContext, naive, named } from "weak-to-strong";
import { pythonTrainer } from "weak-to-strong/trainers/python";

const robust = (name: string, q: number) =>
  named(`${name}(q=${q})`, ({ weakLabels, fit }: MethodContext) => fit({ targets: weakLabels, loss: { name, q } }));

await using trainer = pythonTrainer({ plugins: [join(import.meta.dirname, "own-loss", "my_losses.py")] });
await using run = experiment({
  testbed: await digits(),
  trainer,
  methods: [naive(), robust("generalised-ce", 0.7), robust("generalised-ce-torch", 0.7)],
  seeds: 3,
});
const results = await run.result();
console.log(results);

const accuracy = (method: string): number => results.rows.find((row) => row.method === method)!.accuracy!;
const byHand = accuracy("generalised-ce(q=0.7)");
assert.ok(Math.abs(byHand - accuracy("generalised-ce-torch(q=0.7)")) < 0.005, "both gradients train the same student");
assert.ok(byHand > accuracy("naive"), "letting go of absurd labels beats learning all of them");
