import Anthropic from "@anthropic-ai/sdk";
import { describe, expect, test } from "vitest";
import type { AgentEvent, AgentResult } from "../../src/agent.js";
import { type ClaudeOptions, claude } from "../../src/agents/claude/index.js";
import type { JournalEntry } from "../../src/lab/entries.js";
import { type TestAssignmentOptions, type TestTool, testAssignment } from "../../src/testing/assignment.js";
import {
  type MessagesServer,
  type MessagesServerOptions,
  messagesServer,
  type Policy,
  type PolicyAnswer,
} from "../../src/testing/messages-server/index.js";

const tools: Record<string, TestTool> = {
  echo: { run: ({ text }) => `echo ${text}` },
  finish: { run: () => "Your work is ended." },
};
const echo = (text: unknown): PolicyAnswer => [{ type: "tool_use", name: "echo", input: { text } }];
const finish: PolicyAnswer = [{ type: "tool_use", name: "finish", input: { summary: "all done" } }];
/** Echoes twice, then finishes. */
const twiceOf = (turn: number): PolicyAnswer => (turn < 2 ? echo(turn) : finish);
const twice: Policy = ({ turn }) => twiceOf(turn);

interface Outcome {
  readonly events: readonly AgentEvent[];
  readonly result: AgentResult;
  readonly journal: readonly JournalEntry[];
  readonly performed: readonly { readonly tool: string; readonly input: unknown }[];
  readonly server: MessagesServer;
}

async function work(
  server: Partial<MessagesServerOptions>,
  options: ClaudeOptions = {},
  assigned: TestAssignmentOptions = {},
): Promise<Outcome> {
  await using served = await messagesServer({ policy: twice, ...server });
  const made = testAssignment({ tools, ...assigned });
  await using run = claude({ baseURL: served.url, apiKey: "agent-1", patience: 5, ...options }).start(made.assignment);
  const events: AgentEvent[] = [];
  for await (const event of run) events.push(event);
  return { events, result: await run.result(), journal: made.journal, performed: made.performed, server: served };
}

