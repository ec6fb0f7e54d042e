import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Fault, Policy, PolicyRequest } from "./policy.js";
import { asEvents, asMessage, type Reply, replyOf } from "./reply.js";
import { type MessagesRequest, messagesOf, parseRequest, Refused, type RequestMessage } from "./request.js";
import { addTokens, inputTokens, noTokens, PromptCache, type ServedTokens, tokensIn } from "./usage.js";

export type { Fault, Policy, PolicyAnswer, PolicyBlock, PolicyRequest } from "./policy.js";
export type { MessagesRequest, RequestBlock, RequestMessage } from "./request.js";
export type { ServedTokens } from "./usage.js";

export interface MessagesServerOptions {
  /** Stands for the model. */
  readonly policy: Policy;
  /** What goes wrong: with each request to create a message in turn (`undefined`: nothing), or by a function of it. */
  readonly faults?:
    | readonly (Fault | undefined)[]
    | ((request: { number: number; apiKey: string }) => Fault | undefined);
  /** Keys that are let in. Default: any. */
  readonly apiKeys?: readonly string[];
  /** Tokens from which a prefix is kept in the cache. Default 1,024. */
  readonly cacheMinimum?: number;
  /** Tokens of input that a request may have. Default 1,000,000. */
  readonly contextWindow?: number;
  /** Writes the summary where a request asks for compaction. Default: says how many messages there were. */
  readonly summarize?: (request: PolicyRequest) => string;
}

/** A request to create a message, as it was served. */
export interface ServedRequest {
  /** From 0. */
  readonly number: number;
  readonly apiKey: string;
  readonly body: MessagesRequest | undefined;
  readonly status: number;
  readonly fault: Fault | undefined;
  /** What was charged: all of a whole answer; of one that broke off its input, what was sent and what was thought for it. */
  readonly paid: ServedTokens;
  /** All of the answer was sent. */
  readonly whole: boolean;
}

/** A server on this machine that speaks the Messages API. */
export interface MessagesServer extends AsyncDisposable {
  readonly url: string;
  /** In the order in which they ended. */
  readonly requests: readonly ServedRequest[];
  /** The sum of what was charged, to one key or to all. */
  paid(apiKey?: string): ServedTokens;
}

/**
 * Starts a loopback server that speaks the Messages API, beta paths included: JSON and server-sent events, tool use,
 * thinking (hidden where `display` is `omitted`), prompt caching, compaction and token counting. A policy stands for the model. Requests are checked as the API
 * checks them, and everything that would have been charged is counted. Tokens are four bytes each.
 *
 * ```ts
 * await using server = await messagesServer({ policy: () => "Hello." });
 * const agent = claude({ baseURL: server.url, apiKey: "agent-1" });
 * ```
 */
export async function messagesServer(options: MessagesServerOptions): Promise<MessagesServer> {
  const { policy, apiKeys, contextWindow = 1_000_000 } = options;
  const cache = new PromptCache(options.cacheMinimum ?? 1024);
  const requests: ServedRequest[] = [];
  let count = 0;

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(incoming.url ?? "/", "http://localhost").pathname;
    const creates = incoming.method === "POST" && path === "/v1/messages";
    const counts = incoming.method === "POST" && path === "/v1/messages/count_tokens";
    const number = creates ? count++ : -1;
    response.setHeader("request-id", `req_${creates ? number : "count"}`);
    let apiKey = "";
    let body: MessagesRequest | undefined;
    let fault: Fault | undefined;
    try {
      const text = await textOf(incoming);
      if (!creates && !counts) throw new Refused(404, "not_found_error", `Not found: ${incoming.method} ${path}`);
      apiKey = keyOf(incoming, apiKeys);
      if (!incoming.headers["anthropic-version"])
        throw new Refused(400, "invalid_request_error", "anthropic-version: header is required");
      body = parseRequest(jsonOf(text), creates ? "create" : "count", betasOf(incoming));
      const tokens = inputTokens(seen(body));
      if (counts) return json(response, 200, { input_tokens: tokens });
      fault = typeof options.faults === "function" ? options.faults({ number, apiKey }) : options.faults?.[number];
      if (fault?.type === "status") throw statusFault(fault, response);
      if (tokens > contextWindow)
        throw new Refused(
          400,
          "invalid_request_error",
          `prompt is too long: ${tokens} tokens > ${contextWindow} maximum`,
        );
      const reply = await answer(number, apiKey, body);
      const charged = reply.compaction ? addTokens(reply.tokens, reply.compaction) : reply.tokens;
      const log = (paid: ServedTokens, whole: boolean): void => {
        requests.push({ number, apiKey, body, status: 200, fault, paid, whole });
      };
      if (body.stream) await stream(response, reply, charged, fault, log);
      else {
        log(charged, true);
        json(response, 200, asMessage(reply));
      }
    } catch (error) {
      const { status, type, message } =
        error instanceof Refused ? error : new Refused(500, "api_error", `the policy failed: ${error}`);
      if (creates) requests.push({ number, apiKey, body, status, fault, paid: noTokens, whole: false });
      json(response, status, { type: "error", error: { type, message }, request_id: response.getHeader("request-id") });
    }
  }

  async function answer(number: number, apiKey: string, request: MessagesRequest): Promise<Reply> {
    let current = seen(request);
    let summary: string | undefined;
    let compaction: ServedTokens | undefined;
    const edit = request.context_management?.edits[0];
    if (edit && inputTokens(current) >= (edit.trigger?.value ?? 150_000)) {
      const asked = policyRequest(apiKey, current);
      summary = options.summarize?.(asked) ?? `${asked.messages.length} messages were exchanged.`;
      compaction = { ...cache.charge(current), output: tokensIn(summary) };
      current = { ...current, messages: [{ role: "user", content: summaryWords(summary) }] };
    }
    const input = cache.charge(current);
    return replyOf(await policy(policyRequest(apiKey, current)), {
      number,
      model: request.model,
      maxTokens: request.max_tokens!,
      input,
      hideThinking: request.thinking?.display === "omitted",
      ...(summary !== undefined && { summary }),
      ...(compaction && { compaction }),
    });
  }

  const server = createServer((incoming, response) => void serve(incoming, response));
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  server.unref();
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    paid: (apiKey) =>
      requests
        .filter((request) => apiKey === undefined || request.apiKey === apiKey)
        .map(({ paid }) => paid)
        .reduce(addTokens, noTokens),
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Sends a reply event by event, with what goes wrong, and tells what of it is charged. */
async function stream(
  response: ServerResponse,
  reply: Reply,
  charged: ServedTokens,
  fault: Fault | undefined,
  log: (paid: ServedTokens, whole: boolean) => void,
): Promise<void> {
  const gone = new Promise<void>((resolve) => response.once("close", resolve));
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" });
  response.flushHeaders();
  let counted = "";
  let number = 0;
  const soFar = (): ServedTokens => {
    if (number === 0) return noTokens;
    return { ...charged, output: Math.max(1, tokensIn(counted)) + (reply.compaction?.output ?? 0) };
  };
  const write = (type: string, data: string): Promise<unknown> => {
    const text = `event: ${type}\ndata: ${data}\n\n`;
    return Promise.race([gone, new Promise((resolve) => response.write(text, resolve))]);
  };
  const last = fault && "after" in fault ? fault.after : Number.POSITIVE_INFINITY;
  let whole = "";
  for (const event of asEvents(reply)) {
    if (number === last) break;
    counted += event.counted;
    const data = JSON.stringify(event.data);
    const spoilt = fault?.type === "malformed" && fault.at === number;
    number++;
    // One write for what nobody interrupts; with a fault each event is on its way before the next.
    if (!fault) whole += `event: ${event.type}\ndata: ${data}\n\n`;
    else await write(event.type, spoilt ? data.slice(0, data.length / 2) : data);
    if (response.destroyed) return log(soFar(), false);
  }
  if (!fault || fault.type === "malformed") {
    log(charged, true);
    response.end(whole);
    return;
  }
  log(soFar(), false);
  if (fault.type === "cut") response.destroy();
  else if (fault.type === "stall") await gone;
  else {
    await write("error", JSON.stringify({ type: "error", error: { type: "overloaded_error", message: "Overloaded" } }));
    response.end();
  }
}

