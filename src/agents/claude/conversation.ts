import { createHash } from "node:crypto";
import type { Anthropic } from "@anthropic-ai/sdk";
import type { Json } from "../../agent.js";
import type { Answer, Block } from "./stream.js";

type Message = { role: "user" | "assistant"; content: Block[] };

/**
 * What has been said so far. It knows a name for it, for the journal, and a bound on its tokens, for the budget: what the
 * API counted at the last answer, and for what came after it a token a byte.
 */
export class Conversation {
  #messages: Message[] = [];
  #key: string;
  #tokens: number;

  /** `settings` is all that goes into requests besides messages. */
  constructor(settings: Json) {
    const text = JSON.stringify(settings);
    this.#key = chained("", text);
    // The API adds a few hundred tokens of its own where there are tools.
    this.#tokens = Buffer.byteLength(text) + 1000;
  }

  get key(): string {
    return this.#key;
  }

  /** At least as many as the API will count. */
  get tokens(): number {
    return this.#tokens;
  }

  get messages(): Anthropic.Beta.Messages.BetaMessageParam[] {
    // Blocks are sent back as they came, also those that the SDK's types do not know yet.
    return this.#messages as unknown as Anthropic.Beta.Messages.BetaMessageParam[];
  }

  /** Adds to what the user says; two such in a row are one message. */
  user(...content: readonly Block[]): void {
    const last = this.#messages.at(-1);
    if (last?.role === "user") last.content.push(...content);
    else this.#messages.push({ role: "user", content: [...content] });
    const text = JSON.stringify(content);
    this.#key = chained(this.#key, text);
    this.#tokens += Buffer.byteLength(text);
  }

  /** Adds an answer. What stands before a compaction is summed up in it and no longer sent. */
  answer({ content, context }: Answer): void {
    const kept = sendable(content);
    this.#key = chained(this.#key, JSON.stringify(kept));
    this.#tokens = Math.max(context, 1);
    if (kept.length === 0) return;
    if (kept.some(isCompaction)) this.#messages = this.#messages.slice(0, 1);
    const last = this.#messages.at(-1);
    // An answer that goes on where the one before was paused.
    if (last?.role === "assistant") last.content.push(...kept);
    else this.#messages.push({ role: "assistant", content: kept });
  }
}

export function text(words: string): Block {
  return { type: "text", text: words };
}

/** A compaction that worked; one that failed has no content and changes nothing. */
export function isCompaction(block: Block): boolean {
  return block.type === "compaction" && typeof block.content === "string";
}

/** The API takes neither empty text nor an answer that ends in thinking. */
function sendable(content: readonly Block[]): Block[] {
  const kept = content.filter((block) => block.type !== "text" || String(block.text).trim() !== "");
  const end = kept.findLastIndex(({ type }) => type !== "thinking" && type !== "redacted_thinking");
  return kept.slice(0, end + 1);
}

function chained(key: string, text: string): string {
  return createHash("sha256").update(`${key}\n${text}`).digest("base64url");
}
