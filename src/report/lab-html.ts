import type { LabRecord } from "../lab/record.js";
import { budgetWords } from "../lab/status.js";
import { alertBox, aside, facts, htmlPage, section, time } from "./html-page.js";
import { isolated } from "./html-tables.js";
import { submissionSections } from "./lab-html-submissions.js";
import { agentsTable, costTable, evaluationsTable, familiesTable, standingsTables } from "./lab-html-tables.js";
import { toLabSvg } from "./lab-svg.js";
import { dollars, hoursInWords, labHeadline, perHour, totals } from "./lab-words.js";
import { type Markup, markup } from "./markup.js";
import { count, decimal, duration, plain, plural, sentence, shorten, stopped } from "./text.js";

/** A lab's outcome as one page that needs nothing else: no script, no font, no network. */
export async function toLabHtml(record: LabRecord): Promise<string> {
  const [wide, narrow] = [await toLabSvg(record, { width: 860 }), await toLabSvg(record, { width: 360 })];
  const { agents, testbeds, evaluations, diversity } = record;
  const names = testbeds.map(({ name }) => plain(name)).join(", ");
  const people = record.human.length > 0 ? " Filled squares are what people reached." : "";
  return htmlPage({
    title: `Weak-to-strong lab on ${shorten(names, 48)}`,
    heading: markup`Weak-to-strong lab on ${isolated(names)}`,
    what: markup`${plural(agents.length, "agent")}, ${plural(evaluations.filter(({ baseline }) => !baseline).length, "evaluation")}, ${time(record.startedAt)}`,
    lead: labHeadline(record),
    alert: alert(record),
    picture: {
      wide,
      narrow,
      caption: markup`Research hours are summed over agents, without queueing and downtime. Each thin line is an agent’s best PGR so far, with a mark where it rises; the bold line is the best of all, with the 95% interval of its last value. Hollow diamonds are baselines, at hour 0, the dashed line the best of them. What lies below −1 or above 2 is drawn at that edge.${people} Diversity is the entropy of the families of all ideas so far, with a ${decimal(100 * diversity.level, 0)}% band by a bootstrap over agents. Complexity: a mark a method, and the median over agents of their latest.`,
    },
    content: markup`${submissionSections(record)}${section("standings", "Standings in development", standingsTables(record))}
${section("agents", "Agents", agentsTable(record))}
${section("cost", "What it cost", markup`${totalFacts(record)}\n${costTable(record)}`)}
${section("families", "Families of methods", familiesTable(record))}
${section("words", "What agents say of their work", summaries(record))}
${section("reading", "How to read this", reading(record))}
${section("evaluations", "Every evaluation", markup`<details><summary>${plural(evaluations.length, "evaluation")}, baselines included</summary>\n${evaluationsTable(record)}\n</details>`)}`,
    maker: markup`${plain(record.package)} from the lab’s journal and its scorer’s ledger`,
  });
}

/** What a reader has to know before the numbers. */
function alert({ agents, notices, budgets, state }: LabRecord): Markup {
  const failed = agents.filter((agent) => agent.state === "failed");
  const stops = budgets.filter((one) => one.state === "stop");
  return alertBox(
    failed.map(({ agent, summary = "no reason is known" }) => markup`${isolated(agent)} failed: ${stopped(summary)}`),
    [
      ...(state === "unfinished" ? ["The lab has not ended: this is what its journal holds so far."] : []),
      ...stops.map(
        ({ agent, budget, of, hours }) =>
          `The ${budgetWords[budget]} of ${of === "lab" ? "the lab" : agent} came to their end at hour ${decimal(hours, 2)}.`,
      ),
      ...notices.map(({ agent, message }) => (agent === undefined ? message : `Notice on ${agent}: ${message}`)),
    ],
  );
}

function totalFacts(record: LabRecord): Markup {
  const all = totals(record);
  const rate = perHour(all.usd.tokens + all.usd.trainer, all.hours);
  const tokens = all.tokens.input + all.tokens.cacheRead + all.tokens.cacheWrite;
  return facts([
    ["Work", `${hoursInWords(all.hours)}${rate === null ? "" : `, ${dollars(rate)} each`}`],
    ["Dollars", `${dollars(all.usd.tokens)} for models, ${dollars(all.usd.trainer)} for the trainer’s device`],
    [
      "Tokens",
      `${count(tokens)} in, of them ${count(all.tokens.cacheRead)} from the cache; ${count(all.tokens.output)} out`,
    ],
    [
      "Trainer",
      markup`${duration(all.trainerSeconds)} for agents${aside(`The lab’s own, not in the dollars: ${duration(record.own.preparationSeconds)} for teachers, ceilings and weak labels, ${duration(record.own.baselineSeconds)} for baselines.`)}`,
    ],
    [
      "Left out",
      `${duration(all.queuedSeconds)} of waiting for a turn at a trainer, and all time in which the lab was stopped`,
    ],
    ["Running time", `${duration(record.seconds)}${record.lives > 1 ? ` in ${plural(record.lives, "start")}` : ""}`],
  ]);
}

function summaries({ agents }: LabRecord): Markup {
  const said = agents.filter(({ summary }) => summary !== undefined && summary !== "");
  if (said.length === 0) return markup`<p>Nothing yet.</p>`;
  const entries = said.map(
    ({ agent, direction, summary = "" }) =>
      [
        plain(agent),
        markup`${sentence(summary)}${aside(direction === undefined ? "" : `Direction: ${plain(direction)}`)}`,
      ] as const,
  );
  return markup`<p class="quiet">No evidence: standings and figures rest on the scorer’s records alone.</p>\n${facts(entries)}`;
}

function reading({ diversity }: LabRecord): Markup {
  return markup`<p><b>Performance gap recovered</b> (PGR) is (method − weak) / (ceiling − weak) in mean accuracy: 0 is no better than the teacher, 1 as good as the truth. It is undefined where the ceiling is not clearly above the teacher.</p>
<p><b>PGRs in standings, figures and the list of evaluations are of the development split, and optimistic.</b> Agents saw them as feedback and went on with what scored well, and the best of many evaluations is high also because it was picked; so is the best of a baseline’s settings. A control saw truth that no method sees: it is in the standings, and in no figure. An interval is of one evaluation as if it were the only one; it says nothing of that choice. What a method is worth shows on examples that gave no feedback: the <b>final</b> part, on which submissions are run again from their code with seeds that were drawn afterwards; and, where a person opened it, the <b>vault</b>.</p>
<p><b>Research hours</b> are time in which agents waited for models or ran tools, retries included. Not in them: waiting for a turn at a trainer, and time in which the lab was stopped.</p>
<p><b>An idea</b> is a name under which an agent had a method evaluated, or a hypothesis that it posted. <b>An experiment</b> is a fit or a run of a method that a trainer computed; training that an agent’s code did by itself inside its sandbox is not seen.</p>
<p><b>Diversity</b> is the Shannon entropy, in bits, of the families that the ideas so far belong to: 0 where all are of one, ${decimal(Math.log2(diversity.families.length), 2)} where all ${diversity.families.length} are as frequent. It reads low while there are few ideas.</p>`;
}
