import * as z from "zod";
import type { Json } from "../agent.js";

/**
 * What stands in a lab's journal, one entry a line (docs/journal.md). `seq` counts from 0 without gaps. `at` is the wall
 * clock's, for people; `up` is seconds that the lab has been running, over all its lives, by a clock that does not jump.
 */
const stamp = { seq: z.number().int().nonnegative(), at: z.iso.datetime(), up: z.number().nonnegative() };

/** What comes out of JSON.parse is JSON, whatever its depth; a schema that walks it would change it or overflow. */
const json = z.unknown() as z.ZodType<Json>;
const usage = z.object({
  inputTokens: z.number().nonnegative(),
  outputTokens: z.number().nonnegative(),
  cacheReadTokens: z.number().nonnegative().optional(),
  cacheWriteTokens: z.number().nonnegative().optional(),
  usd: z.number().nonnegative(),
});
const spend = z.object({ usd: z.number().nonnegative(), tokens: z.number().nonnegative() });
const output = z.object({ content: z.string(), isError: z.boolean(), interrupted: z.boolean().optional() });
const agent = z.string().min(1);
/** Position of a step in its agent's work, from 0: the same in every life. */
const step = z.number().int().nonnegative();
const seconds = z.number().nonnegative();

const trainerCall = z.enum(["fit", "predict", "embed", "score"]);
const budgetName = z.enum(["usd", "tokens", "hours", "evaluations", "submissions", "trainerSeconds"]);

const kinds = [
  /** The lab was started: the first time, or again after it had been stopped. */
  z.object({ type: z.literal("life"), ...stamp, life: z.number().int().positive(), pid: z.number(), plan: json }),
  /** Teachers, ceilings and weak labels are there. */
  z.object({ type: z.literal("prepared"), ...stamp, testbed: z.string(), seconds, facts: json }),
  /** Whose answers these are: the id of the scorer's ledger. */
  z.object({ type: z.literal("scorer"), ...stamp, ledger: z.string() }),
  /** A baseline was run by the lab and scored. */
  z.object({
    type: z.literal("baseline"),
    ...stamp,
    testbed: z.string(),
    method: z.string(),
    evaluation: z.string(),
    trainerSeconds: seconds,
  }),
  z.object({
    type: z.literal("agent-started"),
    ...stamp,
    agent,
    name: z.string(),
    model: z.string().optional(),
    direction: z.string().optional(),
    /** What it was told and given; with its first start only, since that holds for all its lives. */
    briefing: z.string().optional(),
    tools: z
      .array(
        z.object({
          name: z.string(),
          description: z.string(),
          inputSchema: z.looseObject({ type: z.literal("object") }),
        }),
      )
      .optional(),
  }),
  /** A call to a model begins; if no `model-ended` follows in this life, it was in flight when the lab was killed. */
  z.object({
    type: z.literal("model-began"),
    ...stamp,
    agent,
    step,
    model: z.string(),
    key: z.string(),
    maximum: spend,
  }),
  /** One attempt of it was paid for. */
  z.object({ type: z.literal("model-paid"), ...stamp, agent, step, model: z.string(), usage }),
  z.object({
    type: z.literal("model-ended"),
    ...stamp,
    agent,
    step,
    seconds,
    result: json.optional(),
    error: z.object({ code: z.string(), message: z.string() }).optional(),
  }),
  z.object({ type: z.literal("tool-began"), ...stamp, agent, step, tool: z.string(), input: json }),
  /** `queued`: those of `seconds` in which it waited for its turn at a trainer. */
  z.object({
    type: z.literal("tool-ended"),
    ...stamp,
    agent,
    step,
    tool: z.string(),
    output,
    seconds,
    queued: seconds,
  }),
  z.object({ type: z.literal("note"), ...stamp, agent, step, name: z.string(), value: json }),
  /** A call that came through the door from inside the sandbox, while one of the agent's tools ran. */
  z.object({
    type: z.literal("door"),
    ...stamp,
    agent,
    tool: z.string(),
    input: json,
    output,
    seconds,
    queued: seconds,
  }),
  /** The trainer begins to work for an agent; if no `trained` of this `id` follows, it was under way when the lab was killed. */
  z.object({ type: z.literal("training"), ...stamp, agent, id: z.string(), call: trainerCall }),
  /** The trainer worked for an agent. */
  z.object({
    type: z.literal("trained"),
    ...stamp,
    agent,
    id: z.string().optional(),
    call: trainerCall,
    seconds,
    tokens: z.number().nonnegative(),
    device: z.string(),
    cached: z.boolean(),
    usd: z.number().nonnegative(),
  }),
  /** The scorer answered; the record itself is the scorer's. */
  z.object({ type: z.literal("evaluated"), ...stamp, agent, testbed: z.string(), evaluation: z.string() }),
  /** The same of a submission, which ran in the clean room. */
  z.object({ type: z.literal("submitted"), ...stamp, agent, testbed: z.string(), submission: z.string() }),
  /** The door was asked for what only a canary that is executed asks for. */
  z.object({ type: z.literal("canary"), ...stamp, agent, mark: z.string() }),
  z.object({ type: z.literal("posted"), ...stamp, agent, post: z.string() }),
  /** An agent was told that a budget is 80% used, or that it has come to a hard stop. */
  z.object({
    type: z.literal("budget"),
    ...stamp,
    agent,
    budget: budgetName,
    of: z.enum(["agent", "lab"]),
    state: z.enum(["warning", "stop"]),
  }),
  z.object({
    type: z.literal("agent-ended"),
    ...stamp,
    agent,
    state: z.enum(["finished", "stopped", "failed"]),
    /** What it says of its work, or why it was stopped or failed. */
    summary: z.string(),
  }),
  /** Something that a person should know. */
  z.object({ type: z.literal("notice"), ...stamp, agent: agent.optional(), message: z.string() }),
  z.object({ type: z.literal("lab-ended"), ...stamp }),
] as const;

const entry = z.discriminatedUnion("type", kinds);

export type JournalEntry = z.infer<typeof entry>;
export type EntryType = JournalEntry["type"];
export type EntryOf<T extends EntryType> = Extract<JournalEntry, { type: T }>;
/** An entry as it is handed in: the journal stamps it. */
export type NewEntry = { [T in EntryType]: Omit<EntryOf<T>, "seq" | "at" | "up"> }[EntryType];
export type BudgetName = z.infer<typeof budgetName>;

/** Throws a `ZodError` for what is no entry. */
export function parseEntry(value: unknown): JournalEntry {
  return entry.parse(value);
}
