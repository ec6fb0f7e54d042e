// What a step of an agent costs besides the model: loops of 20 tool calls against a loopback server (a thread of its own),
// by raw fetch, the SDK's tool runner, our Claude agent with journal and budgets, Vercel's `ai` and LangGraph. The last
// two are installed into FOLDER (default: a temporary one), and left out where that is not possible.
//
//   npm start bench/agent-step.ts [ROUNDS] [FOLDER]
import { execFile } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import Anthropic from "@anthropic-ai/sdk";
import { claude } from "weak-to-strong/agents/claude";
import { testAssignment } from "weak-to-strong/testing";
import * as z from "zod";
import type { Agent, Assignment } from "../src/agent.js";
import { Budget } from "../src/lab/budget.js";
import { openJournal } from "../src/lab/journal.js";
import { takeSeat } from "../src/lab/seat.js";
import { stopwatch } from "../src/lab/stopwatch.js";

const steps = 20;
const model = "claude-opus-5-5";
const briefing = "Call the tool `add` until you are told to stop. ".repeat(40);
const description = "Adds two numbers.";
const schema = {
  type: "object" as const,
  properties: { a: { type: "number" }, b: { type: "number" } },
  required: ["a", "b"],
};
const add = ({ a, b }: { a: number; b: number }): string => String(a + b);

/** One loop of 20 steps and the model's last word; ours has a call more, since it asks whether that was all. */
type Loop = () => Promise<void>;

async function main(): Promise<void> {
  const rounds = Number(process.argv[2] ?? 40);
  const worker = new Worker(new URL(import.meta.url));
  const url = await new Promise<string>((resolve) => worker.once("message", resolve));
  const loops: [string, Loop][] = [
    ["raw fetch, JSON", () => fetchLoop(url, false)],
    ["raw fetch, streamed", () => fetchLoop(url, true)],
    ["SDK toolRunner, JSON", () => runnerLoop(url, false)],
    ["SDK toolRunner, streamed", () => runnerLoop(url, true)],
    ["ours, journal in memory", () => ourLoop(url, testAssignment({ briefing, tools: testTools }).assignment)],
    ["ours, journal on disk", () => onDisk((assignment) => ourLoop(url, assignment))],
    ...(await peers(url)),
  ];
  const times = new Map(loops.map(([name]) => [name, { wall: [] as number[], cpu: [] as number[] }]));
  const warm = 10;
  for (let round = -warm; round < rounds; round++) {
    // Whoever goes first changes, so that a machine that slows down favours nobody.
    for (let i = 0; i < loops.length; i++) {
      const [name, loop] = loops[(i + round + warm) % loops.length]!;
      const calls = steps + (name.startsWith("ours") ? 2 : 1);
      const [started, used] = [performance.now(), process.threadCpuUsage()];
      await loop();
      const { user, system } = process.threadCpuUsage(used);
      if (round < 0) continue;
      times.get(name)!.wall.push((performance.now() - started) / calls);
      times.get(name)!.cpu.push((user + system) / 1000 / calls);
    }
  }
  const base = times.get("raw fetch, JSON")!;
  const ratio = (ours: readonly number[], theirs: readonly number[]): string =>
    quantile(
      ours.map((time, i) => time / theirs[i]!),
      0.5,
    ).toFixed(2);
  console.log("A step: median (quartiles), times raw fetch; the same for this thread's own CPU time");
  for (const [name, { wall, cpu }] of times) {
    const shown = [wall, cpu].map((ms) => [0.5, 0.25, 0.75].map((q) => quantile(ms, q).toFixed(2)));
    const [time, own] = shown.map(([median, low, high]) => `${median} ms (${low} to ${high})`);
    console.log(`${name.padEnd(26)} ${time}  x ${ratio(wall, base.wall)};  CPU ${own}  x ${ratio(cpu, base.cpu)}`);
  }
  await worker.terminate();
}

function quantile(values: readonly number[], q: number): number {
  return values.toSorted((a, b) => a - b)[Math.round(q * (values.length - 1))]!;
}

