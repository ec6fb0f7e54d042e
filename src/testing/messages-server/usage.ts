import { createHash } from "node:crypto";
import { type CacheControl, type MessagesRequest, messagesOf } from "./request.js";

/** Tokens of an attempt, as the server counts and charges them. */
export interface ServedTokens {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  /** Those of `cacheWrite` that are kept for an hour. */
  readonly cacheWrite1h: number;
}

export const noTokens: ServedTokens = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, cacheWrite1h: 0 };

/** The server's own tokenizer: a token is four bytes of UTF-8. */
export function tokensIn(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / 4);
}

export function addTokens(a: ServedTokens, b: ServedTokens): ServedTokens {
  return {
    input: a.input + b.input,
    output: a.output + b.output,
    cacheRead: a.cacheRead + b.cacheRead,
    cacheWrite: a.cacheWrite + b.cacheWrite,
    cacheWrite1h: a.cacheWrite1h + b.cacheWrite1h,
  };
}

/** Tokens of all that a request says. */
export function inputTokens(request: MessagesRequest): number {
  return segmentsOf(request).reduce((sum, { tokens }) => sum + tokens, 0);
}

interface Segment {
  readonly text: string;
  readonly tokens: number;
  readonly mark?: CacheControl | undefined;
}

/** The API looks back that many blocks from a mark for something that it has kept. */
const lookback = 20;

/**
 * The prompt cache: what was kept, by the hash of everything up to a mark. Nothing expires, and what is below the
 * minimum of tokens is not kept.
 */
export class PromptCache {
  readonly #kept = new Set<string>();
  readonly #minimum: number;

  constructor(minimum: number) {
    this.#minimum = minimum;
  }

  /** Splits a request's input into read, written and neither, and keeps what it marks. */
  charge(request: MessagesRequest): Omit<ServedTokens, "output"> {
    const segments = segmentsOf(request);
    const prefixes: { hash: string; tokens: number }[] = [];
    let hash = request.model;
    let total = 0;
    for (const { text, tokens } of segments) {
      hash = createHash("sha256").update(`${hash}\n${text}`).digest("base64");
      total += tokens;
      prefixes.push({ hash, tokens: total });
    }
    const marks = segments.flatMap(({ mark }, i) =>
      mark && prefixes[i]!.tokens >= this.#minimum ? [{ i, mark }] : [],
    );
    let read = 0;
    for (const { i } of marks) {
      const near = prefixes.slice(Math.max(0, i - lookback), i + 1);
      const found = near.findLast((prefix) => this.#kept.has(prefix.hash));
      read = Math.max(read, found?.tokens ?? 0);
    }
    const last = marks.at(-1);
    const end = last ? prefixes[last.i]!.tokens : 0;
    for (const { i } of marks) this.#kept.add(prefixes[i]!.hash);
    const cacheWrite = Math.max(0, end - read);
    return {
      input: total - read - cacheWrite,
      cacheRead: read,
      cacheWrite,
      cacheWrite1h: last?.mark.ttl === "1h" ? cacheWrite : 0,
    };
  }
}

/** Tools, system, messages: the order in which the model reads them. */
function segmentsOf(request: MessagesRequest): Segment[] {
  const segments: Segment[] = [];
  const add = (part: object): void => {
    const { cache_control: mark, ...rest } = part as { cache_control?: CacheControl | null };
    const text = JSON.stringify(rest);
    segments.push({ text, tokens: tokensIn(text), mark: mark ?? undefined });
  };
  for (const tool of request.tools ?? []) add(tool);
  const { system = [] } = request;
  for (const block of typeof system === "string" ? [{ type: "text", text: system }] : system) add(block);
  for (const { role, content } of messagesOf(request)) for (const block of content) add({ role, ...block });
  const end = segments.pop();
  if (end) segments.push({ ...end, mark: end.mark ?? request.cache_control ?? undefined });
  return segments;
}
