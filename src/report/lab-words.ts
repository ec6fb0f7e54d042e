import type { LabRecord, LabStanding } from "../lab/record.js";
import { type BudgetUse, budgetWords } from "../lab/status.js";
import type { Pgr } from "../stats/pgr.js";
import { ascii, bracketed } from "./terminal.js";
import { count, decimal, percent, plain, plural, shorten } from "./text.js";

/** What has to be said wherever PGRs of the development split stand. */
export const optimism = "development split: fitted to its feedback, so optimistic";

/** `12.4 research hours`. */
export function hoursInWords(hours: number): string {
  return `${decimal(hours, hours < 10 ? 2 : 1)} research hours`;
}

/** `0.62 [0.51, 0.73]`, in characters that a program reads. */
export function pgrBriefly(pgr: Pgr): string {
  return pgr.status === "ok" ? `${ascii(pgr.estimate, 2)} ${bracketed(pgr.interval, 2)}` : "undefined";
}

/** `0.62`. */
export function pgrAlone(pgr: Pgr): string {
  return pgr.status === "ok" ? ascii(pgr.estimate, 2) : "undefined";
}

/** Agents whose best submission by the final part is disqualified: on this testbed, or on any. */
export function disqualifiedIn({ submissions }: LabRecord, testbed?: string): ReadonlySet<string> {
  const here = submissions.filter((one) => testbed === undefined || one.testbed === testbed);
  const best = Map.groupBy(here, (one) => JSON.stringify([one.agent, one.testbed]));
  return new Set([...best.values()].flatMap(([one]) => (one!.standing === "disqualified" ? [one!.agent] : [])));
}

/** What a row of standings is, where it is no agent's; empty where it is. */
export function notAgent({ baseline, control }: LabStanding): string {
  if (control) return "a control";
  return baseline ? "a baseline" : "";
}

/** A name that somebody chose, for a table of a terminal. */
export function short(text: string, length: number): string {
  return shorten(plain(text), length);
}

/** `12.31 of 50 dollars (25%)`. */
export function budgetInWords({ budget, spent, limit }: BudgetUse): string {
  const used = budget === "usd" || budget === "hours" ? decimal(spent, 2) : count(spent);
  if (limit === undefined) return `${used} ${budgetWords[budget]}`;
  const share = limit > 0 ? ` (${percent(spent / limit)})` : "";
  return `${used} of ${Number.isInteger(limit) ? count(limit) : limit} ${budgetWords[budget]}${share}`;
}

/** What the lab found, in a few plain sentences, what was run again first; names in backticks. */
export function labHeadline(record: LabRecord): string {
  const hours = record.agents.reduce((sum, agent) => sum + agent.hours, 0);
  const after = `After ${hoursInWords(hours)} of ${plural(record.agents.length, "agent")}`;
  const final = finalInWords(record);
  const searched = searchInWords(record);
  return final === undefined ? `${after}, ${searched}` : `${after}, ${final} In development, ${searched}`;
}

/** The best submission by the final part that nobody has disqualified; undefined where nothing was submitted. */
function finalInWords({ submissions, testbeds }: LabRecord): string | undefined {
  if (submissions.length === 0) return undefined;
  const best = submissions.find(
    ({ standing, scores }) => standing !== "disqualified" && scores?.final.pgr.status === "ok",
  );
  if (best?.scores?.final.pgr.status !== "ok") return "no submission stands with a PGR.";
  const { estimate, interval } = best.scores.final.pgr;
  const where = testbeds.length > 1 ? ` on ${quoted(best.testbed)}` : "";
  return `${quoted(best.method)} of ${quoted(best.agent)} recovers ${percent(estimate)} of the gap${where} when it is run again in a clean room, on seeds and examples that nobody had seen (95% interval ${percent(interval[0])} to ${percent(interval[1])}; audit: ${best.standing}).`;
}

/** The best of the development standings. */
function searchInWords(record: LabRecord): string {
  const { standings, testbeds } = record;
  const best = standings.find((row) => !row.baseline && rank(row) !== null);
  const baseline = standings.find((row) => row.baseline && !row.control && rank(row) !== null);
  if (best === undefined) return "no agent has a method with a PGR on the development split.";
  const compared = baseline ? `; the best baseline, ${quoted(baseline.name)}, ${recovers(baseline)}` : "";
  const [only] = testbeds.length === 1 ? best.best : [];
  const out = disqualifiedIn(record).has(best.name) ? ", whose best submission is disqualified," : ",";
  const method = only
    ? `the best method, ${quoted(only.method)} of ${quoted(best.name)}${out}`
    : `the best agent, ${quoted(best.name)}${out}`;
  const where =
    testbeds.length === 1
      ? ""
      : best.worst === null
        ? " on average over the testbeds that it tried"
        : " on its worst testbed";
  const picked = "The figure is of the development split and the best of many tries on it: it is optimistic.";
  return `${method} ${recovers(best)} of the gap${where}${compared}. ${picked}`;

  function recovers(row: LabStanding): string {
    const one = testbeds.length === 1 ? row.best[0]?.pgr : undefined;
    const interval =
      one?.status === "ok" ? ` (95% interval ${percent(one.interval[0])} to ${percent(one.interval[1])})` : "";
    return `recovers ${percent(rank(row) ?? 0)}${interval}`;
  }
}

/** What a standing goes by: the worst PGR, or where one is missing the mean of those there are. */
function rank({ worst, best }: LabStanding): number | null {
  if (worst !== null) return worst;
  const known = best.flatMap(({ pgr }) => (pgr.status === "ok" ? [pgr.estimate] : []));
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}

function quoted(name: string): string {
  return `\`${shorten(plain(name).replaceAll("`", "'"), 48)}\``;
}

/** The standings on one testbed, by the PGR there. */
export function standingsOn({ standings }: LabRecord, testbed: string) {
  const score = ({ pgr }: LabStanding["best"][number]) =>
    pgr.status === "ok" ? pgr.estimate : Number.NEGATIVE_INFINITY;
  return standings
    .flatMap((row) => row.best.filter((one) => one.testbed === testbed).map((best) => ({ row, best })))
    .sort((a, b) => score(b.best) - score(a.best) || b.best.accuracy - a.best.accuracy);
}

/** Sums over agents. */
export function totals({ agents }: LabRecord) {
  const sum = (of: (agent: LabRecord["agents"][number]) => number) => agents.reduce((total, one) => total + of(one), 0);
  const hours = sum((one) => one.hours);
  const usd = {
    tokens: sum((one) => one.usd.tokens),
    trainer: sum((one) => one.usd.trainer),
    untold: sum((one) => one.usd.untold),
  };
  return {
    hours,
    queuedSeconds: sum((one) => one.queuedSeconds),
    usd,
    tokens: {
      input: sum(({ tokens }) => tokens.input),
      output: sum(({ tokens }) => tokens.output),
      cacheRead: sum(({ tokens }) => tokens.cacheRead),
      cacheWrite: sum(({ tokens }) => tokens.cacheWrite),
    },
    trainerSeconds: sum((one) => one.trainerSeconds),
    ideas: sum((one) => one.ideas),
    experiments: sum((one) => one.experiments),
    evaluations: sum((one) => one.evaluations),
    posts: sum((one) => one.posts),
  };
}

/** An amount for each hour of work; null where there was none. */
export function perHour(amount: number, hours: number): number | null {
  return hours > 0 ? amount / hours : null;
}

/** Dollars: `$0.0031`, `$12.40`. */
export function dollars(value: number): string {
  return value > 0 && value < 0.1 ? `$${Number(value.toPrecision(2))}` : `$${value.toFixed(2)}`;
}