/** The server: the next tool call, until there have been enough. */
function serve(): void {
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = JSON.parse(Buffer.concat(parts).toString()) as { messages: { role: string }[]; stream?: boolean };
    const turn = body.messages.filter(({ role }) => role === "assistant").length;
    const content =
      turn < steps
        ? { type: "tool_use", id: `toolu_${turn}`, name: "add", input: { a: turn, b: 1 } }
        : { type: "text", text: "Done." };
    answer(response, turn, content, body.stream === true);
  });
  server.listen(0, "127.0.0.1", () => {
    parentPort!.postMessage(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });
}

function answer(response: ServerResponse, turn: number, content: Record<string, unknown>, stream: boolean): void {
  const stop_reason = content.type === "text" ? "end_turn" : "tool_use";
  const usage = { input_tokens: 100, output_tokens: 20, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 };
  const envelope = { id: `msg_${turn}`, type: "message", role: "assistant", model, stop_sequence: null };
  if (!stream) {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ ...envelope, content: [content], stop_reason, usage }));
    return;
  }
  const delta =
    content.type === "text"
      ? { type: "text_delta", text: content.text }
      : { type: "input_json_delta", partial_json: JSON.stringify(content.input) };
  const start = content.type === "text" ? { ...content, text: "" } : { ...content, input: {} };
  const events = [
    { type: "message_start", message: { ...envelope, content: [], stop_reason: null, usage } },
    { type: "content_block_start", index: 0, content_block: start },
    { type: "content_block_delta", index: 0, delta },
    { type: "content_block_stop", index: 0 },
    { type: "message_delta", delta: { stop_reason, stop_sequence: null }, usage },
    { type: "message_stop" },
  ];
  response.setHeader("content-type", "text/event-stream");
  response.end(events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(""));
}

/** As little as there can be: no checks, no retries, no accounts. */
async function fetchLoop(url: string, stream: boolean): Promise<void> {
  const messages: unknown[] = [{ role: "user", content: "Begin." }];
  const tools = [{ name: "add", description, input_schema: schema }];
  for (;;) {
    const response = await fetch(`${url}/v1/messages`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer k", "anthropic-version": "2026-10-21" },
      body: JSON.stringify({ model, max_tokens: 1000, system: briefing, messages, tools, stream }),
    });
    const block = stream
      ? blockOf(await response.text())
      : ((await response.json()) as { content: Block[] }).content[0]!;
    messages.push({ role: "assistant", content: [block] });
    if (block.type !== "tool_use") return;
    const content = [{ type: "tool_result", tool_use_id: block.id, content: add(block.input) }];
    messages.push({ role: "user", content });
  }
}

interface Block {
  type: string;
  id: string;
  input: { a: number; b: number };
}

function blockOf(text: string): Block {
  let block: Block | undefined;
  for (const line of text.split("\n")) {
    if (!line.startsWith("data: ")) continue;
    const event = JSON.parse(line.slice(6)) as { content_block?: Block; delta?: { partial_json?: string } };
    if (event.content_block) block = event.content_block;
    if (event.delta?.partial_json) block!.input = JSON.parse(event.delta.partial_json);
  }
  return block!;
}

const clients = new Map<string, Anthropic>();
function clientFor(url: string): Anthropic {
  const client = clients.get(url) ?? new Anthropic({ baseURL: url, apiKey: "k", logLevel: "off" });
  clients.set(url, client);
  return client;
}

async function runnerLoop(url: string, stream: boolean): Promise<void> {
  const tool = {
    type: "custom" as const,
    name: "add",
    description,
    input_schema: schema,
    parse: (input: unknown) => input as { a: number; b: number },
    run: add,
  };
  const request = { model, max_tokens: 1000, system: briefing, tools: [tool], thread: false as const };
  const messages = [{ role: "user" as const, content: "Begin." }];
  if (stream)
    await clientFor(url)
      .beta.messages.toolRunner({ ...request, messages, stream })
      .runUntilDone();
  else
    await clientFor(url)
      .beta.messages.toolRunner({ ...request, messages })
      .runUntilDone();
}

const testTools = {
  add: {
    description,
    input: z.object({ a: z.number(), b: z.number() }),
    run: (input: Record<string, unknown>) => add(input as { a: number; b: number }),
  },
};

