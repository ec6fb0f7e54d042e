import { Stream } from "@anthropic-ai/sdk/core/streaming";
import * as z from "zod";
import type { Json } from "../../agent.js";
import type { Tokens } from "./prices.js";

/** A content block as the API gave it, to be sent back unchanged. */
export interface Block {
  readonly type: string;
  readonly [field: string]: Json;
}

/** An answer, as the journal keeps it. */
export type Answer = {
  readonly id: string;
  readonly content: readonly Block[];
  readonly stopReason: string | null;
  /** The category and the explanation of a refusal. */
  readonly stopDetails: Json;
  /** Tool calls whose input is no JSON object, by their ids: what is wrong with it. */
  readonly unreadable: { readonly [id: string]: string };
  /** Tokens of the conversation with this answer. */
  readonly context: number;
};

/** The model's own request first, then those that summed up the conversation. */
type Counted = [Tokens, ...Tokens[]];

/** An attempt that ended early. */
export class BrokenStream extends Error {
  /** What it cost as far as it told; undefined: nothing. */
  readonly tokens: Counted | undefined;
  /** All of its output was counted, and so were compactions: it broke off at its very end. */
  readonly counted: boolean;
  constructor(message: string, { tokens, counted }: Pick<Message, "tokens" | "counted">, cause?: unknown) {
    super(message, { cause });
    this.tokens = tokens;
    this.counted = counted;
  }
}

const count = z.number().nonnegative().nullish();
const usage = z.object({
  input_tokens: count,
  output_tokens: count,
  cache_read_input_tokens: count,
  cache_creation_input_tokens: count,
});
const usageWithIterations = usage.extend({ iterations: z.array(usage.extend({ type: z.string() })).nullish() });
type Usage = z.infer<typeof usageWithIterations>;

// What comes out of JSON.parse needs no second look at whether it is JSON, which costs as much as all the rest.
const fields = z.looseObject({ type: z.string() }).transform((sent) => sent as Record<string, Json> & { type: string });
const index = z.number().int().nonnegative();
const event = z.discriminatedUnion("type", [
  z.object({ type: z.literal("message_start"), message: z.object({ id: z.string(), usage: usageWithIterations }) }),
  z.object({
    type: z.literal("content_block_start"),
    index,
    content_block: fields,
  }),
  z.object({
    type: z.literal("content_block_delta"),
    index,
    delta: fields,
  }),
  z.object({ type: z.literal("content_block_stop"), index }),
  z.object({
    type: z.literal("message_delta"),
    delta: z.object({ stop_reason: z.string().nullable(), stop_details: z.unknown().optional() }),
    usage: usageWithIterations,
  }),
  z.object({ type: z.literal("message_stop") }),
]);
const failure = z.object({ error: z.object({ type: z.string(), message: z.string() }) });
const known = new Set<string>(event.options.map((option) => option.shape.type.value));

/**
 * Reads a streamed answer to its end; `heard` is called at each sign of life, pings included. An event that cannot be
 * understood spoils the answer, but reading goes on: the last event tells what it cost.
 *
 * @throws BrokenStream
 */
export async function readAnswer(response: Response, heard: () => void): Promise<{ answer: Answer; tokens: Counted }> {
  const message = new Message();
  try {
    for await (const sent of Stream.rawEvents(response)) {
      heard();
      if (sent.event === "error") throw new Error(failureOf(sent.data));
      if (sent.event !== null && known.has(sent.event)) message.add(sent.data);
    }
  } catch (cause) {
    throw new BrokenStream((cause as Error).message, message, cause);
  }
  const problem = message.problem ?? (message.ended ? undefined : "the connection ended in the middle of the answer");
  if (problem) throw new BrokenStream(problem, message);
  return { answer: message.answer(), tokens: message.tokens! };
}

/** An answer under construction. */
class Message {
  ended = false;
  /** Usage is the final one. */
  counted = false;
  /** What could not be understood first. */
  problem: string | undefined;
  readonly #blocks: Record<string, Json>[] = [];
  /** Tool input arrives as text in parts. */
  readonly #inputs = new Map<number, string>();
  #id: string | undefined;
  #stop: { stop_reason: string | null; stop_details?: unknown } = { stop_reason: null };
  #usage: Usage = {};

