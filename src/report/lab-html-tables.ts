import type { LabAgentRecord, LabRecord, LabStanding } from "../lab/record.js";
import type { Pgr } from "../stats/pgr.js";
import { isolated, table } from "./html-tables.js";
import { disqualifiedIn, dollars, notAgent, optimism, perHour, standingsOn, totals } from "./lab-words.js";
import { type Markup, markup } from "./markup.js";
import { range } from "./panels.js";
import { count, decimal, duration, plain, plural, sentence } from "./text.js";

const none = markup``;

/** Standings over all testbeds, where there are several, and on each. */
export function standingsTables(record: LabRecord): Markup {
  const { testbeds } = record;
  const each = testbeds.map(({ name, examples }) => {
    const heading = testbeds.length > 1 ? markup`<h3>${isolated(name)}</h3>\n` : none;
    return markup`${heading}${testbedTable(record, name, examples)}\n`;
  });
  return markup`${testbeds.length > 1 ? overall(record) : none}${each}`;
}

function overall(record: LabRecord): Markup {
  const { standings, testbeds } = record;
  const out = disqualifiedIn(record);
  const rows = standings.map(
    (row) => markup`<tr>${standingCell(row, out)}
<td>${row.worst === null ? "none" : markup`<span class="value">${decimal(row.worst, 2)}</span>`}</td>
${testbeds.map(({ name }) => markup`<td>${pgrCell(row.best.find(({ testbed }) => testbed === name)?.pgr)}</td>\n`)}</tr>
`,
  );
  const caption = `PGR with 95% intervals, by the worst testbed, on each the agent's best method there; ${optimism}. None where a testbed is missing or its PGR undefined.`;
  return table("full", caption, ["Agent", "Worst", ...testbeds.map(({ name }) => plain(name))], rows);
}

function testbedTable(record: LabRecord, testbed: string, examples: number): Markup {
  const there = standingsOn(record, testbed);
  if (there.length === 0) return markup`<p>Nothing was evaluated.</p>`;
  const out = disqualifiedIn(record, testbed);
  const rows = there.map(
    ({ row, best }) => markup`<tr>${standingCell(row, out, best.method)}
<td>${pgrCell(best.pgr)}</td>
<td>${decimal(best.accuracy, 3)}</td>
<td>${count(best.seeds)}</td>
<td>${count(best.evaluations)}</td></tr>
`,
  );
  const caption = `The best evaluation of each on ${plural(examples, "development example")}, with 95% intervals; ${optimism}.`;
  return table("full", caption, ["Agent and method", "PGR", "Accuracy", "Seeds", "Best of"], rows);
}

/** How agents worked. */
export function agentsTable(record: LabRecord): Markup {
  const all = totals(record);
  const rows = record.agents.map(
    (agent) => markup`<tr>${agentCell(agent)}
<td>${agent.state}</td>
${workCells(agent)}</tr>
`,
  );
  const caption = "Hours are of work; ideas and experiments with their rate an agent-hour in parentheses.";
  const total = markup`<tr><th scope="row">All</th><td></td>\n${workCells(all)}</tr>\n`;
  const heads = ["Agent", "State", "Hours", "Ideas", "Experiments", "Evaluations", "Posts", "Waited"];
  return table("full", caption, heads, [...rows, total]);
}

type Work = Pick<LabAgentRecord, "hours" | "ideas" | "experiments" | "evaluations" | "posts" | "queuedSeconds">;

function workCells({ hours, ideas, experiments, evaluations, posts, queuedSeconds }: Work): Markup {
  const rated = (amount: number) => {
    const rate = perHour(amount, hours);
    return markup`<td>${count(amount)}${rate === null ? "" : markup` <span class="quiet">(${decimal(rate, 1)})</span>`}</td>\n`;
  };
  return markup`<td>${decimal(hours, 2)}</td>
${rated(ideas)}${rated(experiments)}<td>${count(evaluations)}</td>
<td>${count(posts)}</td>
<td>${duration(queuedSeconds)}</td>`;
}

