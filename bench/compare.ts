/**
 * Size, power and coverage of `compare`, what `power` predicts of it, and how often Holm's rule is wrong about a family,
 * all by simulation; prints Markdown tables. One thread, about ten minutes.
 *
 *   npm start -- bench/compare.ts [--runs 3000]
 *
 * The model is that of bench/coverage.ts with several students: under one seed all have half their teacher's seed effect
 * (in variance), most of the examples that they favour, and on most examples the same noise, a part of it their
 * teacher's. What that makes of the difference between two of them is printed as what `power` assumes of it.
 */
import { parseArgs } from "node:util";
import { compare } from "../src/stats/compare.js";
import { crossedTerms } from "../src/stats/crossed.js";
import { holm } from "../src/stats/holm.js";
import { power } from "../src/stats/power.js";
import { answer, average, density, draw, favoured, inverse, normals, repeat, sharedDifficulty } from "./answers.js";

interface Cell {
  n: number;
  seeds: number;
  /** Standard deviation over seeds of one accuracy. */
  seedSd: number;
  /** Accuracies of weak, of the methods, and of the ceiling. */
  accuracies: readonly number[];
  accuraciesOnly?: boolean;
  /** Seeds of weak and ceiling, where they are fewer. */
  ends?: readonly [weak: number, ceiling: number];
}

type Lists = { weak: Float64Array[]; methods: Float64Array[][]; ceiling: Float64Array[] };

/** Of 256: the share of its noise that a student has from its teacher, and that a method has from the student. */
const [fromTeacher, fromStudent] = [51, 240];
/** Share of the variance of what a method favours that is its student's. */
const alike = 0.4;

/** Draws experiments of one shape; what is returned is overwritten by the next. */
function experiments({ n, seeds, seedSd, accuracies }: Cell, seed: number): () => Lists {
  const state = Int32Array.of(seed, 0x9e3779b9, 0x243f6a88, 1);
  draw(state, new Uint32Array(100));
  const mu = accuracies.map(inverse);
  const effects = mu.map((m) => seedSd / density(m));
  const scale = effects.map((c) => 1 / Math.sqrt(1 - sharedDifficulty ** 2 - favoured ** 2 - c ** 2));
  const lists = mu.map(() => Array.from({ length: seeds }, () => new Float64Array(n)));
  const base = mu.map(() => new Float64Array(n));
  const blocks = () => new Uint32Array(n);
  const [teacher, student, noise] = [blocks(), blocks(), blocks()];
  const last = mu.length - 1;
  const normal = (word: Uint32Array, i: number) => normals[word[i]! >>> 16]!;
  const own = mu.map(blocks);
  const [difficulty, common] = [blocks(), blocks()];
  const shifts = new Uint32Array(mu.length);
  return () => {
    for (const block of [difficulty, common, ...own]) draw(state, block);
    for (const [m, row] of base.entries()) {
      const method = m > 0 && m < last;
      for (let i = 0; i < n; i += 1) {
        const mine = method
          ? Math.sqrt(alike) * normal(common, i) + Math.sqrt(1 - alike) * normal(own[m]!, i)
          : normal(own[m]!, i);
        const z = scale[m]! * (mu[m]! + sharedDifficulty * normal(difficulty, i) + favoured * mine);
        row[i] = Math.max(-7, Math.min(7, z));
      }
    }
    for (let s = 0; s < seeds; s += 1) {
      draw(state, shifts);
      draw(state, teacher);
      draw(state, student);
      repeat(student, teacher, fromTeacher);
      for (const [m, list] of lists.entries()) {
        const method = m > 0 && m < last;
        const drawn = normal(shifts, m);
        const effect = method ? Math.SQRT1_2 * (drawn + normal(shifts, 0)) : drawn;
        if (m > 0) draw(state, noise);
        if (method) repeat(noise, student, fromStudent);
        answer(list[s]!, base[m]!, scale[m]! * effects[m]! * effect, m === 0 ? teacher : noise);
      }
    }
    return { weak: lists[0]!, methods: lists.slice(1, -1), ceiling: lists[last]! };
  };
}

