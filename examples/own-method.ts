// A method of one's own: any async function from inputs and weak labels to predictions.
//
//   npm start examples/own-method.ts
import { digits, experiment, type MethodContext, naive, named } from "weak-to-strong";
import { pythonTrainer } from "weak-to-strong/trainers/python";

/** Sharpens the weak labels: w^(1/T) / sum w^(1/T). */
const sharpened = (temperature: number) =>
  named(`sharpened(T=${temperature})`, async ({ weakLabels, fit }: MethodContext) => {
    const { rows, columns, data } = weakLabels;
    const targets = { rows, columns, data: data.map((w) => w ** (1 / temperature)) };
    for (let i = 0; i < rows; i++) {
      const row = targets.data.subarray(i * columns, (i + 1) * columns);
      const sum = row.reduce((a, b) => a + b);
      row.forEach((value, k) => {
        row[k] = value / sum;
      });
    }
    return fit({ targets });
  });

/** Strong-to-strong: trains a student, has it label the training examples again, and trains a fresh one on that. */
async function relabelled({ weakLabels, fit }: MethodContext) {
  const first = await fit({ targets: weakLabels, predictTrain: true });
  return fit({ targets: first.predictions.train! });
}

await using trainer = pythonTrainer();
await using run = experiment({
  testbed: await digits(),
  trainer,
  methods: [naive(), sharpened(0.5), relabelled],
  seeds: 3,
});
console.log(await run.result());