const agents = new Map<string, Agent>();

async function ourLoop(url: string, assignment: Assignment): Promise<void> {
  const agent = agents.get(url) ?? claude({ baseURL: url, apiKey: "k", compactAt: false });
  agents.set(url, agent);
  for await (const _ of agent.start(assignment));
}

const folder = mkdtempSync(join(tmpdir(), "w2s-agent-step-"));
let journals = 0;

async function onDisk(work: (assignment: Assignment) => Promise<void>): Promise<void> {
  const { journal } = openJournal(join(folder, `journal-${journals++}.jsonl`));
  await using _ = journal;
  const budget = new Budget({ usd: 100, tokens: 1e9 }, new Budget({ usd: 1000 }));
  const { assignment } = takeSeat({
    id: "agent-1",
    briefing,
    tools: [{ name: "add", description, inputSchema: schema }],
    history: { steps: [], interrupted: [] },
    signal: new AbortController().signal,
    live: {
      journal,
      budget,
      spent: () => undefined,
      watch: stopwatch(),
      run: async (_tool, input) => ({ content: add(input as Block["input"]), isError: false }),
    },
  });
  await work(assignment);
}

/** Other people's loops, where their packages can be had. */
async function peers(url: string): Promise<[string, Loop][]> {
  const packages = ["ai", "@ai-sdk/anthropic", "@langchain/langgraph", "@langchain/anthropic", "@langchain/core"];
  const folder = process.argv[3] ?? mkdtempSync(join(tmpdir(), "w2s-peers-"));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  try {
    const options = { cwd: folder, timeout: 300_000 };
    const flags = ["--no-audit", "--no-fund", "--prefer-offline", "--ignore-scripts"];
    await promisify(execFile)("npm", ["install", ...flags, ...packages, "zod@4"], options);
  } catch (error) {
    console.log(`Others are left out, they could not be installed: ${String((error as Error).message).split("\n")[0]}`);
    return [];
  }
  const script = join(folder, "peers.mjs");
  writeFileSync(script, peerLoops);
  const { vercel, langgraph } = (await import(pathToFileURL(script).href)) as Record<string, (facts: object) => Loop>;
  const facts = { url, model, briefing, steps, add };
  const require = createRequire(script);
  const version = (name: string): string => require(join(folder, "node_modules", name, "package.json")).version;
  return [
    [`ai ${version("ai")}`, vercel!(facts)],
    [`LangGraph ${version("@langchain/langgraph")}`, langgraph!(facts)],
  ];
}

/** In plain JavaScript, since these packages are no dependencies of this project. */
const peerLoops = `
import { createAnthropic } from "@ai-sdk/anthropic";
import { ChatAnthropic } from "@langchain/anthropic";
import { tool as langTool } from "@langchain/core/tools";
import { createReactAgent } from "@langchain/langgraph/prebuilt";
import { generateText, stepCountIs, tool } from "ai";
import { z } from "zod";

const inputSchema = z.object({ a: z.number(), b: z.number() });
export function vercel({ url, model, briefing, steps, add }) {
  const provider = createAnthropic({ baseURL: url + "/v1", apiKey: "k" });
  const tools = { add: tool({ description: "Adds two numbers.", inputSchema, execute: add }) };
  return async () => {
    const { text } = await generateText({
      model: provider(model), system: briefing, prompt: "Begin.", tools, stopWhen: stepCountIs(steps + 5),
    });
    if (text !== "Done.") throw new Error("ai: " + text);
  };
}
export function langgraph({ url, model, briefing, steps, add }) {
  const llm = new ChatAnthropic({ model, anthropicApiUrl: url, apiKey: "k", maxTokens: 1000 });
  const tools = [langTool(async (input) => add(input), { name: "add", description: "Adds two numbers.", schema: inputSchema })];
  const agent = createReactAgent({ llm, tools, prompt: briefing });
  return async () => {
    const { messages } = await agent.invoke({ messages: [{ role: "user", content: "Begin." }] }, { recursionLimit: 3 * steps });
    if (messages.length < 2 * steps) throw new Error("LangGraph ended early");
  };
}
`;

if (isMainThread) await main();
else serve();
