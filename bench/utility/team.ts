import { type HardPredictions, nearDuplicate } from "../../src/scorers/sealed/feedback.js";
import type { Matrix } from "../../src/stats/crossed.js";
import { mean, type Rule } from "../leakage/rules.js";

export const [agents, evaluations] = [9, 25];

/** A method and its answers about development, seeds x examples. */
export interface Tried {
  readonly right: Matrix;
  readonly answers: HardPredictions;
}

/** What the team's method is worth, and how it was found. */
export interface Outcome {
  /** True PGR of the method that the team would name. */
  readonly named: number;
  /** Mean of the true PGRs of the agents' bests. */
  readonly mean: number;
  /** Evaluations that are told to be better. */
  readonly told: number;
}

interface Search<Method extends Tried> {
  /** The public baseline, which all begin with. */
  readonly first: Method;
  /** What an agent tries next, given its best and the team's best. */
  propose(agent: number, best: Method, teamsBest: () => Method): Method;
  worth(method: Method): number;
}

/** Agents ask in turn; each keeps what is told to be better and discards the rest. */
export function climb<Method extends Tried>(rule: Rule, { first, propose, worth }: Search<Method>): Outcome {
  const grid = Math.sqrt(first.right[0]!.length);
  const shownOf = (right: Matrix) => (rule.mode === "exact" ? mean(right) : Math.round(mean(right) * grid) / grid);
  const bests = Array.from({ length: agents }, () => ({
    method: first,
    right: first.right,
    shown: shownOf(first.right),
  }));
  const scored: Tried[] = [first];
  const leader = () => bests.reduce((best, other) => (other.shown > best.shown ? other : best)).method;
  let told = 0;
  for (let k = 1; k <= agents * evaluations; k++) {
    const at = k % agents;
    const best = bests[at]!;
    const method = propose(at, best.method, leader);
    const near = rule.near
      ? nearDuplicate(
          method.answers,
          scored.map(({ answers }) => answers),
          k,
        )
      : undefined;
    if (near === undefined) scored.push(method);
    const { right } = near === undefined ? method : scored[near]!;
    const shown = shownOf(right);
    const better = rule.better ? rule.better(right, best.right, k) : shown > best.shown;
    if (!better) continue;
    bests[at] = { method, right, shown };
    told++;
  }
  const sum = bests.reduce((total, { method }) => total + worth(method), 0);
  return { named: worth(leader()), mean: sum / agents, told };
}
