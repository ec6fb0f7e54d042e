import { random } from "../../src/data/random.js";
import { drawParts } from "../../src/scorers/sealed/parts.js";
import type { Matrix } from "../../src/stats/crossed.js";
import { mean, type Rule } from "../leakage/rules.js";
import type { Pool, Pooled } from "./pool.js";
import { agents, climb, type Outcome } from "./team.js";

/** Shares of what an agent tries next: any method, one near the team's best; else one near its own best. */
const [anything, nearTeams] = [0.3, 0.2];

/** Development of `size` rows, the rest for what methods are worth. */
export interface Division {
  readonly methods: readonly Pooled[];
  /** PGR on the rest, all seeds. */
  readonly worth: (method: Pooled) => number;
}

/** Divides the pool's rows at random. */
export function divide({ ids, weak, ceiling, methods }: Pool, size: number, run: number): Division {
  const development = size / ids.length;
  const fractions = { development, final: 1 - development, vault: 0 };
  const parts = drawParts({ ids }, { fractions, seed: run });
  const on = (rows: Int32Array, lists: Matrix) => lists.map((list) => Float64Array.from(rows, (row) => list[row]!));
  const accuracy = (lists: Matrix) => mean(on(parts.final, lists));
  const [bottom, top] = [accuracy(weak), accuracy(ceiling)];
  const worths = new Map(methods.map(({ name, right }) => [name, (accuracy(right) - bottom) / (top - bottom)]));
  return {
    methods: methods.map(({ right, answers, ...rest }) => ({
      ...rest,
      right: on(parts.development, right),
      answers: answers.map((list) => Int32Array.from(parts.development, (row) => list[row]!)),
    })),
    worth: ({ name }) => worths.get(name)!,
  };
}

/** A team that draws from a pool. No agent asks about the same method twice. */
export function search({ methods, worth }: Division, rule: Rule, run: number): Outcome {
  const uniform = random("team", run);
  const asked = Array.from({ length: agents }, () => new Set([methods[0]!]));
  return climb(rule, {
    first: methods[0]!,
    propose: (agent, best, teamsBest) => {
      const own = asked[agent]!;
      const what = uniform();
      const open = methods.filter((method) => !own.has(method));
      const from = what < anything ? undefined : what < anything + nearTeams ? teamsBest() : best;
      const near = from ? open.filter((method) => areNeighbours(method, from)) : [];
      const among = near.length > 0 ? near : open;
      const method = among[Math.floor(uniform() * among.length)]!;
      own.add(method);
      return method;
    },
    worth,
  });
}

/** Another setting of the same method, or the same method trained in another way. */
function areNeighbours(one: Pooled, other: Pooled): boolean {
  if (one.family !== other.family) return false;
  return one.setting === other.setting || one.optimizer === other.optimizer;
}
