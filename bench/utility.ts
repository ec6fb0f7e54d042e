/**
 * What honest teams reach under each feedback mode, beside what they reach with exact feedback; prints Markdown tables.
 *
 *   npm start -- bench/utility.ts [quick]         a simulation, with the figures of real methods
 *   npm start -- bench/utility.ts real [quick]    real methods, some minutes: it trains them first
 *
 * Nine agents begin with the naive baseline. In turn each proposes: mostly a variation of its best, sometimes of the
 * team's best, now and then anything else. It keeps what is told to be better and discards the rest. Under every rule
 * a team reaches the true PGR of its agents' bests.
 *
 * Simulated: the baseline has PGR .2, a variation is a little worse on average, anything else is one of the published
 * methods. How answers are drawn is in bench/utility/simulated.ts.
 *
 * Real: library methods with several settings and optimisers (bench/utility/pool.ts) on `digits` and on
 * generated code, three seeds, trained once. In each run the rows are divided anew at random into development and a rest, on which the PGR is. A
 * variation is another setting of the same method or another optimiser. Where rows come in groups one of each is
 * taken, since the rules here count rows.
 */
import { carve, digits } from "weak-to-strong";
import { generatedCode } from "weak-to-strong/testbeds/generated";
import { pythonTrainer } from "weak-to-strong/trainers/python";
import { average } from "./answers.js";
import { exact, type Rule, rules, usual } from "./leakage/rules.js";
import { fitPool, type Pool } from "./utility/pool.js";
import { divide, search } from "./utility/real.js";
import { simulate } from "./utility/simulated.js";
import { type Column, printTables } from "./utility/tables.js";
import { agents, evaluations, type Outcome } from "./utility/team.js";

const quick = process.argv.includes("quick");
const runs = quick ? 4 : 20;
const some = quick ? [exact, usual] : rules;
const started = performance.now();

function columnOf(title: string, team: (rule: Rule, run: number) => Outcome): Column {
  const reached = some.map((rule) => [rule, Array.from({ length: runs }, (_, run) => team(rule, run + 1))] as const);
  return { title, reached: new Map(reached) };
}

function simulated(): Column[] {
  const settings = quick
    ? [{ n: 1000, gap: 0.2 }]
    : [400, 1000, 2500].flatMap((n) => [0.1, 0.2].map((gap) => ({ n, gap })));
  return settings.map((setting) =>
    columnOf(`n ${setting.n}, gap ${setting.gap}`, (rule, run) => simulate(setting, rule, run)),
  );
}

async function real(): Promise<Column[]> {
  await using trainer = pythonTrainer();
  const testbeds = [
    // Half of what would be trained on is needed for testing.
    async () => carve(await digits(), { share: 0.5 }),
    ...(quick ? [] : [() => generatedCode({ seed: 1, test: 7500 })]),
  ];
  const columns: Column[] = [];
  for (const make of testbeds) {
    const pool = await fitPool(await make(), trainer, 3);
    describe(pool);
    for (const size of quick ? [400] : [200, 400, 800]) {
      const divisions = Array.from({ length: runs }, (_, run) => divide(pool, size, run + 1));
      columns.push(columnOf(`${pool.testbed}, n ${size}`, (rule, run) => search(divisions[run - 1]!, rule, run)));
    }
  }
  return columns;
}

/** What there is to be found. */
function describe({ testbed, ids, weak, ceiling, methods }: Pool): void {
  const accuracy = (lists: readonly Float64Array[]) => average(lists.map(average));
  const [bottom, top] = [accuracy(weak), accuracy(ceiling)];
  const ranked = methods
    .map(({ name, right }) => ({ name, pgr: (accuracy(right) - bottom) / (top - bottom) }))
    .sort((one, other) => other.pgr - one.pgr);
  const naive = ranked.find(({ name }) => name === methods[0]!.name)!;
  const better = ranked.filter(({ pgr }) => pgr > naive.pgr).length;
  const best = ranked.slice(0, 3).map(({ name, pgr }) => `${name} ${pgr.toFixed(2)}`);
  console.log(
    `\n${testbed}: ${ids.length} rows, weak ${bottom.toFixed(3)}, ceiling ${top.toFixed(3)}. Of ${methods.length} methods ${better} are better than naive, PGR ${naive.pgr.toFixed(2)}; the best: ${best.join(", ")}.`,
  );
}

printTables(some, process.argv.includes("real") ? await real() : simulated());
console.log(
  `\n${runs} runs, ${agents} agents, ${evaluations} evaluations each, ${Math.round((performance.now() - started) / 1000)} s.`,
);
