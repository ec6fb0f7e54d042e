import type { Run } from "./run.js";

/**
 * An automated researcher. Nothing here is any vendor's: an agent is whatever, given an assignment, calls tools until it
 * is done. It gets all that it needs from its assignment and keeps nothing between starts, so that a killed one is started
 * again with the same assignment and finds what it had done (docs/own-agent.md).
 */
export interface Agent {
  /** What kind it is, for standings and reports: `claude`, `scripted`. */
  readonly name: string;
  /** Its own vague starting direction, put into its briefing. */
  readonly direction?: string;
  /** Named in the journal: a lab does not go on with another model than it began with. */
  readonly model?: string;
  start(assignment: Assignment): Run<AgentEvent, AgentResult>;
}

/** One agent's work, as the lab hands it out. */
export interface Assignment {
  /** Its name in this lab: `agent-1`. */
  readonly id: string;
  /** What it is to know: task, tools, rules, direction. Markdown. */
  readonly briefing: string;
  readonly tools: readonly ToolDescription[];
  readonly signal: AbortSignal;
  /**
   * Calls a tool. Never throws for what a tool refuses or fails at: that is a result with `isError`, in words to act on.
   * Throws `signal.reason` on abort.
   *
   * Journalled: with an earlier life's journal the call that was made at this place is answered from it and not repeated.
   * One that a kill interrupted is answered with an error that says that it may have run in part.
   */
  call(tool: string, input: unknown): Promise<ToolOutput>;
  /**
   * Makes a call that costs money, such as one to a model: reserves `maximum` from the budget, journals that it begins, has
   * `perform` make it, journals what it gave and cost, and returns that. With an earlier life's journal it answers from
   * there; a call that a kill interrupted is made again, and both are counted.
   *
   * @throws WeakToStrongError `exhausted` where `maximum` is more than the budget has left, and what `perform` throws.
   */
  model<T extends Json>(call: ModelCall<T>): Promise<T>;
  /** Journals the value of something that would differ in another life: the time, a random number. */
  note<T extends Json>(name: string, make: () => T | Promise<T>): Promise<T>;
  /**
   * What is left of the agent's and the lab's budgets, whichever is less. It is not journalled: an agent that decides by it
   * asks for it inside `note`.
   */
  budget(): BudgetLeft;
}

/** Plain data. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A call to a model, as {@link Assignment.model} takes it. */
export interface ModelCall<T extends Json> {
  /** The model, as prices list it. */
  readonly model: string;
  /** Names the call's content: in a second life another key at this place is an error, since answers would not fit. */
  readonly key: string;
  /** The most that it can cost; reserved while it runs. */
  readonly maximum: Spend;
  /**
   * Makes one attempt or several. Every attempt that is paid for is told by `pay`, also those that fail. `signal` aborts
   * with the agent's.
   */
  perform(options: { readonly signal: AbortSignal; pay(usage: ModelUsage): void }): Promise<T>;
}

/** Tokens of one paid attempt. */
export interface ModelUsage {
  /** Input tokens that were neither read from nor written to a cache. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens?: number;
  readonly cacheWriteTokens?: number;
  /** US dollars, by the prices that the agent was given. */
  readonly usd: number;
}

export interface Spend {
  /** US dollars. */
  readonly usd: number;
  /** All tokens, in and out, cached ones too. */
  readonly tokens: number;
}

/** What an agent may still use; absent where there is no limit. */
export interface BudgetLeft {
  readonly usd?: number;
  readonly tokens?: number;
  readonly hours?: number;
  readonly evaluations?: number;
  readonly submissions?: number;
  readonly trainerSeconds?: number;
  /** True once a hard stop has come: only writing up is left (posts, `finish`). */
  readonly closing: boolean;
}

/** What an agent is told of a tool. */
export interface ToolDescription {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of its input, an object. */
  readonly inputSchema: { readonly type: "object"; readonly [key: string]: unknown };
}

/** What a tool answers. */
export interface ToolOutput {
  readonly content: string;
  readonly isError: boolean;
  /** The lab was stopped while it ran, and it may have run in part; then `isError` is true as well. */
  readonly interrupted?: boolean | undefined;
}

export type AgentEvent =
  /** Something that the agent said. */
  | { readonly type: "text"; readonly text: string }
  /** It calls a tool. */
  | { readonly type: "tool-call"; readonly tool: string; readonly input: unknown }
  | { readonly type: "tool-result"; readonly tool: string; readonly isError: boolean; readonly content: string }
  /** Something that a person should know: a retry, a refusal, a context that was compacted. */
  | { readonly type: "notice"; readonly message: string };

/** How an agent's work ended. An agent that fails has its error in `result()` of the run instead. */
export interface AgentResult {
  /** What it says of what it did; no evidence. */
  readonly summary: string;
}
