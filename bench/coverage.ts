/**
 * Coverage of the intervals of `pgr` and `meanInterval` by simulation; prints Markdown tables.
 *
 *   npm start bench/coverage.ts [--runs 20000] [--threads 2] [--full]
 *   npm start -- bench/coverage.ts --reach [--runs 20000]     Satterthwaite's degrees of freedom against the rule in use
 *
 * The model: whether model m under seed s gets example i right is
 *   mu_m + .6 d_i + .5 g_mi + c_m h_ms + noise > 0,
 * d_i the difficulty that all models share, g_mi the examples that one model favours, h_ms the seed. The student's
 * seed effect is half its teacher's of the same seed (in variance), and on a fifth of the examples it repeats its
 * teacher's noise. Mean accuracies are Phi(mu_m) exactly. `seed SD` is the standard deviation of an accuracy over seeds.
 */
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { meanVariance } from "../src/stats/crossed.js";
import { meanInterval } from "../src/stats/mean.js";
import { pgr } from "../src/stats/pgr.js";
import { studentQuantile } from "../src/stats/student.js";
import { answer, average, density, draw, favoured, inverse, normals, repeat, sharedDifficulty } from "./answers.js";

interface Cell {
  n: number;
  /** Seeds of weak, transfer, ceiling. */
  seeds: [number, number, number];
  gap: "small" | "large";
  seedSd: number;
  accuraciesOnly?: boolean;
}

interface Outcome {
  cell: Cell;
  /** Share of the runs with a bounded interval in which it holds the true PGR. */
  coverage: number;
  /** Share of runs answered with "undefined". */
  undefinedShare: number;
  medianWidth: number;
  /** Coverage of the interval of the student's mean accuracy. */
  meanCoverage: number;
  /** Coverage of mean +- t x standard error of the per-seed PGRs; NaN where seeds do not pair or there is one only. */
  usual: number;
}

const gaps = {
  small: [0.7, 0.725, 0.75],
  large: [0.65, 0.77, 0.85],
} as const;
/** Of 256: a fifth. */
const repeated = 51;
/** t quantiles at .975 for S - 1, of the seed counts used here: the usual interval, kept apart from the code under test. */
const usualT: Record<number, number> = { 2: 12.706205, 3: 4.302653, 5: 2.776445, 10: 2.262157, 16: 2.13145 };

function simulate(cell: Cell, runs: number, seed: number): Outcome {
  const state = Int32Array.of(seed, 0x9e3779b9, 0x243f6a88, 1);
  draw(state, new Uint32Array(100));
  const { n, seeds } = cell;
  const pairs = seeds[0] > 1 && new Set(seeds).size === 1;
  const p = gaps[cell.gap];
  const truth = (p[1] - p[0]) / (p[2] - p[0]);
  const mu = p.map(inverse);
  const seedEffect = mu.map((m) => cell.seedSd / density(m));
  const scale = seedEffect.map((c) => 1 / Math.sqrt(1 - sharedDifficulty ** 2 - favoured ** 2 - c ** 2));
  const [weak, transfer, ceiling] = seeds.map((count) => Array.from({ length: count }, () => new Float64Array(n)));
  const lists = [weak!, transfer!, ceiling!];
  const base = lists.map(() => new Float64Array(n));
  const teacherNoise = Array.from({ length: seeds[0] }, () => new Uint32Array(n));
  const noise = new Uint32Array(n);
  const bits = new Uint32Array(2 * n);
  const seedBits = new Uint32Array(seeds[0] + seeds[1] + seeds[2] + seeds[1]);
  const widths: number[] = [];
  let [covered, undefinedRuns, meanCovered, usualCovered] = [0, 0, 0, 0];
  for (let run = 0; run < runs; run += 1) {
    draw(state, bits);
    for (let i = 0; i < n; i += 1) {
      const [one, two] = [bits[2 * i]!, bits[2 * i + 1]!];
      const shared = sharedDifficulty * normals[one & 0xffff]!;
      const own = [one >>> 16, two & 0xffff, two >>> 16] as const;
      for (let m = 0; m < 3; m += 1) {
        const z = scale[m]! * (mu[m]! + shared + favoured * normals[own[m]!]!);
        base[m]![i] = Math.max(-7, Math.min(7, z));
      }
    }
    draw(state, seedBits);
    const normal = Array.from(seedBits, (word) => normals[word >>> 16]!);
    const teacherSeed = normal.splice(0, seeds[0]);
    for (let m = 0; m < 3; m += 1) {
      for (let s = 0; s < seeds[m]!; s += 1) {
        const own = m === 0 ? teacherSeed[s]! : normal.pop()!;
        const effect = m === 1 ? Math.SQRT1_2 * (own + (teacherSeed[s] ?? normal.pop()!)) : own;
        const shift = scale[m]! * seedEffect[m]! * effect;
        const teacher = teacherNoise[s];
        const target = m === 0 ? teacher! : noise;
        draw(state, target);
        if (m === 1 && teacher !== undefined) repeat(target, teacher, repeated);
        answer(lists[m]![s]!, base[m]!, shift, target);
      }
    }
    const result = cell.accuraciesOnly
      ? pgr({ weak: weak!.map(average), transfer: transfer!.map(average), ceiling: ceiling!.map(average), n })
      : pgr({ weak: weak!, transfer: transfer!, ceiling: ceiling! });
    if (result.status === "ok") {
      const [low, high] = result.interval;
      widths.push(high - low);
      if (low <= truth && truth <= high) covered += 1;
    } else undefinedRuns += 1;
    const accuracy = cell.accuraciesOnly ? meanInterval(transfer!.map(average), { n }) : meanInterval(transfer!);
    if (accuracy.interval[0] <= p[1] && p[1] <= accuracy.interval[1]) meanCovered += 1;
    if (pairs && usualHolds(weak!, transfer!, ceiling!, truth)) usualCovered += 1;
  }
  widths.sort((a, b) => a - b);
  return {
    cell,
    coverage: covered / (runs - undefinedRuns),
    undefinedShare: undefinedRuns / runs,
    medianWidth: widths[widths.length >> 1] ?? Number.NaN,
    meanCoverage: meanCovered / runs,
    usual: pairs ? usualCovered / runs : Number.NaN,
  };
}

