import type { PolicyAnswer, PolicyBlock } from "./policy.js";
import { signatureOf } from "./request.js";
import { type ServedTokens, tokensIn } from "./usage.js";

/** A block as it is sent; `json` is a tool's input as text. */
interface SentBlock {
  readonly block: Record<string, unknown>;
  /** What was thought and is not shown. */
  readonly hidden?: string;
  /** What arrives in parts, and as what. */
  readonly parts: readonly { readonly delta: Record<string, unknown>; readonly counted: string }[];
}

export interface Reply {
  readonly id: string;
  readonly model: string;
  readonly blocks: readonly SentBlock[];
  readonly stopReason: string;
  readonly stopDetails: unknown;
  readonly tokens: ServedTokens;
  /** What summing up the conversation took, where that was done. */
  readonly compaction?: ServedTokens;
}

export interface SentEvent {
  readonly type: string;
  readonly data: unknown;
  /** Output that is charged once this is sent. */
  readonly counted: string;
}

/** Characters of a text that go into one event. */
const partSize = 200;

/** Makes a reply of what the policy answered, cut where `maxTokens` are reached. */
export function replyOf(
  answer: PolicyAnswer,
  facts: {
    readonly number: number;
    readonly model: string;
    readonly maxTokens: number;
    readonly input: Omit<ServedTokens, "output">;
    /** Thinking is not shown, and charged all the same. */
    readonly hideThinking: boolean;
    readonly summary?: string;
    readonly compaction?: ServedTokens;
  },
): Reply {
  const plain = typeof answer === "string" ? { content: [{ type: "text", text: answer } as const] } : answer;
  const { content, ...end } = "content" in plain ? plain : { content: plain };
  const blocks: SentBlock[] = [];
  let left = facts.maxTokens;
  let cut = false;
  if (facts.summary !== undefined) {
    const { summary } = facts;
    const block = { type: "compaction", content: summary, encrypted_content: null };
    blocks.push({ block, parts: [{ delta: { ...block, type: "compaction_delta" }, counted: "" }] });
  }
  for (const [i, block] of content.entries()) {
    if (cut || left === 0) {
      cut = true;
      break;
    }
    const { text, make } = sent(block, `toolu_${facts.number}_${i}`, facts.hideThinking);
    const tokens = Math.max(1, tokensIn(text));
    cut = tokens > left;
    blocks.push(
      make(
        cut
          ? Buffer.from(text)
              .subarray(0, left * 4)
              .toString()
          : text,
      ),
    );
    left = Math.max(0, left - tokens);
  }
  const asks = content.some(({ type }) => type === "tool_use");
  return {
    id: `msg_${facts.number}`,
    model: facts.model,
    blocks,
    stopReason: cut ? "max_tokens" : (end.stopReason ?? (asks ? "tool_use" : "end_turn")),
    stopDetails: end.stopDetails ? { type: "refusal", ...end.stopDetails } : null,
    tokens: { ...facts.input, output: Math.max(1, facts.maxTokens - left) },
    ...(facts.compaction && { compaction: facts.compaction }),
  };
}

function sent(block: PolicyBlock, id: string, hideThinking: boolean): { text: string; make(text: string): SentBlock } {
  switch (block.type) {
    case "text":
      return {
        text: block.text,
        make: (text) => ({
          block: { type: "text", text },
          parts: partsOf(text).map((part) => ({ delta: { type: "text_delta", text: part }, counted: part })),
        }),
      };
    case "thinking":
      return {
        text: block.thinking,
        make: (thinking) => {
          const signature = signatureOf(thinking);
          const signed = { delta: { type: "signature_delta", signature }, counted: "" };
          if (hideThinking)
            return { block: { type: "thinking", thinking: "", signature }, hidden: thinking, parts: [signed] };
          const parts = partsOf(thinking).map((part) => ({
            delta: { type: "thinking_delta", thinking: part },
            counted: part,
          }));
          return {
            block: { type: "thinking", thinking, signature },
            parts: [...parts, signed],
          };
        },
      };
    case "tool_use": {
      const json = typeof block.input === "string" ? block.input : JSON.stringify(block.input);
      return {
        text: json,
        make: (text) => ({
          block: { type: "tool_use", id: block.id ?? id, name: block.name, input: block.input },
          parts: partsOf(text).map((part) => ({
            delta: { type: "input_json_delta", partial_json: part },
            counted: part,
          })),
        }),
      };
    }
  }
}

/** The answer as one JSON document. */
export function asMessage(reply: Reply): unknown {
  return {
    ...envelope(reply),
    content: reply.blocks.map(({ block }) => block),
    stop_reason: reply.stopReason,
    stop_details: reply.stopDetails,
    usage: usageOf(reply),
  };
}

/** The answer as the events of a stream. */
export function* asEvents(reply: Reply): Generator<SentEvent> {
  const event = (type: string, fields: object, counted = ""): SentEvent => ({
    type,
    data: { type, ...fields },
    counted,
  });
  const usage = { ...usageOf(reply), output_tokens: 1, iterations: null };
  yield event("message_start", {
    message: { ...envelope(reply), content: [], stop_reason: null, stop_details: null, usage },
  });
  yield event("ping", {});
  for (const [index, { block, hidden, parts }] of reply.blocks.entries()) {
    yield event("content_block_start", { index, content_block: emptied(block) }, hidden);
    for (const { delta, counted } of parts) yield event("content_block_delta", { index, delta }, counted);
    yield event("content_block_stop", { index });
  }
  yield event("message_delta", {
    delta: { stop_reason: reply.stopReason, stop_sequence: null, stop_details: reply.stopDetails, container: null },
    context_management: null,
    usage: deltaUsageOf(reply),
  });
  yield event("message_stop", {});
}

function envelope({ id, model }: Reply): object {
  return {
    id,
    type: "message",
    role: "assistant",
    model,
    stop_sequence: null,
    container: null,
    context_management: null,
  };
}

function emptied(block: Record<string, unknown>): Record<string, unknown> {
  if (block.type === "text") return { ...block, text: "" };
  if (block.type === "thinking") return { ...block, thinking: "", signature: "" };
  if (block.type === "tool_use") return { ...block, input: {} };
  return { ...block, content: null };
}

function usageOf({ tokens, compaction }: Reply) {
  return {
    ...counts(tokens),
    iterations: compaction
      ? [
          { type: "compaction", ...counts(compaction) },
          { type: "message", ...counts(tokens) },
        ]
      : null,
    service_tier: "standard",
  };
}

/** The last event's usage lacks how long the cache keeps. */
function deltaUsageOf(reply: Reply): object {
  const { cache_creation: _, service_tier: __, ...usage } = usageOf(reply);
  return usage;
}

function counts({ input, output, cacheRead, cacheWrite, cacheWrite1h }: ServedTokens) {
  return {
    input_tokens: input,
    output_tokens: output,
    cache_read_input_tokens: cacheRead,
    cache_creation_input_tokens: cacheWrite,
    cache_creation: {
      ephemeral_5m_input_tokens: cacheWrite - cacheWrite1h,
      ephemeral_1h_input_tokens: cacheWrite1h,
    },
  };
}

function partsOf(text: string): string[] {
  const characters = [...text];
  return Array.from({ length: Math.ceil(characters.length / partSize) }, (_, i) =>
    characters.slice(i * partSize, (i + 1) * partSize).join(""),
  );
}
