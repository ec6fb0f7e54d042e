import type { BudgetName } from "./entries.js";
import type { LabStanding } from "./record.js";

/** What a part of a budget is called, for people and agents. */
export const budgetWords: Readonly<Record<BudgetName, string>> = {
  usd: "dollars",
  tokens: "tokens",
  hours: "hours",
  evaluations: "evaluations",
  submissions: "submissions",
  trainerSeconds: "trainer seconds",
};

/** A part of a budget: what is spent, and the limit, where there is one. */
export interface BudgetUse {
  readonly budget: BudgetName;
  readonly spent: number;
  readonly limit?: number;
}

/** An agent of a running lab. */
export interface AgentStatus {
  readonly agent: string;
  readonly name: string;
  readonly model?: string;
  readonly direction?: string;
  readonly state: "working" | "finished" | "stopped" | "failed";
  /** What it waits for: a model's answer, or a tool. Absent between the two. */
  readonly doing?: {
    readonly call: "model" | "tool";
    readonly name: string;
    /** Seconds of the lab's running time at which it began. */
    readonly since: number;
  };
  /** What it said at its end, or why it was stopped or failed. */
  readonly summary?: string;
  readonly budget: readonly BudgetUse[];
  readonly evaluations: number;
  readonly posts: number;
}

/** Where a lab stands, from its journal and the scorer's records; plain data. */
export interface LabStatus {
  /** `stopped`: the journal has no end, and the process that wrote it is not on this machine. */
  readonly state: "running" | "ended" | "stopped";
  readonly startedAt: string;
  /** How often it was started. */
  readonly lives: number;
  /** Seconds that it has been running, over all its lives, at the journal's last entry. */
  readonly seconds: number;
  /** Research hours of all agents: without queueing and downtime. */
  readonly hours: number;
  /** Of all agents together; `hours` are the lab's own running time. */
  readonly budget: readonly BudgetUse[];
  readonly agents: readonly AgentStatus[];
  readonly testbeds: readonly string[];
  /** Best first, from the scorer's records alone. */
  readonly standings: readonly LabStanding[];
  readonly evaluations: number;
  readonly submissions: number;
  /** Newest first. */
  readonly posts: readonly PostLine[];
  /** The last few, newest first. */
  readonly notices: readonly { readonly at: string; readonly agent?: string; readonly message: string }[];
}

/** A post in a list. */
export interface PostLine {
  readonly at: string;
  readonly author: string;
  readonly kind: string;
  readonly title: string;
  readonly votes: number;
  readonly replies: number;
}