function usualHolds(weak: Float64Array[], transfer: Float64Array[], ceiling: Float64Array[], truth: number): boolean {
  const single = transfer.map((row, s) => {
    const w = average(weak[s]!);
    return (average(row) - w) / (average(ceiling[s]!) - w);
  });
  const middle = average(single);
  const variance = single.reduce((sum, x) => sum + (x - middle) ** 2, 0) / (single.length - 1);
  return Math.abs(middle - truth) <= usualT[single.length]! * Math.sqrt(variance / single.length);
}

function grid(full: boolean): [title: string, cells: Cell[]][] {
  const cross = (ns: number[], counts: number[], sds: number[], sizes: Cell["gap"][] = ["small", "large"]): Cell[] =>
    sizes.flatMap((gap) =>
      ns.flatMap((n) => counts.flatMap((s) => sds.map((seedSd): Cell => ({ n, seeds: [s, s, s], gap, seedSd })))),
    );
  const paired = full
    ? cross([300, 1000, 3000, 5000], [2, 3, 5, 10, 16], [0, 0.02, 0.04])
    : [
        ...cross([300, 1000], [2, 3, 5, 10, 16], [0, 0.02, 0.04]),
        ...cross([3000], [2, 3, 5, 10], [0, 0.04]),
        ...cross([5000], [2, 3, 5, 16], [0.04], ["small"]),
      ];
  const other = (seeds: Cell["seeds"], accuraciesOnly: boolean, ns = [300, 1000]): Cell[] =>
    cross(ns, [1], [0, 0.02, 0.04]).map((cell) => ({ ...cell, seeds, accuraciesOnly }));
  return [
    ["Per-example scores, paired by seed", paired],
    ["Per-example scores, one seed (the truth meant is over seeds)", other([1, 1, 1], false)],
    ["Per-example scores, lists of 16, 5 and 16 seeds", other([16, 5, 16], false)],
    ["Per-example scores, lists of 3, 5 and 2 seeds", other([3, 5, 2], false)],
    ["Accuracies only, 3 seeds", other([3, 3, 3], true)],
    ["Accuracies only, 5 seeds", other([5, 5, 5], true)],
    ["Accuracies only, lists of 16, 5 and 16 seeds", other([16, 5, 16], true, [300])],
  ];
}

function figure(x: number, digits = 3): string {
  return Number.isNaN(x) ? "–" : x.toFixed(digits).replace(/^0\./, ".");
}