  add(data: string): void {
    try {
      this.#apply(event.parse(JSON.parse(data)));
    } catch (error) {
      const why = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
      this.problem ??= `an event could not be read: ${why}`;
    }
  }

  #apply(sent: z.infer<typeof event>): void {
    switch (sent.type) {
      case "message_start":
        this.#id = sent.message.id;
        this.#usage = sent.message.usage;
        break;
      case "content_block_start":
        this.#blocks[sent.index] = { ...sent.content_block };
        break;
      case "content_block_delta":
        this.#extend(sent.index, sent.delta);
        break;
      case "message_delta": {
        this.#stop = sent.delta;
        const given = Object.entries(sent.usage).filter(([, value]) => value !== null && value !== undefined);
        this.#usage = { ...this.#usage, ...Object.fromEntries(given) };
        this.counted = true;
        break;
      }
      case "message_stop":
        this.ended = true;
        break;
      case "content_block_stop":
        break;
    }
  }

  #extend(index: number, delta: Record<string, Json>): void {
    const block = this.#blocks[index];
    if (!block) throw new Error(`a part of block ${index}, which has not begun`);
    const text = (field: string): string => {
      const part = delta[field];
      if (typeof part !== "string") throw new Error(`${delta.type} without ${field}`);
      return part;
    };
    switch (delta.type) {
      case "text_delta":
        block.text = `${block.text ?? ""}${text("text")}`;
        break;
      case "thinking_delta":
        block.thinking = `${block.thinking ?? ""}${text("thinking")}`;
        break;
      case "signature_delta":
        block.signature = delta.signature ?? null;
        break;
      case "input_json_delta":
        this.#inputs.set(index, `${this.#inputs.get(index) ?? ""}${text("partial_json")}`);
        break;
      case "compaction_delta": {
        const { type: _, ...fields } = delta;
        Object.assign(block, fields);
        break;
      }
    }
  }

  answer(): Answer {
    const unreadable: Record<string, string> = {};
    for (const [i, block] of this.#blocks.entries()) {
      if (block.type !== "tool_use") continue;
      const { input, problem } = inputOf(this.#inputs.get(i), block.input);
      block.input = input;
      if (problem) unreadable[String(block.id)] = problem;
    }
    return {
      id: this.#id ?? "",
      content: this.#blocks as unknown as Block[],
      stopReason: this.#stop.stop_reason,
      stopDetails: (this.#stop.stop_details ?? null) as Json,
      unreadable,
      context: contextOf(this.#usage),
    };
  }

  /** What was paid, as far as is known; undefined before the first event. */
  get tokens(): Counted | undefined {
    if (this.#id === undefined) return undefined;
    const compactions = (this.#usage.iterations ?? []).filter(({ type }) => type === "compaction");
    return [tokensOf(this.#usage), ...compactions.map(tokensOf)];
  }
}

/** Tokens in and out of the last request that the model itself answered. */
function contextOf(all: Usage): number {
  const last = all.iterations?.findLast(({ type }) => type === "message") ?? all;
  const { input, output, cacheRead, cacheWrite } = tokensOf(last);
  return input + output + cacheRead + cacheWrite;
}

function tokensOf(counts: z.infer<typeof usage>): Tokens {
  return {
    input: counts.input_tokens ?? 0,
    output: counts.output_tokens ?? 0,
    cacheRead: counts.cache_read_input_tokens ?? 0,
    cacheWrite: counts.cache_creation_input_tokens ?? 0,
  };
}

/** The API wants an object back, whatever the model wrote. */
function inputOf(text: string | undefined, given: Json | undefined): { input: Json; problem?: string } {
  let input: unknown = given ?? {};
  try {
    if (text) input = JSON.parse(text);
  } catch (error) {
    return { input: {}, problem: `it is no valid JSON (${(error as Error).message})` };
  }
  if (typeof input === "object" && input !== null && !Array.isArray(input)) return { input: input as Json };
  return { input: {}, problem: "it is no JSON object" };
}

function failureOf(data: string): string {
  try {
    const { error } = failure.parse(JSON.parse(data));
    return `${error.type}: ${error.message}`;
  } catch {
    return `an error that could not be read: ${data.slice(0, 200)}`;
  }
}
