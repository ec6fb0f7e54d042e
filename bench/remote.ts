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

async function seconds(trainer: Trainer, asked: FitRequest): Promise<number> {
  const started = performance.now();
  const { cost } = await trainer.fit(asked);
  if (cost.cached) throw new Error("the fit was answered from a store: nothing was measured");
  return (performance.now() - started) / 1000;
}

const sorted = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b);
const quantile = (values: readonly number[], q: number): number => sorted(values)[Math.round(q * (values.length - 1))]!;

await using server = await startTrainerServer();
await using remote = httpTrainer(server);
await using local = pythonTrainer();
for (const trainer of [remote, local]) await seconds(trainer, request(1_000_000)); // starts, extracts, sends the data

const there: number[] = [];
const here: number[] = [];
for (let pair = 0; pair < pairs; pair++) {
  const asked = request(Date.now() + pair);
  // Whoever goes first alternates, so that a machine that warms up or slows down favours nobody.
  for (const first of pair % 2 === 0 ? [true, false] : [false, true]) {
    if (first) there.push(await seconds(remote, asked));
    else here.push(await seconds(local, asked));
  }
}
const ratios = there.map((time, pair) => time / here[pair]!);
console.log(`httpTrainer    median ${quantile(there, 0.5).toFixed(3)} s`);
console.log(`pythonTrainer  median ${quantile(here, 0.5).toFixed(3)} s`);
console.log(
  `ratio          median ${quantile(ratios, 0.5).toFixed(3)} of ${pairs} pairs (quartiles ${quantile(ratios, 0.25).toFixed(3)} to ${quantile(ratios, 0.75).toFixed(3)}, all ${quantile(ratios, 0).toFixed(3)} to ${quantile(ratios, 1).toFixed(3)})`,
);
const extra = there.map((time, pair) => (time - here[pair]!) * 1000);
console.log(`difference     median ${quantile(extra, 0.5).toFixed(1)} ms a fit`);
