/*
 * What the way over HTTP costs: the same fit through httpTrainer (a server on loopback) and through pythonTrainer, in
 * interleaved pairs. Prints the ratio of their times. Each fit has another seed, so that nothing is answered from a store.
 *
 *   npm start bench/remote.ts
 */
import { dataset, type FitRequest, hashedWords, linear, type Trainer } from "weak-to-strong";
import { httpTrainer } from "weak-to-strong/trainers/http";
import { pythonTrainer } from "weak-to-strong/trainers/python";
import { startTrainerServer } from "../examples/lib/trainer-server.js";

const pairs = 15;
const rows = 5_000;
const words = ["river", "stone", "moss", "otter", "reed", "heron", "ledger", "tariff", "broker", "audit"];

/** Texts of which the first word tells the class; about two seconds of training. */
function request(seed: number): FitRequest {
  const inputs = Array.from({ length: rows }, (_, i) => ({
    text: Array.from({ length: 12 }, (_, k) => words[(i * 7 + k * (i % 11)) % words.length]).join(" "),
  }));
  const data = Float32Array.from({ length: rows * 2 }, (_, j) => (((j >> 1) * 7) % 10 < 5 === (j % 2 === 0) ? 1 : 0));
  const all = dataset(inputs);
  return {
    task: "classify",
    model: linear(hashedWords({ buckets: 512 }), { epochs: 300 }),
    classes: 2,
    train: { dataset: all, targets: { rows, columns: 2, data } },
    loss: { name: "cross_entropy" },
    seed,
    predict: { all: { dataset: all } },
  };
}

/** Seconds of a fit, and how many of them were not the worker's own. */
async function measure(trainer: Trainer, asked: FitRequest): Promise<{ seconds: number; around: number }> {
  const started = performance.now();
  const { cost } = await trainer.fit(asked);
  if (cost.cached) throw new Error("the fit was answered from a store: nothing was measured");
  const seconds = (performance.now() - started) / 1000;
  return { seconds, around: seconds - cost.seconds };
}

const sorted = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b);
const quantile = (values: readonly number[], q: number): number => sorted(values)[Math.round(q * (values.length - 1))]!;

await using server = await startTrainerServer();
await using remote = httpTrainer(server);
await using local = pythonTrainer();
for (const trainer of [remote, local]) await measure(trainer, request(1_000_000)); // starts, extracts, sends the data

const there: Awaited<ReturnType<typeof measure>>[] = [];
const here: typeof there = [];
for (let pair = 0; pair < pairs; pair++) {
  const asked = request(Date.now() + pair);
  // Whoever goes first alternates, so that a machine that warms up or slows down favours nobody.
  for (const first of pair % 2 === 0 ? [true, false] : [false, true]) {
    if (first) there.push(await measure(remote, asked));
    else here.push(await measure(local, asked));
  }
}
for (const [name, fits] of Object.entries({ httpTrainer: there, pythonTrainer: here })) {
  const [whole, around] = [fits.map(({ seconds }) => seconds), fits.map((fit) => fit.around * 1000)];
  console.log(
    `${name.padEnd(14)} median ${quantile(whole, 0.5).toFixed(3)} s, of which around the worker's own time ${quantile(around, 0.5).toFixed(1)} ms (quartiles ${quantile(around, 0.25).toFixed(1)} to ${quantile(around, 0.75).toFixed(1)})`,
  );
}
const ratios = there.map(({ seconds }, pair) => seconds / here[pair]!.seconds);
console.log(
  `${"ratio".padEnd(14)} median ${quantile(ratios, 0.5).toFixed(3)} of ${pairs} pairs (quartiles ${quantile(ratios, 0.25).toFixed(3)} to ${quantile(ratios, 0.75).toFixed(3)}, all ${quantile(ratios, 0).toFixed(3)} to ${quantile(ratios, 1).toFixed(3)})`,
);
