import type { Anthropic } from "@anthropic-ai/sdk";
import type { AgentEvent, AgentResult, Assignment, Json } from "../../agent.js";
import { WeakToStrongError } from "../../errors.js";
import type { RunContext } from "../../run.js";
import { ask, type Reply, type RequestBody, Trouble } from "./ask.js";
import { Conversation, isCompaction, text } from "./conversation.js";
import { maximumOf, type Prices, usageOf } from "./prices.js";
import type { Answer, Block } from "./stream.js";

/** What a conversation needs; all that shapes its requests is in `fixed`. */
export interface Settings {
  readonly client: () => Anthropic;
  readonly model: string;
  readonly prices: Prices;
  readonly maxTokens: number;
  /** Tokens of output in the call that is left when the budget is spent. */
  readonly closingTokens: number;
  readonly cacheFor: "5m" | "1h";
  /** Input tokens at which the API sums up what was said; undefined: never. */
  readonly compactAt: number | undefined;
  readonly idleTimeout: number;
  readonly patience: number;
  /** Options of each request that are passed through. */
  readonly options: Partial<RequestBody>;
}

/** So often in a row an answer may be cut off, or be refused, before the agent gives up. */
const most = 5;

const words = {
  begin: "Begin.",
  nudge:
    "You called no tool. If you are done, call `finish`, or answer once more without a tool call. If not, go on with your work.",
  closing:
    "Your budget is spent: this is the last that you can do. Post what is worth keeping, in few words, and call `finish`.",
  cut: "Your answer reached its longest allowed length and was cut off here. Go on, in smaller parts.",
  refused:
    "Your last answer was stopped by a safety filter and is not part of this conversation. If what you want to do is right, go on in another way.",
  notRun: (why: string): string => `This call was not run: ${why}`,
};

/** Talks with the model until it has finished: asks, runs the tools that it calls, tells it what they gave. */
export async function converse(
  assignment: Assignment,
  { emit, signal }: RunContext<AgentEvent>,
  settings: Settings,
): Promise<AgentResult> {
  const fixed = fixedPart(assignment, settings);
  const talk = new Conversation(fixed as unknown as Json);
  const notice = (message: string): void => emit({ type: "notice", message });
  let closing = false;
  let nudged = false;
  let refusals = 0;
  let cuts = 0;
  let trouble = new Trouble();
  let said = "";
  talk.user(text(words.begin));
  for (;;) {
    const reply = await next(closing ? settings.closingTokens : settings.maxTokens);
    if (reply === "exhausted") {
      if (closing) return { summary: said || "The budget was spent before there was anything to say." };
      closing = true;
      notice("The budget is spent; the model is told to write up.");
      talk.user(text(words.closing));
      continue;
    }
    if ("broken" in reply) continue;
    trouble = new Trouble();
    const { answer } = reply;
    if (answer.stopReason === "refusal") {
      refusals++;
      const why = refusalOf(answer.stopDetails);
      notice(`The model's answer was stopped by a safety filter${why}.`);
      if (refusals >= most) return { summary: said || `Every answer was stopped by a safety filter${why}.` };
      talk.user(text(words.refused));
      continue;
    }
    refusals = 0;
    talk.answer(answer);
    tell(answer, emit);
    said = textOf(answer) || said;
    const calls = answer.content.filter(isToolUse);
    const cut = answer.stopReason === "max_tokens" || answer.stopReason === "model_context_window_exceeded";
    if (cut) {
      notice(`An answer was cut off: ${answer.stopReason}.`);
      cuts++;
      if (cuts >= most && closing) return { summary: said || "Every answer was cut off when the budget was spent." };
      if (cuts >= most) throw cutOff(settings, cuts, answer.stopReason);
      if (answer.stopReason !== "max_tokens" && settings.compactAt === undefined) return { summary: said };
      talk.user(...calls.map((call) => resultOf(call, words.notRun(words.cut), true)), text(words.cut));
      continue;
    }
    cuts = 0;
    if (calls.length > 0) {
      nudged = false;
      const { results, finished } = await runTools(assignment, answer, calls);
      if (finished !== undefined) return { summary: finished || said };
      talk.user(...results);
    } else if (answer.stopReason !== "pause_turn" && answer.stopReason !== "compaction") {
      if (nudged || closing) return { summary: said };
      nudged = true;
      talk.user(text(words.nudge));
    }
  }

  async function next(maxTokens: number): Promise<Reply | "exhausted"> {
    const { model, prices, cacheFor, compactAt } = settings;
    const once = { input: talk.tokens, output: maxTokens };
    const maximum = maximumOf(prices, once, cacheFor);
    // A compaction reads all of it and writes a summary before the answer.
    const compacts = compactAt !== undefined && talk.tokens >= compactAt;
    const times = compacts ? 2 : 1;
    const compaction = { input: 0, output: maxTokens, cacheRead: 0, cacheWrite: talk.tokens };
    try {
      return await assignment.model<Reply>({
        model,
        key: `${talk.key}/${maxTokens}`,
        maximum: { usd: maximum.usd * times, tokens: maximum.tokens * times },
        perform: ({ signal, pay }) =>
          ask({
            client: settings.client(),
            body: { ...fixed, messages: talk.messages, max_tokens: maxTokens },
            idleTimeout: settings.idleTimeout,
            patience: settings.patience,
            trouble,
            priced: (tokens) => usageOf(prices, tokens, cacheFor),
            // Output is counted at the end only, and thinking and tool input need not show before.
            pricedAtMost: (tokens) =>
              usageOf(prices, [{ ...tokens, output: maxTokens }, ...(compacts ? [compaction] : [])], cacheFor),
            signal,
            pay,
            notice,
          }),
      });
    } catch (error) {
      signal.throwIfAborted();
      if (WeakToStrongError.isInstance(error) && error.code === "exhausted") return "exhausted";
      throw error;
    }
  }
}