const notices = ({ events }: Outcome) => events.flatMap((e) => (e.type === "notice" ? [e.message] : []));
const bodies = ({ server }: Outcome) => server.requests.map(({ body }) => body!);
/** What the agent's books say that it paid. */
const booked = ({ journal }: Outcome) =>
  journal
    .flatMap((e) => (e.type === "model-paid" ? [e.usage] : []))
    .reduce(
      (sum, u) => ({
        input: sum.input + u.inputTokens,
        output: sum.output + u.outputTokens,
        cacheRead: sum.cacheRead + (u.cacheReadTokens ?? 0),
        cacheWrite: sum.cacheWrite + (u.cacheWriteTokens ?? 0),
      }),
      { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
    );
const paidOf = (journal: readonly JournalEntry[]) =>
  journal.reduce((sum, e) => sum + (e.type === "model-paid" ? e.usage.usd : 0), 0);
/** Each call's payments, next to what was reserved for it. */
const held = ({ journal }: Outcome) =>
  journal.flatMap((began) => {
    if (began.type !== "model-began") return [];
    const paid = journal.flatMap((e) => (e.type === "model-paid" && e.step === began.step ? [e.usage] : []));
    const tokens = paid.reduce(
      (sum, u) => sum + u.inputTokens + u.outputTokens + (u.cacheReadTokens ?? 0) + (u.cacheWriteTokens ?? 0),
      0,
    );
    return [{ tokens, usd: paid.reduce((sum, { usd }) => sum + usd, 0), maximum: began.maximum }];
  });
const charged = ({ server }: Outcome) => {
  const { cacheWrite1h: _, ...paid } = server.paid();
  return paid;
};

describe("a conversation", () => {
  test("has the briefing as its system prompt, and the assignment's tools", async () => {
    const outcome = await work({}, { effort: "low" }, { briefing: "Find out." });
    const [body] = bodies(outcome);
    expect(body).toMatchObject({
      model: "claude-opus-5-5",
      system: [{ text: "Find out." }],
      output_config: { effort: "low" },
      max_tokens: 16_000,
    });
    expect(body!.tools!.map(({ name }) => name)).toEqual(["echo", "finish"]);
    expect(outcome.result).toEqual({ summary: "all done" });
  });

  test("reads what was said before from the cache", async () => {
    const outcome = await work({ cacheMinimum: 1, policy: ({ turn }) => (turn < 5 ? echo(turn) : finish) });
    const paid = outcome.server.requests.map((request) => request.paid);
    for (const [i, { input, cacheRead }] of paid.entries()) {
      expect(input).toBe(0);
      if (i > 0) expect(cacheRead).toBe(paid[i - 1]!.cacheRead + paid[i - 1]!.cacheWrite);
    }
    expect(booked(outcome).cacheRead).toBeGreaterThan(0);
    expect(booked(outcome)).toEqual(charged(outcome));
  });

  test("keeps the cache for an hour where that is asked for, at its price", async () => {
    const prices = { input: 1e6, output: 0 };
    const { server, journal } = await work({ cacheMinimum: 1 }, { cacheFor: "1h", prices });
    const { cacheRead, cacheWrite, cacheWrite1h } = server.paid();
    expect(cacheWrite1h).toBe(cacheWrite);
    expect(paidOf(journal)).toBeCloseTo(0.1 * cacheRead + 2 * cacheWrite1h, 6);
  });

  test("sends thinking back as it came", async () => {
    const thinks: Policy = ({ turn }) =>
      turn === 0 ? [{ type: "thinking", thinking: "Let me see." }, ...(echo("a") as [])] : finish;
    const outcome = await work({ policy: thinks }, { thinking: { type: "adaptive" } });
    const [first, second] = bodies(outcome);
    expect(first!.thinking).toEqual({ type: "adaptive" });
    expect(second!.messages[1]!.content).toMatchObject([
      { type: "thinking", thinking: "Let me see." },
      { type: "tool_use" },
    ]);
  });

  test("runs parallel calls in order, one after the other, and answers all in one message", async () => {
    const order: string[] = [];
    const slow: TestTool = {
      async run({ text }) {
        order.push(`begin ${text}`);
        await new Promise(setImmediate);
        order.push(`end ${text}`);
        return String(text);
      },
    };
    const both: Policy = ({ turn }) => (turn === 0 ? [...(echo("a") as []), ...(echo("b") as [])] : finish);
    const outcome = await work({ policy: both }, {}, { tools: { ...tools, echo: slow } });
    expect(order).toEqual(["begin a", "end a", "begin b", "end b"]);
    expect(bodies(outcome)[1]!.messages[2]!.content).toMatchObject([{ content: "a" }, { content: "b" }]);
  });

  test("is nudged once where no tool is called, and ends with what was said", async () => {
    const outcome = await work({ policy: ({ turn }) => `I said ${turn}.` });
    expect(outcome.result.summary).toBe("I said 1.");
    expect(bodies(outcome)).toHaveLength(2);
  });

  test("goes on after the nudge", async () => {
    const policy: Policy = ({ turn }) => (turn === 0 ? "Hm." : turn === 1 ? echo(1) : finish);
    expect((await work({ policy })).performed).toHaveLength(2);
  });

  test("tells the model that its input is no JSON, and runs nothing", async () => {
    const policy: Policy = ({ turn, results }) => {
      if (turn === 0) return [{ type: "tool_use", name: "echo", input: '{"text": "a' }];
      if (turn === 1) return [{ type: "tool_use", name: "echo", input: "[1]" }];
      return [{ type: "tool_use", name: "finish", input: { summary: results.map((r) => r.content).join() } }];
    };
    const outcome = await work({ policy });
    expect(outcome.performed.map(({ tool }) => tool)).toEqual(["finish"]);
    expect(outcome.result.summary).toContain("it is no JSON object");
    const second = bodies(outcome)[1]!.messages[2]!.content;
    expect(JSON.stringify(second)).toContain("no valid JSON");
  });
});

describe("an answer that ends early", () => {
  test("does not run a tool call that max_tokens cut, and says so", async () => {
    const long = "x".repeat(400);
    const policy: Policy = ({ turn, results }) => {
      if (turn === 0) return echo(long);
      expect(results[0]).toMatchObject({ isError: true, content: expect.stringContaining("not run") });
      return finish;
    };
    const outcome = await work({ policy }, { maxTokens: 50 });
    expect(outcome.performed.map(({ tool }) => tool)).toEqual(["finish"]);
    expect(notices(outcome)).toEqual(["An answer was cut off: max_tokens."]);
  });

  test("goes on after a text or thinking that was cut", async () => {
    const policy: Policy = ({ turn, messages }) => {
      if (messages.length === 1 && messages[0]!.content.length === 1)
        return [{ type: "thinking", thinking: "x".repeat(400) }];
      return turn === 0 ? "y".repeat(400) : finish;
    };
    const outcome = await work({ policy }, { maxTokens: 50 });
    expect(outcome.result.summary).toBe("all done");
    expect(notices(outcome)).toHaveLength(2);
  });

  test("fails after five that were cut in a row, and says what to raise", async () => {
    const policy: Policy = () => [{ type: "thinking", thinking: "x".repeat(400) }];
    const outcome = work({ policy }, { maxTokens: 50 });
    await expect(outcome).rejects.toMatchObject({
      code: "failed",
      message: expect.stringMatching(/^5 answers .* in a row were cut off \(max_tokens\)\. Raise .*maxTokens.*50/),
    });
  });

  test("ends when five were cut in a row and the budget is spent", async () => {
    const policy: Policy = ({ turn, messages }) =>
      JSON.stringify(messages).includes("Your budget is spent")
        ? [{ type: "thinking", thinking: "x".repeat(9000) }]
        : [{ type: "text", text: "I echo." }, ...(echo(turn) as [])];
    const outcome = await work({ policy }, { maxTokens: 20_000 }, { budget: { usd: 0.45 } });
    expect(outcome.result.summary).toBe("I echo.");
    expect(bodies(outcome).filter(({ max_tokens }) => max_tokens === 2000)).toHaveLength(5);
  });

  test("leaves out what a safety filter stopped, and gives up in the end", async () => {
    let asked = 0;
    const refusal: PolicyAnswer = {
      content: [{ type: "text", text: "I will n" }],
      stopReason: "refusal",
      stopDetails: { category: "frontier_llm", explanation: "no" },
    };
    const once = await work({ policy: () => (asked++ === 0 ? refusal : finish) });
    expect(bodies(once)[1]!.messages).toHaveLength(1);
    expect(notices(once)).toEqual(["The model's answer was stopped by a safety filter (frontier_llm: no)."]);
    const always = await work({ policy: () => refusal });
    expect(always.result.summary).toMatch(/safety filter/);
    expect(bodies(always)).toHaveLength(5);
  });

  test("asks on where a turn was paused", async () => {
    const policy: Policy = ({ messages }) =>
      messages.length === 1 ? { content: [{ type: "text", text: "So far." }], stopReason: "pause_turn" } : finish;
    const outcome = await work({ policy });
    expect(bodies(outcome)[1]!.messages.at(-1)).toMatchObject({ role: "assistant" });
    expect(outcome.result.summary).toBe("all done");
  });

  test("ends where the context is full and nothing sums it up", async () => {
    const full: Policy = () => ({
      content: [{ type: "text", text: "Half" }],
      stopReason: "model_context_window_exceeded",
    });
    expect((await work({ policy: full }, { compactAt: false })).result.summary).toBe("Half");
  });
});

describe("a conversation that grows", () => {
  const fill = "word ".repeat(50_000);
  const policy: Policy = ({ messages, turn }) => {
    const said = JSON.stringify(messages);
    if (said.includes("Summary of what was said before")) return finish;
    return turn < 3 ? echo(turn) : finish;
  };
  const long = { policy, cacheMinimum: 1, summarize: () => "We echoed." };
  const filled = { tools: { ...tools, echo: { run: () => fill } } };

  test("is summed up by the API, which is paid for and told", async () => {
    const outcome = await work(long, { compactAt: 50_000 }, filled);
    expect(notices(outcome)).toEqual(["The conversation was summed up to make room."]);
    expect(booked(outcome)).toEqual(charged(outcome));
    const [first, second] = outcome.server.requests.map(({ paid }) => paid);
    expect(second!.cacheRead + second!.cacheWrite).toBeGreaterThan(first!.cacheWrite + 62_000);
  });

  test("no longer sends what was summed up", async () => {
    let asked = 0;
    const again: Policy = () => (asked++ < 2 ? echo(asked) : finish);
    const outcome = await work({ ...long, policy: again }, { compactAt: 50_000 }, filled);
    const last = bodies(outcome).at(-1)!;
    expect(JSON.stringify(last.messages)).toContain("We echoed.");
    expect(JSON.stringify(last.messages).split(fill)).toHaveLength(2);
  });

  test("is not with a model that cannot", async () => {
    const model = "claude-haiku-4-5";
    expect(bodies(await work({}, { model }))[0]).not.toHaveProperty("context_management");
    expect(bodies(await work({}))[0]).toHaveProperty("context_management");
    expect(() => claude({ model, compactAt: 60_000 })).toThrow(/compactAt.*cannot.*claude-haiku-4-5.*found 60000/);
    expect(claude({ model, compactAt: false }).model).toBe(model);
  });

  test("is not where that is switched off", async () => {
    const outcome = await work(long, { compactAt: false }, filled);
    expect(bodies(outcome)[0]).not.toHaveProperty("context_management");
    expect(bodies(outcome)).toHaveLength(4);
  });
});

describe("an API that fails", () => {
  test.each([
    { fault: { type: "status", status: 500 } as const },
    { fault: { type: "status", status: 529 } as const },
    { fault: { type: "overloaded", after: 0 } as const },
    { fault: { type: "cut", after: 0 } as const },
  ])("is asked again after $fault.type $fault.status, which cost nothing", async ({ fault }) => {
    const outcome = await work({ faults: [undefined, fault] });
    expect(outcome.result.summary).toBe("all done");
    expect(notices(outcome)).toHaveLength(1);
    expect(booked(outcome)).toEqual(charged(outcome));
    expect(outcome.server.requests.filter(({ whole }) => whole)).toHaveLength(3);
  });

  test("is asked again when it says", async () => {
    const started = performance.now();
    const outcome = await work({ faults: [{ type: "status", status: 429, retryAfter: 1.2 }] });
    expect(performance.now() - started).toBeGreaterThan(1200);
    expect(notices(outcome)).toEqual([expect.stringMatching(/429.*asked again in 1\.2 s/)]);
  });

  test.each([
    { fault: { type: "cut", after: 4 } as const, why: /terminated|connection/ },
    { fault: { type: "stall", after: 4 } as const, why: /nothing came for 0.2 s/ },
    { fault: { type: "malformed", at: 3 } as const, why: /could not be read/ },
    { fault: { type: "overloaded", after: 4 } as const, why: /overloaded_error/ },
  ])("pays for an answer that breaks off ($fault.type) and asks again", async ({ fault, why }) => {
    const outcome = await work({ faults: [undefined, fault] }, { idleTimeout: 0.2, maxTokens: 700 });
    expect(outcome.result.summary).toBe("all done");
    expect(notices(outcome)).toEqual([expect.stringMatching(why)]);
    expect(outcome.server.requests).toHaveLength(4);
    expect(outcome.journal.filter(({ type }) => type === "model-began")).toHaveLength(4);
    // How much the answer had come to is not told, unless it broke off after its last count.
    const spoilt = outcome.server.requests[1]!.paid.output;
    const output = charged(outcome).output + (fault.type === "malformed" ? 0 : 700 - spoilt);
    expect(booked(outcome)).toEqual({ ...charged(outcome), output });
  });

  test("is not asked for one broken answer after the other: it gets time, as long as patience lasts", async () => {
    const started = performance.now();
    await using server = await messagesServer({ policy: twice, faults: () => ({ type: "overloaded", after: 1 }) });
    const { assignment, journal } = testAssignment({ tools });
    const run = claude({ baseURL: server.url, apiKey: "k", patience: 2 }).start(assignment);
    await expect(run.result()).rejects.toMatchObject({
      code: "worker_died",
      message: expect.stringMatching(/after 3 attempts: overloaded_error.*patience/),
    });
    // At least 0.375 and 0.75 s, and no third pause: it would go beyond patience.
    expect(performance.now() - started).toBeGreaterThan(1100);
    expect(server.requests).toHaveLength(3);
    expect(journal.filter(({ type }) => type === "model-paid")).toHaveLength(3);

    const again = testAssignment({ tools, journal });
    const next = claude({ baseURL: "http://127.0.0.1:9", apiKey: "k" }).start(again.assignment);
    await expect(next.result()).rejects.toMatchObject({ code: "worker_died", message: /overloaded_error/ });
  });

  test("gives a later break all of patience again", async () => {
    const broken = { type: "overloaded", after: 1 } as const;
    const faults = [broken, undefined, broken, undefined];
    expect((await work({ faults }, { patience: 0.6 })).result.summary).toBe("all done");
  });

  test("is paid for thinking that it did not show", async () => {
    const thinks: Policy = ({ turn }) => [{ type: "thinking", thinking: "x".repeat(4000) }, ...(twiceOf(turn) as [])];
    const outcome = await work(
      { policy: thinks, faults: [{ type: "cut", after: 3 }] },
      { thinking: { type: "adaptive", display: "omitted" } },
    );
    expect(outcome.result.summary).toBe("all done");
    expect(bodies(outcome).at(-1)!.messages[1]!.content[0]).toMatchObject({ type: "thinking", thinking: "" });
    expect(outcome.server.requests[0]!.paid.output).toBe(1000);
    expect(booked(outcome).output).toBe(charged(outcome).output + 15_000);
  });

  test("is paid for a compaction in an answer that broke off, within what was reserved", async () => {
    const policy: Policy = ({ messages, turn }) =>
      JSON.stringify(messages).includes("Summary of what was said before") ? finish : echo(turn);
    const outcome = await work(
      { policy, cacheMinimum: 1, summarize: () => "y".repeat(4000), faults: [undefined, { type: "cut", after: 5 }] },
      { compactAt: 50_000, model: "claude-haiku-5-5" },
      { tools: { ...tools, echo: { run: () => "word ".repeat(45_000) } } },
    );
    const broken = outcome.server.requests[1]!.paid;
    const calls = held(outcome);
    expect(broken.cacheRead + broken.cacheWrite).toBeGreaterThan(56_000);
    expect(calls[1]!.tokens).toBeGreaterThan(broken.output + broken.cacheRead + broken.cacheWrite);
    for (const { tokens, usd, maximum } of calls) {
      expect(tokens).toBeLessThanOrEqual(maximum.tokens);
      expect(usd).toBeLessThanOrEqual(maximum.usd);
    }
  });

  test("is given up when patience is at its end, naming the request", async () => {
    const outcome = work({ faults: () => ({ type: "status", status: 503 }) }, { patience: 0.3 });
    await expect(outcome).rejects.toMatchObject({ code: "worker_died", message: expect.stringMatching(/503.*req_0/) });
  });

  test("is not asked again where that is of no use", async () => {
    await expect(work({ apiKeys: ["other"] })).rejects.toMatchObject({ code: "bad_input", message: /401.*apiKey/s });
    await expect(work({ contextWindow: 10 })).rejects.toMatchObject({
      code: "bad_input",
      message: /prompt is too long/,
    });
  });

  test("that cannot be reached is an error that says so", async () => {
    const { assignment } = testAssignment({ tools });
    const agent = claude({ baseURL: "http://127.0.0.1:9", apiKey: "k", patience: 0 });
    await expect(agent.start(assignment).result()).rejects.toMatchObject({ code: "worker_died" });
  });

  test("takes a stalled answer's abort at once", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const outcome = work({ faults: [{ type: "stall", after: 3 }] }, {}, { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 100);
    await expect(outcome).rejects.toBe(reason);
  });
});

describe("a budget", () => {
  const forever: Policy = ({ turn, messages }) =>
    JSON.stringify(messages.at(-1)).includes("Your budget is spent")
      ? [{ type: "tool_use", name: "finish", input: { summary: "wrote up" } }]
      : echo(turn);

  test("that is spent lets the model write up with what is left", async () => {
    const outcome = await work({ policy: forever }, { maxTokens: 20_000 }, { budget: { usd: 0.45 } });
    expect(outcome.result.summary).toBe("wrote up");
    expect(notices(outcome)).toEqual(["The budget is spent; the model is told to write up."]);
    expect(bodies(outcome).at(-1)!.max_tokens).toBe(2000);
    expect(paidOf(outcome.journal)).toBeLessThanOrEqual(0.45);
  });

  test("of nothing ends without a call", async () => {
    const outcome = await work({}, {}, { budget: { usd: 0 } });
    expect(outcome.server.requests).toHaveLength(0);
    expect(outcome.result.summary).toMatch(/budget was spent/);
  });

  test("reserves at least what a call costs, also at its dearest", async () => {
    const outcome = await work({ cacheMinimum: 1, policy: ({ turn }) => (turn < 4 ? echo("é".repeat(500)) : finish) });
    expect(held(outcome)).toHaveLength(5);
    for (const { tokens, usd, maximum } of held(outcome)) {
      expect(tokens).toBeGreaterThan(0);
      expect(tokens).toBeLessThanOrEqual(maximum.tokens);
      expect(usd).toBeLessThanOrEqual(maximum.usd);
    }
  });
});

describe("options", () => {
  test("know no unknown model, and say how to give its price", () => {
    expect(() => claude({ model: "claude-next" })).toThrow(/prices: \{ input: 5, output: 25 \}/);
    expect(claude({ model: "claude-next", prices: { input: 1, output: 2 } }).model).toBe("claude-next");
  });

  test("are checked", () => {
    expect(() => claude({ maxTokens: 0 })).toThrow(/maxTokens.*found 0/);
    expect(() => claude({ compactAt: 10 })).toThrow(/compactAt.*from 50000/);
    expect(() => claude({ idleTimeout: 301 })).toThrow(/idleTimeout.*to 300/);
    expect(() => claude({ prices: { input: -1, output: 1 } })).toThrow(/input.*found -1/);
  });

  test("take a client that is set up elsewhere, whose retries are not used", async () => {
    await using server = await messagesServer({ policy: twice, faults: [{ type: "status", status: 500 }] });
    const client = new Anthropic({ baseURL: server.url, apiKey: "mine", maxRetries: 5, logLevel: "off" });
    const { assignment } = testAssignment({ tools });
    await using run = claude({ client }).start(assignment);
    const events: AgentEvent[] = [];
    for await (const event of run) events.push(event);
    expect(events[0]).toMatchObject({ type: "notice" });
    expect(server.requests.every(({ apiKey }) => apiKey === "mine")).toBe(true);
  });

  test("price long prompts of a model that has two prices", async () => {
    const fill = "word ".repeat(100_000);
    const policy: Policy = ({ turn }) => (turn < 1 ? echo(turn) : finish);
    const outcome = await work(
      { policy, cacheMinimum: 1e9 },
      { model: "claude-haiku-5-5" },
      { tools: { ...tools, echo: { run: () => fill } } },
    );
    const [short, long] = outcome.journal.flatMap((e) => (e.type === "model-paid" ? [e.usage] : []));
    expect(short!.usd).toBeCloseTo((0.1 * short!.inputTokens + 0.5 * short!.outputTokens) / 1e6, 9);
    expect(long!.usd).toBeCloseTo((0.5 * long!.inputTokens + 2.5 * long!.outputTokens) / 1e6, 9);
  });
});
