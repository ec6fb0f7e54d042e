import * as z from "zod";
import { code } from "../../forums/text.js";
import type { Evaluation, StandingsRow } from "../../scorer.js";
import type { BudgetName } from "../entries.js";
import { budgetWords } from "../status.js";
import { tool } from "./tool.js";

export const standings = tool({
  name: "standings",
  description: "Shows the best evaluation of each agent and baseline on each testbed, from the scorer's own records.",
  input: z.strictObject({}),
  writeUp: true,
  async run(_, { scorer, controls, signal }) {
    const { rows, evaluations } = await scorer.standings({ signal });
    if (rows.length === 0) return "Nothing has been evaluated yet.";
    return [`${evaluations} evaluations so far. Best first:`, ...rows.map((row) => rowInWords(row, controls))].join(
      "\n",
    );
  },
});

function rowInWords(row: StandingsRow, controls: readonly string[]): string {
  const { author, baseline, best, submitted, worst } = row;
  const each = Object.entries(best).map(([testbed, evaluation]) => `${testbed}: ${inWords(evaluation)}`);
  const least = each.length > 1 && worst !== null ? ` (worst ${worst.toFixed(3)})` : "";
  const control = Object.values(best).some(({ method }) => controls.includes(method));
  const kind = control ? " (control: it was shown truth, and no method can be asked to reach it)" : " (baseline)";
  const handedIn = Object.entries(submitted).map(
    ([testbed, { id, method }]) => `; best submission on ${testbed}: ${id}, ${code(method)}`,
  );
  return `${author}${baseline ? kind : ""}${least}: ${each.join("; ") || "nothing with a score yet"}${handedIn.join("")}`;
}

/** PGR with its interval, or why there is none. What an agent calls its method stands in backticks. */
export function inWords({ id, method, baseline, score, snapshot }: Evaluation): string {
  const about = `evaluation ${id}${snapshot ? `, snapshot ${snapshot}` : ""}`;
  const name = baseline ? method : code(method);
  if (!score) return `${name} is not better, by more than noise, than the best before it: no score is given, ${about}`;
  const { pgr, accuracy } = score;
  const words =
    pgr.status === "ok"
      ? `PGR ${pgr.estimate.toFixed(3)} [${pgr.interval.map((end) => end.toFixed(3)).join(", ")}]`
      : `no PGR (${pgr.reason})`;
  return `${name} ${words}, accuracy ${accuracy.toFixed(4)}, ${about}`;
}

/** The same with whose it is, and where: as posts are shown that rest on it. */
export function scoreInWords(evaluation: Evaluation): string {
  return `${evaluation.author} on ${evaluation.testbed}: ${inWords(evaluation)}`;
}

export const budget = tool({
  name: "budget",
  description: "Shows what you may still use of time, money, evaluations and the trainer.",
  input: z.strictObject({}),
  writeUp: true,
  async run(_, context) {
    const { closing, ...left } = context.budget();
    const lines = Object.entries(left).map(
      ([name, amount]) => `${Number((amount as number).toPrecision(4))} ${budgetWords[name as BudgetName]} left`,
    );
    if (closing) lines.push("Only writing up is left: post what you found, then finish.");
    return lines.join("\n") || "There is no limit.";
  },
});

export const finish = tool({
  name: "finish",
  description: "Ends your work. Post what you found first: nobody reads your sandbox.",
  input: z.strictObject({ summary: z.string().min(1).max(20_000).describe("What you tried and found, for people.") }),
  writeUp: true,
  run: async () => "Your work is ended.",
});