/** What is the same in every request. Two marks for the cache: after tools and briefing, and at the end. */
function fixedPart(assignment: Assignment, settings: Settings): Omit<RequestBody, "messages" | "max_tokens"> {
  const { model, compactAt, options, cacheFor } = settings;
  const cache_control = { type: "ephemeral", ttl: cacheFor } as const;
  return {
    ...options,
    model,
    stream: true,
    cache_control,
    system: [{ type: "text", text: assignment.briefing, cache_control }],
    tools: assignment.tools.map(({ name, description, inputSchema }) => ({
      name,
      description,
      input_schema: inputSchema,
    })),
    ...(compactAt !== undefined && {
      betas: ["compact-2026-01-12"],
      context_management: {
        edits: [{ type: "compact_20260112", trigger: { type: "input_tokens", value: compactAt } }],
      },
    }),
  };
}

/** Runs the calls of an answer one after the other, in its order. `finished` is the summary, once `finish` has worked. */
async function runTools(
  assignment: Assignment,
  { unreadable }: Answer,
  calls: readonly ToolUse[],
): Promise<{ results: Block[]; finished?: string }> {
  const results: Block[] = [];
  for (const call of calls) {
    const problem = unreadable[call.id];
    if (problem) {
      results.push(resultOf(call, words.notRun(`its input cannot be read, ${problem}. Call it again.`), true));
      continue;
    }
    const { content, isError } = await assignment.call(call.name, call.input);
    if (call.name === "finish" && !isError) {
      const { summary } = call.input as { summary?: unknown };
      return { results, finished: typeof summary === "string" ? summary : "" };
    }
    results.push(resultOf(call, content, isError));
  }
  return { results };
}

type ToolUse = Block & { readonly id: string; readonly name: string };

function isToolUse(block: Block): block is ToolUse {
  return block.type === "tool_use" && typeof block.id === "string" && typeof block.name === "string";
}

function resultOf({ id }: ToolUse, content: string, isError: boolean): Block {
  return { type: "tool_result", tool_use_id: id, content, ...(isError && { is_error: true }) };
}

function cutOff({ model, maxTokens }: Settings, cuts: number, reason: string): WeakToStrongError {
  const advice =
    reason === "max_tokens"
      ? `Raise claude({ maxTokens }), which is ${maxTokens} and has to hold thinking too, or think less: claude({ effort: "low" }).`
      : "The model's context is full: lower claude({ compactAt }).";
  return new WeakToStrongError("failed", `${cuts} answers of ${model} in a row were cut off (${reason}). ${advice}`);
}

function tell({ content }: Answer, emit: (event: AgentEvent) => void): void {
  for (const block of content) {
    if (block.type === "text" && String(block.text).trim() !== "") emit({ type: "text", text: String(block.text) });
    if (isCompaction(block)) emit({ type: "notice", message: "The conversation was summed up to make room." });
  }
}

function textOf({ content }: Answer): string {
  const parts = content.flatMap((block) => (block.type === "text" ? [String(block.text)] : []));
  return parts.join("\n\n").trim();
}

function refusalOf(details: Json): string {
  const { category, explanation } = (details ?? {}) as { category?: unknown; explanation?: unknown };
  const parts = [category, explanation].filter((part) => typeof part === "string");
  return parts.length > 0 ? ` (${parts.join(": ")})` : "";
}