/** One pair: how often the difference is found, and how often the interval holds the truth. */
function pair(cell: Cell, runs: number, seed: number): string {
  const next = experiments(cell, seed);
  const { n, seeds, accuracies } = cell;
  const [weak, a, b, ceiling] = accuracies as [number, number, number, number];
  const truth = (a - b) / (ceiling - weak);
  let [covered, found, undefinedRuns] = [0, 0, 0];
  const [ofPair, ofGap] = [newParts(), newParts()];
  for (let run = 0; run < runs; run += 1) {
    const { weak, methods, ceiling } = next();
    const [a, b] = methods as [Float64Array[], Float64Array[]];
    const result = cell.accuraciesOnly
      ? compare({ weak: weak.map(average), a: a.map(average), b: b.map(average), ceiling: ceiling.map(average), n })
      : compare({ weak: weak.slice(0, cell.ends?.[0]), a, b, ceiling: ceiling.slice(0, cell.ends?.[1]) });
    if (result.status === "ok") {
      if (result.interval[0] <= truth && truth <= result.interval[1]) covered += 1;
      if (result.p < 0.05) found += 1;
    } else undefinedRuns += 1;
    measure(ofPair, a, b, runs);
    measure(ofGap, ceiling, weak, runs);
  }
  const assumed = assumptions(ofPair, n, seeds);
  const gap = ceiling - weak;
  const { discordance, seedSd: gapSeedSd } = assumptions(ofGap, n, seeds);
  const given = { gap, n, seeds, ...assumed, gapDiscordance: discordance + gap ** 2, gapSeedSd };
  const { accepted, power: predicted } = power({ ...given, difference: Math.abs(truth) || 1 });
  const ok = runs - undefinedRuns;
  return `| ${[
    gap.toFixed(2),
    n,
    cell.ends ? `${cell.ends[0]}/${seeds}/${seeds}/${cell.ends[1]}` : seeds,
    figure(cell.seedSd, 3),
    truth.toFixed(2),
    [figure(assumed.discordance, 2), figure(assumed.interaction, 2), figure(assumed.seedSd, 3)].join(" / "),
    figure(undefinedRuns / runs),
    figure(cell.ends ? Number.NaN : 1 - accepted),
    figure(covered / ok),
    figure(found / ok),
    figure(found / runs),
    figure(truth === 0 || cell.ends ? Number.NaN : predicted),
  ].join(" | ")} |`;
}

interface Parts {
  examples: number;
  seeds: number;
  interaction: number;
}

function newParts(): Parts {
  return { examples: 0, seeds: 0, interaction: 0 };
}

/** Adds one run's share to the parts of the variance of the mean of one list minus another. */
function measure(parts: Parts, one: readonly Float64Array[], other: readonly Float64Array[], runs: number): void {
  const terms = crossedTerms([one.map((row, s) => row.map((x, i) => x - other[s]![i]!))]);
  const r = terms.seedTerms[0]!.interaction[0]![0]!;
  parts.examples += (terms.examples[0]![0]! - r) / runs;
  parts.seeds += (terms.seedTerms[0]!.seeds[0]![0]! - r) / runs;
  parts.interaction += r / runs;
}

/** The parts as `power` is given them. */
function assumptions({ examples, seeds: ofSeeds, interaction }: Parts, n: number, seeds: number) {
  const discordance = examples * n + interaction * n * seeds;
  return {
    discordance,
    interaction: (interaction * n * seeds) / discordance,
    seedSd: Math.sqrt(Math.max(0, ofSeeds * seeds)),
  };
}