/** A request without what a compaction has summed up. */
function seen(request: MessagesRequest): MessagesRequest {
  const messages = messagesOf(request);
  const at = messages.findLastIndex(({ content }) => content.some((b) => b.type === "compaction" && b.content));
  if (at < 0) return request;
  const { content } = messages[at]!;
  const block = content.findLastIndex((b) => b.type === "compaction" && b.content);
  const summary = content[block] as { content: string };
  const rest = content.slice(block + 1);
  const answer: RequestMessage[] = rest.length > 0 ? [{ role: "assistant", content: rest }] : [];
  const summed = { role: "user" as const, content: summaryWords(summary.content) };
  return { ...request, messages: [summed, ...answer, ...messages.slice(at + 1)] as MessagesRequest["messages"] };
}

function summaryWords(summary: string): string {
  return `Summary of what was said before: ${summary}`;
}

function policyRequest(apiKey: string, request: MessagesRequest): PolicyRequest {
  const messages = messagesOf(request);
  const { system = "" } = request;
  return {
    apiKey,
    model: request.model,
    system: typeof system === "string" ? system : system.map(({ text }) => text).join("\n"),
    messages,
    tools: (request.tools ?? []).map(({ name }) => name),
    turn: messages.filter(({ role }) => role === "assistant").length,
    results: messages.at(-1)!.content.flatMap((b) => {
      if (b.type !== "tool_result") return [];
      const content = typeof b.content === "string" ? b.content : (b.content ?? []).map(({ text }) => text).join("\n");
      return [{ content, isError: b.is_error === true }];
    }),
  };
}

function statusFault(fault: Extract<Fault, { type: "status" }>, response: ServerResponse): Refused {
  if (fault.retryAfter !== undefined) response.setHeader("retry-after", String(fault.retryAfter));
  const types: Record<number, string> = { 429: "rate_limit_error", 529: "overloaded_error" };
  const type = types[fault.status] ?? (fault.status >= 500 ? "api_error" : "invalid_request_error");
  return new Refused(fault.status, type, fault.message ?? `fault ${fault.status}`);
}

function keyOf({ headers }: IncomingMessage, allowed: readonly string[] | undefined): string {
  const key = headers["x-api-key"] ?? headers.authorization?.replace(/^Bearer /, "");
  if (typeof key === "string" && key !== "" && (!allowed || allowed.includes(key))) return key;
  throw new Refused(401, "authentication_error", key ? "invalid x-api-key" : "x-api-key header is required");
}

function betasOf({ headers }: IncomingMessage): string[] {
  return [headers["anthropic-beta"] ?? []].flat().flatMap((betas) => betas.split(",").map((beta) => beta.trim()));
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refused(400, "invalid_request_error", "The request body is not valid JSON");
  }
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("utf8");
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
