import * as z from "zod";
import type { BudgetLeft, ToolDescription } from "../../agent.js";
import type { Forum, Post } from "../../forum.js";
import type { Sandbox } from "../../sandbox.js";
import type { Evaluation, PGRScorer, Submission } from "../../scorer.js";
import type { Reservation } from "../budget.js";

/** What a tool works with: one agent's part of the lab. */
export interface ToolContext {
  readonly agent: string;
  /** The agent's sandbox; one that had died is made again, on the same files. */
  sandbox(): Promise<Sandbox>;
  readonly forum: Forum;
  readonly scorer: PGRScorer;
  readonly testbeds: readonly string[];
  /** Baselines that are controls. */
  readonly controls: readonly string[];
  budget(): BudgetLeft;
  /** Holds one evaluation of the budget back while it is made; throws `exhausted`. */
  reserveEvaluation(): Reservation;
  reserveSubmission(): Reservation;
  /** Tells the journal. */
  evaluated(evaluation: Evaluation): void;
  submitted(submission: Submission): void;
  posted(post: Post): void;
  /** The scorer's record of that id, if there is one. */
  evaluation(id: string): Evaluation | undefined;
  /** Counts what an agent has the lab keep; throws `exhausted` where it is too much. */
  keep(bytes: number): void;
  readonly signal: AbortSignal;
}

/** A tool that agents are given. */
export interface Tool {
  readonly name: string;
  readonly description: string;
  readonly input: z.ZodObject;
  /** Whether it can still be used when only writing up is left. */
  readonly writeUp: boolean;
  /** What the agent reads. An error that is thrown is told to it in its words. */
  run(input: unknown, context: ToolContext): Promise<string>;
}

/** Makes a {@link Tool}; `run` gets what the schema has parsed. */
export function tool<S extends z.ZodObject>(definition: {
  readonly name: string;
  readonly description: string;
  readonly input: S;
  readonly writeUp?: boolean;
  run(input: z.infer<S>, context: ToolContext): Promise<string>;
}): Tool {
  return {
    writeUp: false,
    ...definition,
    run: (input, context) => definition.run(input as z.infer<S>, context),
  };
}

/** A tool as models are told of it. */
export function describeTool({ name, description, input }: Tool): ToolDescription {
  const { $schema: _, ...schema } = z.toJSONSchema(input) as { $schema?: string; type: "object" };
  return { name, description, inputSchema: schema };
}