/** Several methods: the share of experiments in which any two equal ones are called distinguishable. */
function family(cell: Cell, runs: number, seed: number): string {
  const next = experiments(cell, seed);
  const { n, seeds, seedSd, accuracies } = cell;
  const of = accuracies.slice(1, -1);
  let [wrong, raw, found, different, defined] = [0, 0, 0, 0, 0];
  for (let run = 0; run < runs; run += 1) {
    const { weak, methods, ceiling } = next();
    const pairs = methods.flatMap((_, i) => methods.slice(i + 1).map((_, k) => [i, i + 1 + k] as const));
    const values = pairs.map(([i, j]) => {
      const result = compare({ weak, a: methods[i]!, b: methods[j]!, ceiling });
      return result.status === "ok" ? result.p : 1;
    });
    if (values.every((p) => p === 1)) continue;
    defined += 1;
    const adjusted = holm(values);
    const equal = (k: number) => of[pairs[k]![0]] === of[pairs[k]![1]];
    if (values.some((p, k) => equal(k) && p < 0.05)) raw += 1;
    if (adjusted.some((p, k) => equal(k) && p < 0.05)) wrong += 1;
    different += pairs.filter((_, k) => !equal(k)).length;
    found += adjusted.filter((p, k) => !equal(k) && p < 0.05).length;
  }
  const shown = of.map((accuracy) => accuracy.toFixed(2).slice(1)).join(" ");
  const shares = [raw / defined, wrong / defined, different > 0 ? found / different : Number.NaN];
  return `| ${[shown, n, seeds, figure(seedSd, 3), ...shares.map((x) => figure(x))].join(" | ")} |`;
}

function figure(x: number, digits = 3): string {
  return Number.isNaN(x) ? "–" : x.toFixed(digits).replace(/^0\./, ".");
}

const { values } = parseArgs({ options: { runs: { type: "string" } } });
const runs = Number(values.runs ?? 3000);
const started = performance.now();
const large = (a: number, b: number) => [0.65, a, b, 0.85];
const small = (a: number, b: number) => [0.7, a, b, 0.75];
const cross = (accuracies: readonly (readonly number[])[], ns: number[], counts: number[], sds: number[]): Cell[] =>
  accuracies.flatMap((of) =>
    ns.flatMap((n) => counts.flatMap((seeds) => sds.map((seedSd) => ({ n, seeds, seedSd, accuracies: of })))),
  );
const pairs: Cell[] = [
  ...cross([large(0.77, 0.77), large(0.8, 0.77)], [300, 1000], [2, 3, 5, 10], [0, 0.015]),
  ...cross([large(0.77, 0.77), large(0.785, 0.77)], [3000], [5], [0, 0.015]),
  ...cross([small(0.73, 0.73), small(0.74, 0.725)], [1000], [3, 5], [0, 0.015]),
  ...cross([large(0.77, 0.77), large(0.8, 0.77)], [1000], [3, 5], [0.015]).map((cell) => ({
    ...cell,
    accuraciesOnly: true,
  })),
  ...cross([large(0.77, 0.77), large(0.8, 0.77)], [500], [5], [0.015]).flatMap((cell) =>
    (
      [
        [5, 4],
        [3, 2],
        [3, 4],
      ] as const
    ).map((ends) => ({ ...cell, ends })),
  ),
];
console.log(
  "| gap | n | seeds | seed SD | true difference | discordance / interaction / its seed SD | undefined | predicted | coverage | found (p < .05) of the answered | of all | predicted by `power` |",
);
console.log("|---|---|---|---|---|---|---|---|---|---|---|---|");
for (const [k, cell] of pairs.entries()) {
  if (cell.accuraciesOnly && !pairs[k - 1]?.accuraciesOnly) console.log("| accuracies only: | | | | | | | | | | | |");
  console.log(pair(cell, runs, k + 1));
}
console.log(`\n${runs} runs a row, ${Math.round((performance.now() - started) / 1000)} s.\n`);

const families = Math.ceil(runs / 2);
const equal = (count: number) => [0.65, ...Array.from({ length: count }, () => 0.77), 0.85];
const cells: Cell[] = [
  ...cross([equal(3), equal(6)], [500], [2, 3, 5], [0, 0.015]),
  ...cross([[0.65, 0.77, 0.77, 0.77, 0.81, 0.81, 0.85]], [500], [5], [0, 0.015]),
];
console.log(
  "| methods | n | seeds | seed SD | any wrong, unadjusted | any wrong, Holm | different pairs found, Holm |",
);
console.log("|---|---|---|---|---|---|---|");
for (const [k, cell] of cells.entries()) console.log(family(cell, families, 1000 + k));
console.log(`\n${families} runs a row, ${Math.round((performance.now() - started) / 1000)} s in all.`);