/** What agents used: tokens, and dollars of tokens and trainer apart. */
export function costTable(record: LabRecord): Markup {
  const all = totals(record);
  const rows = record.agents.map((agent) => markup`<tr>${agentCell(agent)}\n${costCells(agent)}</tr>\n`);
  const untold = all.usd.untold > 0;
  const more = untold
    ? ` Calls that were in flight when the lab was stopped may have cost up to ${dollars(all.usd.untold)} more in all.`
    : "";
  const caption = `Tokens of models, and dollars for them and for the trainer's device.${more}`;
  const heads = ["Agent", "Tokens in", "Cached in", "Tokens out", "Models", "Trainer", "Both", "An agent-hour"];
  return table("full", caption, heads, [...rows, markup`<tr><th scope="row">All</th>\n${costCells(all)}</tr>\n`]);
}

function costCells({ tokens, usd, hours }: Pick<LabAgentRecord, "tokens" | "usd" | "hours">): Markup {
  const both = usd.tokens + usd.trainer;
  const rate = perHour(both, hours);
  return markup`<td>${count(tokens.input + tokens.cacheWrite)}</td>
<td>${count(tokens.cacheRead)}</td>
<td>${count(tokens.output)}</td>
<td>${dollars(usd.tokens)}</td>
<td>${dollars(usd.trainer)}</td>
<td>${dollars(both)}</td>
<td>${rate === null ? "none" : dollars(rate)}</td>`;
}

/** How often each family was tried, and by how many agents. */
export function familiesTable({ diversity }: LabRecord): Markup {
  const rows = diversity.families
    .map((family) => ({ family, ideas: diversity.ideas.filter((idea) => idea.family === family) }))
    .sort((a, b) => b.ideas.length - a.ideas.length)
    .map(
      ({ family, ideas }) => markup`<tr><th scope="row">${isolated(family)}</th>
<td>${count(ideas.length)}</td>
<td>${count(new Set(ideas.map(({ agent }) => agent)).size)}</td></tr>
`,
    );
  const without = diversity.ideas.filter(({ family }) => family === null).length;
  const rest = without > 0 ? ` ${sentence(`${plural(without, "idea")} of no family left out`)}` : "";
  return table(
    "",
    `Ideas by family, sorted by ${plain(diversity.classifier)}.${rest}`,
    ["Family", "Ideas", "Agents"],
    rows,
  );
}

/** Every evaluation, in the scorer's order. */
export function evaluationsTable({ evaluations, feedback }: LabRecord): Markup {
  const rows = evaluations.map(
    ({
      author,
      method,
      testbed,
      hours,
      seeds,
      score,
      told,
      baseline,
    }) => markup`<tr><th scope="row">${isolated(baseline ? "baseline" : author)} <span class="aside">${plain(method)}</span></th>
<td>${plain(testbed)}</td>
<td>${decimal(hours, 2)}</td>
<td>${count(seeds.length)}</td>
<td>${score ? decimal(score.accuracy, 3) : "unknown"}</td>
<td>${pgrCell(score?.pgr)}</td>
<td>${told ? "a score" : "not better"}</td></tr>
`,
  );
  return table(
    "",
    `Every evaluation by the scorer's ledger. Feedback was “${feedback}”.`,
    ["Agent and method", "Testbed", "Hour", "Seeds", "Accuracy", "PGR", "Its author was told"],
    rows,
  );
}

function standingCell(row: LabStanding, disqualified: ReadonlySet<string>, method = ""): Markup {
  const out = !row.baseline && disqualified.has(row.name) ? ["its best submission is disqualified"] : [];
  const what = [notAgent(row) || method, ...out].filter((part) => part !== "").join("; ");
  return markup`<th scope="row">${isolated(row.name)}${what === "" ? none : markup` <span class="aside"><bdi>${plain(what)}</bdi></span>`}</th>`;
}

function agentCell({ agent, name, model }: LabAgentRecord): Markup {
  return markup`<th scope="row">${isolated(agent)} <span class="aside"><bdi>${plain(model ?? name)}</bdi></span></th>`;
}

export function pgrCell(pgr: Pgr | undefined): Markup {
  if (pgr === undefined) return markup`none`;
  if (pgr.status === "undefined") return markup`undefined`;
  return markup`<span class="value">${decimal(pgr.estimate, 2)}</span> <span class="interval">${range(pgr.interval, 2)}</span>`;
}
