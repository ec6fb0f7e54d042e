/**
 * `pgr` with its interval against bootstraps of the same ratio in numpy and scipy (BCa), B = 10,000, in one run.
 *
 *   W2S_BENCH_PYTHON=path/to/python npm start bench/pgr.ts
 *
 * Python (W2S_BENCH_PYTHON, or python3) needs numpy and scipy.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { pgr } from "../src/stats/pgr.js";

const n = 1000;
const seeds = 5;
const python = process.env.W2S_BENCH_PYTHON ?? "python3";

let state = 1;
function random(): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return ((state ^ (state >>> 15)) >>> 0) / 2 ** 32;
}
const difficulty = Array.from({ length: n }, random);
const [weak, transfer, ceiling] = [0.6, 0.75, 0.85].map((rate) =>
  Array.from({ length: seeds }, () => difficulty.map((d) => ((random() + d) / 2 < rate ? 1 : 0))),
);
const input = { weak: weak!, transfer: transfer!, ceiling: ceiling! };

/** Median of `repeats` timings in milliseconds, after a warm-up. */
function time(run: () => void, repeats: number): number {
  for (let k = 0; k < repeats; k += 1) run();
  const times = Array.from({ length: repeats }, () => {
    const started = performance.now();
    run();
    return performance.now() - started;
  });
  return times.sort((a, b) => a - b)[repeats >> 1]!;
}

const ours = time(() => pgr(input), 200);
const peers = spawnSync(python, [fileURLToPath(new URL("pgr_peers.py", import.meta.url))], {
  input: JSON.stringify(input),
  encoding: "utf8",
  maxBuffer: 2 ** 26,
});
if (peers.error !== undefined || peers.status !== 0) {
  const cause = peers.error?.message ?? peers.stderr.trim().split("\n").at(-1);
  console.error(`${python} could not run the bootstraps: ${cause}`);
  console.error(
    "Install numpy and scipy (python3 -m venv v; v/bin/pip install numpy scipy) and set W2S_BENCH_PYTHON=v/bin/python.",
  );
  process.exitCode = 1;
} else {
  const rows = JSON.parse(peers.stdout) as { name: string; ms: number; interval: [number, number] }[];
  const result = pgr(input);
  const show = ([low, high]: readonly number[]) => `[${low!.toFixed(3)}, ${high!.toFixed(3)}]`;
  console.log(`PGR with interval, n = ${n}, ${seeds} seeds, B = 10,000 where resampled\n`);
  console.log("| | ms | times pgr | interval | carries |\n|---|---|---|---|---|");
  const fieller = result.status === "ok" ? show(result.interval) : result.reason;
  console.log(`| pgr | ${ours.toFixed(3)} | 1 | ${fieller} | examples and seeds |`);
  for (const { name, ms, interval } of rows) {
    console.log(`| ${name} | ${ms.toFixed(1)} | ${Math.round(ms / ours)} | ${show(interval)} | examples |`);
  }
}
