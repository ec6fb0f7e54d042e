import * as z from "zod";
import type { Json, Spend } from "../agent.js";
import type { Post } from "../forum.js";
import type { Evaluation, Submission } from "../scorer.js";
import type { Recorded } from "../scorers/standings.js";
import type { BudgetName, EntryOf, JournalEntry } from "./entries.js";
import { researchSeconds } from "./research.js";
import { labStandings } from "./standings.js";
import type { AgentStatus, BudgetUse, LabStatus } from "./status.js";
import { tokensOf } from "./usage.js";

const recentNotices = 5;

const limits = z
  .object({
    usd: z.number(),
    tokens: z.number(),
    hours: z.number(),
    evaluations: z.number(),
    submissions: z.number(),
    trainerSeconds: z.number(),
  })
  .partial();
/** What a status needs of the plan that a life of the lab begins with. Anything else in it is not looked at. */
const planSchema = z.object({
  testbeds: z.array(z.string()).catch([]),
  controls: z.array(z.string()).catch([]),
  budget: z.object({ lab: limits.catch({}), agent: limits.catch({}) }).catch({ lab: {}, agent: {} }),
});

/** What a status is made of besides the journal. */
export interface StatusSources {
  /** The scorer's records. */
  readonly evaluations: readonly Recorded<Evaluation>[];
  readonly submissions: readonly Recorded<Submission>[];
  /** The forum's newest, newest first. */
  readonly posts: readonly Post[];
  /** Seconds that the lab has been running by now. Default: at the journal's last entry. */
  readonly up?: number;
}

/** Follows a journal, entry by entry, and says where the lab stands. */
export class Progress {
  readonly #agents = new Map<string, Tracked>();
  readonly #notices: LabStatus["notices"][number][] = [];
  #plan = planSchema.parse({});
  #startedAt = "";
  #lives = 0;
  #seconds = 0;
  #ended = false;
  #pid: number | undefined;

  /** The process of the lab's last life. */
  get pid(): number | undefined {
    return this.#pid;
  }

  get ended(): boolean {
    return this.#ended;
  }

