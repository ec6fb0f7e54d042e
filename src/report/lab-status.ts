import type { LabStanding } from "../lab/record.js";
import type { AgentStatus, BudgetUse, LabStatus } from "../lab/status.js";
import { budgetInWords, hoursInWords, notAgent, optimism, pgrBriefly, short } from "./lab-words.js";
import { columns, grid } from "./terminal.js";
import { count, duration, plain, plural, shorten } from "./text.js";

/** Where a running lab stands, as text for a terminal: no escape sequence, and none that an agent wrote comes through. */
export function formatStatus(status: LabStatus, options: { readonly width?: number } = {}): string {
  const { width = 96 } = options;
  const parts = [
    head(status),
    agents(status),
    standings(status),
    list(
      "Latest posts",
      status.posts.map(({ at, author, kind, title, votes, replies }) => [
        clock(at),
        short(author, 16),
        kind,
        reactions(votes, replies),
        plain(title),
      ]),
    ),
    list(
      "Notices",
      status.notices.map(({ at, agent, message }) => [clock(at), short(agent ?? "the lab", 16), plain(message)]),
    ),
  ];
  return parts
    .filter((part) => part !== "")
    .join("\n\n")
    .split("\n")
    .map((line) => cut(line, width))
    .join("\n");
}

function head({ state, lives, seconds, hours, budget, startedAt }: LabStatus): string {
  const words = {
    running: "running",
    ended: "has ended",
    stopped: "is stopped (its process is gone; the same program started again goes on)",
  };
  const life = lives > 1 ? `, in its life number ${lives}` : "";
  const first = `Lab ${words[state]}${life}: up ${duration(seconds)}, ${hoursInWords(hours)}, started ${startedAt.slice(0, 10)} ${clock(startedAt)} UTC`;
  return [first, ...(budget.length > 0 ? [`Spent: ${budget.map(budgetInWords).join("; ")}`] : [])].join("\n");
}

function agents({ agents, seconds }: LabStatus): string {
  if (agents.length === 0) return "No agent has started yet.";
  const spent = (agent: AgentStatus, name: BudgetUse["budget"]) =>
    agent.budget.find(({ budget }) => budget === name)?.spent ?? 0;
  const rows = agents.map((agent) => [
    short(agent.agent, 16),
    short(agent.model ?? agent.name, 20),
    doing(agent, seconds),
    spent(agent, "hours").toFixed(2),
    count(agent.evaluations),
    count(agent.posts),
    spent(agent, "usd").toFixed(2),
    count(spent(agent, "tokens")),
  ]);
  return lined(["agent", "model", "now", "hours", "evaluations", "posts", "dollars", "tokens"], rows, 3);
}

function doing({ state, doing, summary }: AgentStatus, seconds: number): string {
  if (state === "working") {
    if (!doing) return "between two steps";
    return `${doing.call} ${short(doing.name, 18)}, ${duration(Math.max(0, Math.round(seconds - doing.since)))}`;
  }
  return summary ? shorten(`${state}: ${plain(summary)}`, 40) : state;
}

function standings({ standings, testbeds, evaluations, submissions }: LabStatus): string {
  if (standings.length === 0) return "";
  const several = testbeds.length > 1;
  const on = (row: LabStanding, testbed: string) => row.best.find((one) => one.testbed === testbed);
  const rows = standings.map((row, i) => [
    String(i + 1),
    short(row.name, 20),
    ...(several ? [row.worst === null ? "none" : row.worst.toFixed(2)] : []),
    ...testbeds.flatMap((testbed) => {
      const best = on(row, testbed);
      return best ? [pgrBriefly(best.pgr), notAgent(row) || short(best.method, 20)] : ["", ""];
    }),
  ]);
  const heads = [
    "",
    "standing",
    ...(several ? ["worst"] : []),
    ...testbeds.flatMap((name) => [short(name, 20), "with"]),
  ];
  const title = `PGR [95% interval] after ${plural(evaluations, "evaluation")} and ${plural(submissions, "submission")}; ${optimism}:`;
  return `${title}\n${lined(heads, rows, heads.length)}`;
}

function list(title: string, rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "";
  return `${title}:\n${grid(rows[0]!.map((_, at) => ({ cells: rows.map((row) => row[at]!) })))}`;
}

/** A table; columns from `right` on are numbers. */
function lined(heads: readonly string[], rows: readonly (readonly string[])[], right: number): string {
  return grid(heads.map((head, at) => ({ cells: [head, ...rows.map((row) => row[at]!)], right: at >= right })));
}

function reactions(votes: number, replies: number): string {
  const voted = votes === 0 ? [] : [`${votes > 0 ? "+" : ""}${votes}`];
  const replied = replies === 0 ? [] : [replies === 1 ? "1 reply" : `${count(replies)} replies`];
  return [...voted, ...replied].join(", ");
}

/** Hours and minutes of a moment, in UTC. */
function clock(at: string): string {
  return /^\d{4}-\d\d-\d\dT(\d\d:\d\d)/.exec(at)?.[1] ?? "";
}

function cut(line: string, width: number): string {
  if (columns(line) <= width) return line;
  let text = [...line].slice(0, Math.max(0, width - 1));
  while (text.length > 0 && columns(text.join("")) > width - 1) text = text.slice(0, -1);
  return `${text.join("").trimEnd()}…`;
}
