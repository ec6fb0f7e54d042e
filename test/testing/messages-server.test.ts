import Anthropic from "@anthropic-ai/sdk";
import { describe, expect, test } from "vitest";
import {
  type MessagesServer,
  type MessagesServerOptions,
  messagesServer,
} from "../../src/testing/messages-server/index.js";

const hello = { model: "claude-opus-5-5", max_tokens: 100, messages: [{ role: "user" as const, content: "Hello" }] };
const tool = { name: "add", description: "Adds.", input_schema: { type: "object" as const } };

async function post(
  server: MessagesServer,
  body: unknown,
  headers: Record<string, string> = {},
  path = "/v1/messages",
) {
  const response = await fetch(`${server.url}${path}`, {
    method: "POST",
    headers: { authorization: "Bearer k", "anthropic-version": "2026-10-21", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

const serve = (options: Partial<MessagesServerOptions> = {}) => messagesServer({ policy: () => "Hi.", ...options });
const connect = (server: MessagesServer) =>
  new Anthropic({ baseURL: server.url, apiKey: "k", maxRetries: 0, logLevel: "off" });

describe("an answer", () => {
  const policy: MessagesServerOptions["policy"] = () => [
    { type: "thinking", thinking: "They greet." },
    { type: "text", text: `Good day. ${"é".repeat(500)}` },
    { type: "tool_use", name: "add", input: { a: 1, b: ["two", null] } },
  ];

  test("is the same as JSON and as a stream, for the SDK", async () => {
    await using server = await serve({ policy });
    const request = { ...hello, max_tokens: 1000, tools: [tool] };
    const client = connect(server);
    const whole = await client.beta.messages.create(request);
    const streamed = await client.beta.messages.stream(request).finalMessage();
    const plain = await client.messages.create(request);
    const same = ({ content, stop_reason, usage }: typeof whole | typeof streamed | typeof plain) => ({
      content: content.map((block) => (block.type === "tool_use" ? { ...block, id: "" } : { ...block })),
      stop_reason,
      output: usage.output_tokens,
    });
    expect(JSON.parse(JSON.stringify(same(streamed)))).toEqual(JSON.parse(JSON.stringify(same(whole))));
    expect(same(plain)).toEqual(same(whole));
    expect(whole.stop_reason).toBe("tool_use");
    expect(server.requests.map(({ whole }) => whole)).toEqual([true, true, true]);
  });

  test("does not show thinking where that is asked for, and charges it", async () => {
    await using server = await serve({ policy });
    const client = connect(server);
    const thinking = { type: "adaptive" as const, display: "omitted" as const };
    const request = { ...hello, max_tokens: 1000, tools: [tool], thinking };
    const { content, usage } = await client.beta.messages.stream(request).finalMessage();
    expect(content[0]).toEqual({ type: "thinking", thinking: "", signature: expect.stringMatching(/./) });
    const shown = await client.beta.messages.create({ ...hello, max_tokens: 1000, tools: [tool] });
    expect(usage.output_tokens).toBe(shown.usage.output_tokens);
    const messages = [...hello.messages, { role: "assistant" as const, content: content.slice(0, 2) }];
    const next = await client.beta.messages.create({
      ...request,
      messages: [...messages, { role: "user", content: "b" }],
    });
    expect(next.stop_reason).toBe("tool_use");
  });

  test("is cut where max_tokens are reached", async () => {
    await using server = await serve({ policy });
    const message = await connect(server)
      .beta.messages.stream({ ...hello, max_tokens: 20, tools: [tool] })
      .finalMessage();
    expect(message.stop_reason).toBe("max_tokens");
    expect(message.usage.output_tokens).toBe(20);
    expect(message.content.map(({ type }) => type)).toEqual(["thinking", "text"]);
  });

  test("goes by who asks and what was said", async () => {
    await using server = await serve({ policy: ({ apiKey, turn, system }) => `${apiKey} ${turn} ${system}` });
    const messages = [
      ...hello.messages,
      { role: "assistant" as const, content: "a" },
      { role: "user" as const, content: "b" },
    ];
    const { text } = await post(
      server,
      { ...hello, messages, system: "S" },
      { authorization: "", "x-api-key": "agent-7" },
    );
    expect(JSON.parse(text).content[0].text).toBe("agent-7 1 S");
  });
});

describe("tokens", () => {
  test("are counted as they are charged", async () => {
    await using server = await serve();
    const client = connect(server);
    const { max_tokens: _, ...request } = { ...hello, tools: [tool] };
    const { input_tokens } = await client.beta.messages.countTokens(request);
    const { usage } = await client.beta.messages.create({ ...request, max_tokens: 10 });
    expect(usage.input_tokens).toBe(input_tokens);
    expect(server.paid("k")).toEqual({
      input: input_tokens,
      output: usage.output_tokens,
      cacheRead: 0,
      cacheWrite: 0,
      cacheWrite1h: 0,
    });
    expect(server.paid("other").input).toBe(0);
  });

  test("are kept in the cache by their prefix", async () => {
    await using server = await serve({ cacheMinimum: 100 });
    const client = connect(server);
    const system = [{ type: "text" as const, text: "x".repeat(4000), cache_control: { type: "ephemeral" as const } }];
    const usage = async (request: object) => {
      const message = await client.beta.messages.create({ ...hello, system, ...request });
      const {
        input_tokens: input,
        cache_read_input_tokens: read,
        cache_creation_input_tokens: written,
      } = message.usage;
      return { input, read, written };
    };
    const first = await usage({});
    expect(first).toMatchObject({ read: 0, written: expect.toSatisfy((n: number) => n > 1000) });
    expect(await usage({})).toEqual({ input: first.input, read: first.written, written: 0 });
    const other = { messages: [{ role: "user", content: "Another question" }] };
    expect(await usage(other)).toMatchObject({ read: first.written, written: 0 });
    expect(await usage({ tools: [tool] }), "tools come first").toMatchObject({ read: 0 });
    expect(await usage({ model: "claude-opus-5" }), "another model").toMatchObject({ read: 0 });
    const marked = await usage({ cache_control: { type: "ephemeral" } });
    expect(marked, "the last block is marked").toEqual({ input: 0, read: first.written, written: first.input });
    const short = [{ type: "text", text: "too short", cache_control: { type: "ephemeral" } }];
    expect(await usage({ system: short })).toMatchObject({ read: 0, written: 0 });
  });
});

describe("compaction", () => {
  const edit = { type: "compact_20260112" as const, trigger: { type: "input_tokens" as const, value: 50_000 } };
  const long = { ...hello, messages: [{ role: "user" as const, content: "word ".repeat(50_000) }] };
  const compacting = { context_management: { edits: [edit] }, betas: ["compact-2026-01-12"] };

  test("sums up what is beyond its trigger, and tells its cost in iterations only", async () => {
    await using server = await serve({
      summarize: () => "They said word.",
      policy: ({ messages }) => JSON.stringify(messages),
    });
    const { content, usage } = await connect(server)
      .beta.messages.stream({ ...long, ...compacting })
      .finalMessage();
    expect(content[0]).toMatchObject({ type: "compaction", content: "They said word." });
    expect(content[1]).toMatchObject({ type: "text", text: expect.stringContaining("They said word.") });
    const [compaction, message] = usage.iterations!;
    expect(compaction).toMatchObject({ type: "compaction" });
    expect(message).toMatchObject({ type: "message", input_tokens: usage.input_tokens });
    expect(usage.input_tokens).toBeLessThan(100);
    expect(server.paid().input).toBe(usage.input_tokens + compaction!.input_tokens);
  });

  test("leaves out what stands before it", async () => {
    await using server = await serve({ policy: ({ messages }) => JSON.stringify(messages) });
    const answered = { role: "assistant" as const, content: [{ type: "compaction" as const, content: "SUMMARY" }] };
    const messages = [...long.messages, answered, { role: "user" as const, content: "Go on" }];
    const { usage, content } = await connect(server).beta.messages.create({ ...hello, max_tokens: 1000, messages });
    expect(usage.input_tokens).toBeLessThan(100);
    expect(JSON.stringify(content)).toContain("SUMMARY");
  });

  test("needs its beta", async () => {
    await using server = await serve();
    const { status, text } = await post(server, { ...hello, context_management: { edits: [edit] } });
    expect([status, text]).toEqual([400, expect.stringContaining("context_management")]);
  });
});

describe("a request", () => {
  const use = { type: "tool_use", id: "t1", name: "add", input: {} };
  const result = { type: "tool_result", tool_use_id: "t1", content: "3" };
  const turns = (...content: unknown[][]) =>
    content.map((blocks, i) => ({ role: i % 2 === 0 ? "user" : "assistant", content: blocks }));
  const said = { type: "text", text: "x" };

  test.each<[string, object, RegExp]>([
    ["no max_tokens", { max_tokens: undefined }, /max_tokens/],
    ["an unknown field", { max_token: 3 }, /max_token/],
    ["no messages", { messages: [] }, /messages/],
    ["an answer first", { messages: [{ role: "assistant", content: "x" }] }, /first message/],
    ["two of one role", { messages: [...hello.messages, ...hello.messages] }, /alternate/],
    ["an empty text", { messages: turns([{ type: "text", text: "" }]) }, /text/],
    ["a call without a result", { messages: turns([said], [use], [said]) }, /without `tool_result`/],
    ["a call at the end", { messages: turns([said], [use]) }, /without `tool_result`/],
    ["a result without a call", { messages: turns([said], [said], [result]) }, /unexpected `tool_use_id`/],
    ["a result after text", { messages: turns([said], [use], [said, result]) }, /must come first/],
    [
      "changed thinking",
      { messages: turns([said], [{ type: "thinking", thinking: "a", signature: "b" }, said], [said]) },
      /signature/,
    ],
    [
      "thinking at the end",
      { messages: turns([said], [{ type: "redacted_thinking", data: "a" }], [said]) },
      /final block/,
    ],
    ["a budget beyond max_tokens", { thinking: { type: "enabled", budget_tokens: 2000 } }, /max_tokens/],
    [
      "five marks for the cache",
      { system: Array.from({ length: 5 }, () => ({ ...said, cache_control: { type: "ephemeral" } })) },
      /maximum of 4/,
    ],
  ])("with %s is refused as the API refuses it", async (_, change, words) => {
    await using server = await serve();
    const { status, text, headers } = await post(server, { ...hello, ...change });
    expect(status).toBe(400);
    const body = JSON.parse(text);
    expect(body).toMatchObject({ type: "error", error: { type: "invalid_request_error" } });
    expect(body.error.message).toMatch(words);
    expect(body.request_id).toBe(headers.get("request-id"));
    expect(server.paid().input).toBe(0);
  });

  test("without a key, a version, JSON or a known path is refused", async () => {
    await using server = await serve({ apiKeys: ["k"], contextWindow: 20 });
    const statusOf = async (...args: Parameters<typeof post> extends [unknown, ...infer R] ? R : never) =>
      (await post(server, ...args)).status;
    expect(await statusOf(hello)).toBe(200);
    expect(await statusOf(hello, { authorization: "" })).toBe(401);
    expect(await statusOf(hello, { authorization: "Bearer other" })).toBe(401);
    expect(await statusOf(hello, { "anthropic-version": "" })).toBe(400);
    expect(await statusOf("{")).toBe(400);
    expect(await statusOf(hello, {}, "/v1/complete")).toBe(404);
    const long = { ...hello, messages: [{ role: "user", content: "x".repeat(200) }] };
    expect(await statusOf(long)).toBe(400);
  });

  test("that the policy fails at is the API's error", async () => {
    await using server = await serve({
      policy: () => {
        throw new Error("no idea");
      },
    });
    expect(await post(server, hello)).toMatchObject({ status: 500, text: expect.stringContaining("no idea") });
  });
});

describe("a fault", () => {
  const stream = { ...hello, stream: true };

  test("is an answer with its status", async () => {
    const faults = [429, 500, 529].map((status) => ({ type: "status", status, retryAfter: 2 }) as const);
    await using server = await serve({ faults });
    const types = ["rate_limit_error", "api_error", "overloaded_error"];
    for (const [i, { status }] of faults.entries()) {
      const answer = await post(server, hello);
      expect(answer.status).toBe(status);
      expect(answer.headers.get("retry-after")).toBe("2");
      expect(JSON.parse(answer.text).error.type).toBe(types[i]);
    }
    expect((await post(server, hello)).status).toBe(200);
    expect(server.requests.map(({ paid }) => paid.output)).toEqual([0, 0, 0, 1]);
  });

  test("cuts the connection, and what was sent is charged", async () => {
    await using server = await serve({ policy: () => "x".repeat(2000), faults: [{ type: "cut", after: 5 }] });
    await expect(post(server, { ...stream, max_tokens: 1000 })).rejects.toThrow();
    // The start, a ping, the block's start and two parts of 200 characters.
    expect(server.requests[0]).toMatchObject({ whole: false, paid: { output: 100 } });
  });

  test("stalls until the client goes", async () => {
    await using server = await serve({ faults: [{ type: "stall", after: 2 }] });
    const response = await fetch(`${server.url}/v1/messages`, {
      method: "POST",
      headers: { authorization: "Bearer k", "anthropic-version": "2026-10-21" },
      body: JSON.stringify(stream),
    });
    const reader = response.body!.getReader();
    let text = "";
    while (!text.includes("ping")) text += Buffer.from((await reader.read()).value!).toString();
    await reader.cancel();
    expect(text).not.toContain("message_stop");
    expect(server.requests[0]!.paid.output).toBe(1);
  });

  test("spoils an event, or is one", async () => {
    await using server = await serve({
      faults: [
        { type: "malformed", at: 0 },
        { type: "overloaded", after: 3 },
      ],
    });
    const [spoilt, overloaded] = [await post(server, stream), await post(server, stream)];
    const datas = spoilt.text.split("\n").filter((line) => line.startsWith("data: "));
    expect(() => JSON.parse(datas[0]!.slice(6))).toThrow();
    expect(JSON.parse(datas.at(-1)!.slice(6))).toEqual({ type: "message_stop" });
    expect(overloaded.text).toMatch(/event: error\ndata: .*overloaded_error.*\n\n$/);
  });
});
