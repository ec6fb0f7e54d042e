// A script to work with as in a notebook: edit, run from the top, wait only for what the edit changed. Everything that
// was computed before is found in `dir`. Editors that know `// %%` cells can also run it piece by piece.
//
//   npm start examples/notebook.ts

// %% What to measure
import { confidence, digits, experiment, naive, pgr } from "weak-to-strong";
import { pythonTrainer } from "weak-to-strong/trainers/python";

await using trainer = pythonTrainer();
const base = { testbed: await digits(), trainer, seeds: 3, dir: "runs/notebook" };

// %% A first look
await using first = experiment({ ...base, methods: [naive()] });
console.log(await first.result());

// %% Another method: teacher, ceiling and naive are not fitted again
await using second = experiment({ ...base, methods: [naive(), confidence(), confidence({ alpha: 0.75 })] });
const results = await second.result();
console.log(results);
const { fits, cachedFits } = results.record.cost;
console.log(`${cachedFits} of ${fits} fits were found in ${base.dir}`);

// %% The statistic by itself: accuracies over seeds, from anywhere
const published = pgr({ weak: [0.71, 0.73, 0.72], transfer: [0.77, 0.78, 0.76], ceiling: [0.85, 0.86, 0.85], n: 1000 });
console.log(published.status === "ok" ? published.interval : published.reason);
