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

/** An attempt that ended early; `tokens` is what it cost as far as it told. */
export class BrokenStream extends Error {
  readonly tokens: Tokens | undefined;
  constructor(message: string, tokens: Tokens | undefined, cause?: unknown) {
    super(message, { cause });
    this.tokens = tokens;
  }
}

const count = z.number().nonnegative().nullish();
const usage = z.object({
  input_tokens: count,
  output_tokens: count,
  cache_read_input_tokens: count,
  cache_creation_input_tokens: count,
  cache_creation: z.object({ ephemeral_1h_input_tokens: z.number() }).nullish(),
});
const usageWithIterations = usage.extend({ iterations: z.array(usage.extend({ type: z.string() })).nullish() });
type Usage = z.infer<typeof usageWithIterations>;

const index = z.number().int().nonnegative();
const event = z.discriminatedUnion("type", [
  z.object({ type: z.literal("message_start"), message: z.object({ id: z.string(), usage: usageWithIterations }) }),
  z.object({
    type: z.literal("content_block_start"),
    index,
    content_block: z.object({ type: z.string() }).catchall(z.json()),
  }),
  z.object({
    type: z.literal("content_block_delta"),
    index,
    delta: z.object({ type: z.string() }).catchall(z.json()),
  }),
  z.object({ type: z.literal("content_block_stop"), index }),
  z.object({
    type: z.literal("message_delta"),
    delta: z.object({ stop_reason: z.string().nullable(), stop_details: z.json().nullish() }),
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
export async function readAnswer(response: Response, heard: () => void): Promise<{ answer: Answer; tokens: Tokens }> {
  const message = new Message();
  try {
    for await (const sent of Stream.rawEvents(response)) {
      heard();
      if (sent.event === "error") throw new Error(failureOf(sent.data));
      if (sent.event !== null && known.has(sent.event)) message.add(sent.data);
    }
  } catch (cause) {
    throw new BrokenStream((cause as Error).message, message.tokens(), cause);
  }
  const problem = message.problem ?? (message.ended ? undefined : "the connection ended in the middle of the answer");
  if (problem) throw new BrokenStream(problem, message.tokens());
  return { answer: message.answer(), tokens: message.tokens()! };
}

/** An answer under construction. */
class Message {
  ended = false;
  /** What could not be understood first. */
  problem: string | undefined;
  readonly #blocks: Record<string, Json>[] = [];
  /** Tool input arrives as text in parts. */
  readonly #inputs = new Map<number, string>();
  #id: string | undefined;
  #stop: { stop_reason: string | null; stop_details?: Json | undefined } = { stop_reason: null };
  #usage: Usage = {};
  #bytes = 0;
  /** The count of output is the final one. */
  #counted = false;

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
        this.#counted = true;
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
      this.#bytes += Buffer.byteLength(part);
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
      stopDetails: this.#stop.stop_details ?? null,
      unreadable,
      context: contextOf(this.#usage),
    };
  }

  /**
   * What was paid, as far as is known; undefined before the first event. Of an answer that broke off, output was not
   * counted yet: it is estimated at four bytes a token.
   */
  tokens(): Tokens | undefined {
    if (this.#id === undefined) return undefined;
    const compactions = (this.#usage.iterations ?? []).filter(({ type }) => type === "compaction");
    const counted = [this.#usage, ...compactions].map(tokensOf).reduce(sum);
    if (this.#counted) return counted;
    return { ...counted, output: Math.max(counted.output, Math.ceil(this.#bytes / 4)) };
  }
}

/** Tokens in and out of the last request that the model itself answered. */
function contextOf(all: Usage): number {
  const last = all.iterations?.findLast(({ type }) => type === "message") ?? all;
  const { input, output, cacheRead, cacheWrite, cacheWrite1h } = tokensOf(last);
  return input + output + cacheRead + cacheWrite + cacheWrite1h;
}

function tokensOf(counts: z.infer<typeof usage>): Tokens {
  const cacheWrite1h = counts.cache_creation?.ephemeral_1h_input_tokens ?? 0;
  return {
    input: counts.input_tokens ?? 0,
    output: counts.output_tokens ?? 0,
    cacheRead: counts.cache_read_input_tokens ?? 0,
    cacheWrite: Math.max(0, (counts.cache_creation_input_tokens ?? 0) - cacheWrite1h),
    cacheWrite1h,
  };
}

function sum(a: Tokens, b: Tokens): Tokens {
  return {
    input: a.input + b.input,
    output: a.output + b.output,
    cacheRead: a.cacheRead + b.cacheRead,
    cacheWrite: a.cacheWrite + b.cacheWrite,
    cacheWrite1h: a.cacheWrite1h + b.cacheWrite1h,
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
