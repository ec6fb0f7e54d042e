import { average } from "../answers.js";
import { exact, type Rule } from "../leakage/rules.js";
import { agents, evaluations, type Outcome } from "./team.js";

/** A column: a title, and what the teams of all runs reached under each rule; the same runs in the same order. */
export interface Column {
  readonly title: string;
  readonly reached: ReadonlyMap<Rule, readonly Outcome[]>;
}

const titles = {
  named: "True PGR of the method that the team names its best (share of that with exact feedback ± standard error, %)",
  mean: "Mean over agents of the true PGR of their bests (share of that with exact feedback ± standard error, %)",
  told: `Evaluations of ${agents * evaluations} that are told to be better`,
} as const;

export function printTables(rules: readonly Rule[], columns: readonly Column[]): void {
  for (const which of ["named", "mean", "told"] as const) {
    const heads = columns.map(({ title }) => title);
    console.log(`\n${titles[which]}\n\n| rule | ${heads.join(" | ")} |\n|${"---|".repeat(columns.length + 1)}`);
    for (const rule of rules) {
      const cells = columns.map(({ reached }) => {
        const of = (some: Rule) => reached.get(some)!.map((outcome) => outcome[which]);
        const own = of(rule);
        if (which === "told") return average(own).toFixed(0);
        const [share, error] = ratio(own, of(exact));
        const shown = rule === exact ? "" : ` (${(100 * share).toFixed(0)} ± ${(100 * error).toFixed(0)})`;
        return `${average(own).toFixed(2)}${shown}`;
      });
      console.log(`| ${rule.name} | ${cells.join(" | ")} |`);
    }
  }
}

/** Ratio of the means of paired lists, with its standard error by the delta method. */
function ratio(over: readonly number[], under: readonly number[]): [ratio: number, error: number] {
  const base = average(under);
  const share = average(over) / base;
  const rest = over.map((value, run) => (value - share * under[run]!) / base);
  return [share, Math.sqrt(average(rest.map((value) => value ** 2)) / (over.length - 1))];
}