  add(entry: JournalEntry): void {
    this.#startedAt ||= entry.at;
    this.#seconds = entry.up;
    this.#ended = entry.type === "lab-ended";
    switch (entry.type) {
      case "life":
        this.#begin(entry);
        break;
      case "agent-started": {
        const { agent, name, model, direction } = entry;
        const tracked = this.#of(agent);
        tracked.about = {
          agent,
          name,
          ...(model !== undefined && { model }),
          ...(direction !== undefined && { direction }),
        };
        tracked.state = "working";
        delete tracked.summary;
        break;
      }
      case "notice": {
        const { at, agent, message } = entry;
        this.#notices.unshift({ at, message, ...(agent !== undefined && { agent }) });
        this.#notices.length = Math.min(this.#notices.length, recentNotices);
        break;
      }
      default:
        if ("agent" in entry) follow(this.#of(entry.agent), entry);
    }
  }

  status({ evaluations, submissions, posts, up = this.#seconds }: StatusSources): LabStatus {
    const { lab, agent: own } = this.#plan.budget;
    const tracked = [...this.#agents.values()];
    const total = (name: BudgetName) => tracked.reduce((sum, { spent }) => sum + spent[name], 0);
    const names = this.#plan.testbeds;
    const testbeds = names.length > 0 ? names : [...new Set(evaluations.map(({ testbed }) => testbed))];
    return {
      state: this.#ended ? "ended" : "running",
      startedAt: this.#startedAt,
      lives: this.#lives,
      seconds: up,
      hours: total("hours"),
      budget: uses((name) => (name === "hours" ? up / 3600 : total(name)), lab),
      agents: tracked.map((agent) => ({ ...statusOf(agent), budget: uses((name) => agent.spent[name], own) })),
      testbeds,
      standings: labStandings(evaluations, testbeds, this.#plan.controls),
      evaluations: evaluations.filter(({ baseline }) => !baseline).length,
      submissions: submissions.filter(({ baseline }) => !baseline).length,
      posts: posts.map(({ at, author, kind, title, votes, replies }) => ({
        ...{ at, author, kind, title, replies },
        votes: votes.up - votes.down,
      })),
      notices: [...this.#notices],
    };
  }

  #begin({ life, pid, plan }: EntryOf<"life">): void {
    this.#lives = life;
    this.#pid = pid;
    this.#plan = planOf(plan);
    for (const agent of this.#agents.values()) interrupt(agent);
  }

  #of(agent: string): Tracked {
    const found = this.#agents.get(agent) ?? {
      about: { agent, name: "" },
      state: "working",
      untold: { usd: 0, tokens: 0 },
      spent: { usd: 0, tokens: 0, hours: 0, evaluations: 0, submissions: 0, trainerSeconds: 0 },
      posts: 0,
    };
    this.#agents.set(agent, found);
    return found;
  }
}

interface Tracked {
  about: Pick<AgentStatus, "agent" | "name" | "model" | "direction">;
  state: AgentStatus["state"];
  doing?: NonNullable<AgentStatus["doing"]>;
  summary?: string;
  readonly spent: Record<BudgetName, number>;
  /** Of the maximum of the model call under way, what no attempt has told to have cost. */
  untold: Spend;
  posts: number;
}

function follow(agent: Tracked, entry: JournalEntry): void {
  const { spent } = agent;
  switch (entry.type) {
    case "model-began":
      interrupt(agent);
      agent.untold = entry.maximum;
      agent.doing = { call: "model", name: entry.model, since: entry.up };
      break;
    case "tool-began":
      agent.doing = { call: "tool", name: entry.tool, since: entry.up };
      break;
    case "model-paid":
      spent.usd += entry.usage.usd;
      spent.tokens += tokensOf(entry.usage);
      agent.untold = {
        usd: Math.max(0, agent.untold.usd - entry.usage.usd),
        tokens: Math.max(0, agent.untold.tokens - tokensOf(entry.usage)),
      };
      break;
    case "model-ended":
    case "tool-ended":
      agent.untold = { usd: 0, tokens: 0 };
      delete agent.doing;
      spent.hours += researchSeconds(entry) / 3600;
      break;
    case "trained":
      spent.usd += entry.usd;
      spent.trainerSeconds += entry.seconds;
      break;
    case "evaluated":
      spent.evaluations++;
      break;
    case "submitted":
      spent.submissions++;
      break;
    case "posted":
      agent.posts++;
      break;
    case "agent-ended":
      agent.state = entry.state;
      agent.summary = entry.summary;
      delete agent.doing;
      break;
  }
}

/** A call that was under way when the lab was stopped: what it may have cost counts as spent. */
function interrupt(agent: Tracked): void {
  agent.spent.usd += agent.untold.usd;
  agent.spent.tokens += agent.untold.tokens;
  agent.untold = { usd: 0, tokens: 0 };
  delete agent.doing;
}

function statusOf({ about, state, doing, summary, spent, posts }: Tracked): Omit<AgentStatus, "budget"> {
  return {
    ...about,
    state,
    ...(doing && { doing }),
    ...(summary !== undefined && { summary }),
    evaluations: spent.evaluations,
    posts,
  };
}

/** What is limited, and what was spent of all else that was used at all. */
function uses(
  spent: (name: BudgetName) => number,
  limit: Partial<Record<BudgetName, number | undefined>>,
): BudgetUse[] {
  const names = Object.keys(limits.shape) as BudgetName[];
  return names.flatMap((budget): BudgetUse[] => {
    const [used, most] = [spent(budget), limit[budget]];
    if (most === undefined) return used > 0 ? [{ budget, spent: used }] : [];
    return [{ budget, spent: used, limit: most }];
  });
}

function planOf(plan: Json): z.infer<typeof planSchema> {
  return planSchema.catch(planSchema.parse({})).parse(plan);
}