function table(outcomes: Outcome[]): string {
  const head = [
    "| gap | n | seeds | seed SD | PGR coverage | undefined | wrong | median width | accuracy coverage | usual mean ± SE |",
    "|---|---|---|---|---|---|---|---|---|---|",
  ];
  const rows = outcomes.map(({ cell, coverage, undefinedShare, medianWidth, meanCoverage, usual }) => {
    const { gap, n, seeds, seedSd } = cell;
    const count = new Set(seeds).size === 1 ? seeds[0] : seeds.join("/");
    const wrong = (1 - coverage) * (1 - undefinedShare);
    const figures = [coverage, undefinedShare, wrong, medianWidth, meanCoverage, usual].map((x) => figure(x));
    return `| ${[gap, n, count, figure(seedSd, 2), ...figures].join(" | ")} |`;
  });
  return [...head, ...rows].join("\n");
}

/**
 * A mean with normal errors whose seed variance has S - 1 degrees of freedom, all else being known: coverage and median
 * half width (in true standard errors) of Satterthwaite's rule without truncation, and of `meanVariance`.
 * `seed` is the seeds' share of the variance relative to the examples', `interaction` the share of R / (nS) in E / n.
 */
function reachTable(runs: number): string {
  const rows = ["| S | interaction | seed | Satterthwaite | in use |", "|---|---|---|---|---|"];
  const state = Int32Array.of(1, 2, 3, 4);
  for (const count of [2, 3, 5, 10]) {
    const block = new Uint32Array(count);
    for (const interaction of [0.2, 0.6]) {
      for (const seed of [0, 0.5, 2, 8, 50]) {
        const found = [0, 1].map(() => ({ covered: 0, widths: [] as number[] }));
        for (let run = 0; run < runs; run += 1) {
          draw(state, block);
          const [own, ...rest] = Array.from(block, (word) => normals[word >>> 16]!);
          const q = ((seed + interaction) * rest.reduce((sum, z) => sum + z * z, 0)) / (count - 1);
          const seedTerms = [{ seeds: [[q]], interaction: [[interaction]], count }];
          const { uu, reach } = meanVariance({ examples: [[1]], seedTerms, n: 10_000 }, [1], [1], 0.95);
          const plain = 1 + q - interaction;
          const df = plain ** 2 / (q ** 2 / (count - 1) + 1 / 9999);
          const halves = [studentQuantile(0.975, Math.max(1, df)) * Math.sqrt(plain), Math.sqrt(reach * uu)];
          for (const [k, half] of halves.entries()) {
            found[k]!.widths.push(half / Math.sqrt(1 + seed));
            if (Math.abs(own!) * Math.sqrt(1 + seed) <= half) found[k]!.covered += 1;
          }
        }
        const cells = found.map(({ covered, widths }) => {
          widths.sort((a, b) => a - b);
          return `${figure(covered / runs)} (${widths[runs >> 1]!.toFixed(2)})`;
        });
        rows.push(`| ${[count, interaction, seed, ...cells].join(" | ")} |`);
      }
    }
  }
  return rows.join("\n");
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      runs: { type: "string" },
      threads: { type: "string" },
      full: { type: "boolean" },
      reach: { type: "boolean" },
    },
  });
  const runs = Number(values.runs ?? 20_000);
  if (values.reach) return console.log(reachTable(runs));
  const tables = grid(values.full ?? false);
  const cells = tables.flatMap(([, of]) => of);
  const size = ({ n, seeds }: Cell) => n * seeds.reduce((sum, count) => sum + count, 0);
  const queue = cells.map((cell, index) => ({ cell, index })).sort((a, b) => size(b.cell) - size(a.cell));
  const outcomes = new Map<Cell, Outcome>();
  const started = performance.now();
  const work = async () => {
    for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
      const { cell, index } = job;
      const outcome = await new Promise<Outcome>((resolve, reject) => {
        const worker = new Worker(new URL(import.meta.url), { workerData: { cell, runs, seed: index + 1 } });
        worker.once("message", resolve);
        worker.once("error", reject);
      });
      outcomes.set(cell, outcome);
      process.stderr.write(`${outcomes.size} of ${cells.length} cells\r`);
    }
  };
  await Promise.all(Array.from({ length: Number(values.threads ?? 2) }, work));
  for (const [title, of] of tables) {
    console.log(`### ${title}\n\n${table(of.map((cell) => outcomes.get(cell)!))}\n`);
  }
  console.log(`${runs} runs a cell, ${cells.length} cells, ${Math.round((performance.now() - started) / 1000)} s.`);
}

if (isMainThread) await main();
else parentPort?.postMessage(simulate(workerData.cell, workerData.runs, workerData.seed));
