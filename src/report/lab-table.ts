import type { LabRecord } from "../lab/record.js";
import {
  disqualifiedIn,
  dollars,
  hoursInWords,
  notAgent,
  optimism,
  perHour,
  pgrAlone,
  pgrBriefly,
  short,
  standingsOn,
  totals,
} from "./lab-words.js";
import { grid, wrapped } from "./terminal.js";
import { count, duration, plural, sentence } from "./text.js";

const WIDTH = 96;

/** A lab's outcome as text for a terminal, at most 96 columns wide: submissions, standings, agents, cost, what went wrong. */
export function formatLab(record: LabRecord): string {
  const { testbeds, evaluations, lives } = record;
  const all = totals(record);
  const own = evaluations.filter(({ baseline }) => !baseline).length;
  const state = record.state === "ended" ? "" : "; not ended";
  const starts = lives > 1 ? ` in ${plural(lives, "start")}` : "";
  const head = `Lab: ${plural(record.agents.length, "agent")}, ${plural(own, "evaluation")}, ${hoursInWords(all.hours)}; up ${duration(record.seconds)}${starts}${state}`;
  const worst = testbeds.length > 1 ? [worstTable(record)] : [];
  return [
    wrapped("", head, WIDTH),
    ...testbeds.flatMap(({ name }) => submissionsTable(record, name)),
    ...vaultTable(record),
    ...worst,
    ...testbeds.map(({ name }) => testbedTable(record, name)),
    agentsTable(record),
    foot(record),
  ].join("\n\n");
}

function worstTable(record: LabRecord): string {
  const out = disqualifiedIn(record);
  const rows = record.standings.map((row) => [
    short(row.name, 40),
    notAgent(row) || (out.has(row.name) ? "disqualified" : ""),
    row.worst === null ? "none" : row.worst.toFixed(2),
  ]);
  return `PGR on the worst testbed; ${optimism}:\n${lined(["", "", "worst"], rows, 2)}`;
}

function testbedTable(record: LabRecord, testbed: string): string {
  const out = disqualifiedIn(record, testbed);
  const rows = standingsOn(record, testbed).map(({ row, best: { method, pgr, accuracy, seeds, evaluations } }) => [
    short(row.name, 18),
    notAgent(row) || (out.has(row.name) ? `${short(method, 5)} disqualified` : short(method, 20)),
    pgrBriefly(pgr),
    accuracy.toFixed(3),
    count(pgr.n),
    count(seeds),
    count(evaluations),
  ]);
  const heads = ["", "method", "PGR [interval]", "accuracy", "n", "seeds", "best of"];
  return `${short(testbed, 36)}; ${optimism}:\n${lined(heads, rows, 2)}`;
}

function submissionsTable(record: LabRecord, testbed: string): string[] {
  const submissions = record.submissions.filter((one) => one.testbed === testbed);
  if (submissions.length === 0) return [];
  // With the vault there is room for one interval less.
  const open = submissions.some(({ scores }) => scores?.vault);
  const rows = submissions.map(({ id, agent, method, scores, standing, outcome }) => [
    id,
    short(agent, open ? 8 : 10),
    short(method, open ? 10 : 18),
    scores ? pgrBriefly(scores.final.pgr) : outcome,
    ...(open ? [scores?.vault ? pgrBriefly(scores.vault.pgr) : ""] : []),
    scores ? (open ? pgrAlone(scores.development.pgr) : pgrBriefly(scores.development.pgr)) : "",
    standing,
  ]);
  const title = `${short(testbed, 20)}; submissions, run again in a clean room on unseen seeds and examples`;
  const heads = ["", "", "method", "final PGR", ...(open ? ["vault PGR"] : []), "development", "audit"];
  return [`${title}:\n${lined(heads, rows, 3)}`];
}

function vaultTable({ confirmation, submissions }: LabRecord): string[] {
  if (!confirmation) return [];
  const out = new Set(submissions.flatMap(({ id, standing }) => (standing === "disqualified" ? [id] : [])));
  const rows = confirmation.rows.map(({ submission, method, vault, final, development, optimism }) => [
    submission,
    out.has(submission) ? "disqualified" : short(method, 14),
    pgrBriefly(vault.pgr),
    pgrBriefly(final.pgr),
    pgrBriefly(development.pgr),
    optimism === null ? "" : optimism.toFixed(2),
  ]);
  const heads = ["", "method", "vault PGR", "final", "development", "optimism"];
  const level = (100 * confirmation.level).toFixed(0);
  return [
    `The vault, opened once by ${short(confirmation.by, 30)}; ${level}% intervals of all rows together:\n${lined(heads, rows, 2)}`,
  ];
}

function agentsTable(record: LabRecord): string {
  const all = totals(record);
  const cells = ({ hours, ideas, experiments, usd }: Pick<typeof all, "hours" | "ideas" | "experiments" | "usd">) => {
    const both = usd.tokens + usd.trainer;
    const rate = (amount: number) => perHour(amount, hours)?.toFixed(1) ?? "";
    const cost = perHour(both, hours);
    return [
      hours.toFixed(2),
      rate(ideas),
      rate(experiments),
      dollars(usd.tokens),
      dollars(usd.trainer),
      cost === null ? "" : dollars(cost),
    ];
  };
  const rows = record.agents.map((agent) => [short(agent.agent, 20), agent.state, ...cells(agent)]);
  const heads = ["agent", "state", "hours", "ideas/h", "experiments/h", "models", "trainer", "an agent-hour"];
  return lined(heads, [...rows, ["all", "", ...cells(all)]], 2);
}

function foot(record: LabRecord): string {
  const all = totals(record);
  const last = record.diversity.curve.at(-1);
  const edges = last?.band?.map((edge) => edge.toFixed(2)).join(" to ");
  const band = edges === undefined ? "" : `, ${(100 * record.diversity.level).toFixed(0)}% band ${edges}`;
  const failed = record.agents.filter(({ state }) => state === "failed");
  return [
    `Hours leave out ${duration(all.queuedSeconds)} of waiting for a trainer, and downtime. Brackets are 95% intervals.`,
    ...(disqualifiedIn(record).size > 0
      ? ["“Disqualified” stands in development standings with authors whose best submission is."]
      : []),
    ...(last
      ? [
          `Diversity of ideas: ${last.entropy.toFixed(2)} of ${Math.log2(record.diversity.families.length).toFixed(2)} bits${band}.`,
        ]
      : []),
    ...(all.usd.untold > 0 ? [`Calls in flight at a stop may have cost up to ${dollars(all.usd.untold)} more.`] : []),
    ...failed.map(({ agent, summary = "no reason is known" }) =>
      wrapped("Failed: ", `${short(agent, 20)}: ${sentence(summary)}`, WIDTH),
    ),
    ...record.notices.map(({ agent, message }) =>
      wrapped("Notice: ", `${agent === undefined ? "" : `${short(agent, 20)}: `}${sentence(message)}`, WIDTH),
    ),
  ].join("\n");
}

function lined(heads: readonly string[], rows: readonly (readonly string[])[], right: number): string {
  return grid(heads.map((head, at) => ({ cells: [head, ...rows.map((row) => row[at]!)], right: at >= right })));
}
