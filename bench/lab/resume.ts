/*
 * Going on with a long journal: 64 Claude agents work against a model in this process until the journal has so many entries;
 * then a fresh process opens it, sorts it by agent, and runs every agent's code from its beginning to its end again.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Anthropic from "@anthropic-ai/sdk";
import { claude } from "weak-to-strong/agents/claude";
import type { Assignment } from "../../src/agent.js";
import { Budget } from "../../src/lab/budget.js";
import { type History, historiesOf } from "../../src/lab/history.js";
import { type Journal, openJournal } from "../../src/lab/journal.js";
import { takeSeat } from "../../src/lab/seat.js";
import { restoredBudgets } from "../../src/lab/spending.js";
import { stopwatch } from "../../src/lab/stopwatch.js";
import { agentTools } from "../../src/lab/tools/index.js";
import { describeTool } from "../../src/lab/tools/tool.js";
import { peak } from "./process.js";

const ids = Array.from({ length: 64 }, (_, i) => `agent-${i + 1}`);
/** A call to the model and one of a tool. */
const entriesPerTurn = 5;
const said = "I look at what came of it, and think about what to try next. ".repeat(10);
const printed = "epoch 3 loss 0.4211 accuracy 0.8133 validation 0.7919\n".repeat(55);
const briefing = "You are a researcher in a lab. ".repeat(200);

/** Answers a request as the Messages API would, streamed, without a network. */
function answering(turns: number): typeof fetch {
  return async (_, init) => {
    const { messages } = JSON.parse(String(init?.body)) as { messages: { role: string }[] };
    const turn = messages.filter(({ role }) => role === "assistant").length;
    const last = turn === turns - 1;
    const tool = last ? { summary: "done" } : { command: `python3 method.py --setting ${turn}` };
    const usage = { input_tokens: 1000 + 700 * turn, output_tokens: 200 };
    const block = { type: "tool_use", id: `toolu_${turn}`, name: last ? "finish" : "shell", input: {} };
    const events = [
      { type: "message_start", message: { id: `msg_${turn}`, usage } },
      { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
      { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: said } },
      { type: "content_block_start", index: 1, content_block: block },
      {
        type: "content_block_delta",
        index: 1,
        delta: { type: "input_json_delta", partial_json: JSON.stringify(tool) },
      },
      { type: "message_delta", delta: { stop_reason: "tool_use" }, usage: { output_tokens: 200 } },
      { type: "message_stop" },
    ];
    const body = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  };
}

async function work(assignment: Assignment, turns: number): Promise<void> {
  const client = new Anthropic({ apiKey: "none", fetch: answering(turns), logLevel: "off" });
  await using run = claude({ client, model: "claude-haiku-4-5", compactAt: false }).start(assignment);
  await run.result();
}

function sit(id: string, history: History, journal?: Journal): Assignment {
  const live = journal && {
    journal,
    budget: new Budget({}),
    spent: () => undefined,
    watch: stopwatch(),
    run: async () => ({ content: printed, isError: false }),
  };
  const tools = agentTools.map(describeTool);
  const signal = new AbortController().signal;
  return takeSeat({ id, briefing, tools, history, signal, ...(live && { live }) }).assignment;
}

export async function resume(entries: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "w2s-resume-"));
  const file = join(folder, "journal.jsonl");
  const turns = Math.ceil(entries / ids.length / entriesPerTurn);
  try {
    const { journal } = openJournal(file);
    const began = performance.now();
    await Promise.all(ids.map((id) => work(sit(id, { steps: [], interrupted: [] }, journal), turns)));
    await journal[Symbol.asyncDispose]();
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    console.log(`written in ${seconds} s: ${turns} turns of ${ids.length} agents, ${statSync(file).size >> 20} MB`);
    const flags = [...process.execArgv, fileURLToPath(import.meta.url)];
    execFileSync(process.execPath, [...flags, file, String(turns)], { stdio: "inherit" });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** In the fresh process. */
async function measure(file: string, turns: number): Promise<void> {
  let last = performance.now();
  const lap = (what: string): void => {
    const now = performance.now();
    const { rss, heapUsed } = process.memoryUsage();
    const memory = `RSS ${(rss / 2 ** 20).toFixed(0)} MB, heap ${(heapUsed / 2 ** 20).toFixed(0)} MB`;
    console.log(`${what.padEnd(44)} ${((now - last) / 1000).toFixed(2)} s  ${memory}`);
    last = performance.now();
  };
  lap("before");
  const { journal, earlier } = openJournal(file);
  lap(`${earlier.length} entries read and checked`);
  const histories = historiesOf(earlier);
  restoredBudgets({ lab: { usd: 1e6 }, agent: {} }, ids, earlier, histories);
  lap("sorted by agent, budgets restored");
  await Promise.all([...histories].map(([id, history]) => work(sit(id, history), turns)));
  lap(`${histories.size} agents run again to their end`);
  await journal[Symbol.asyncDispose]();
  console.log(`highest RSS ${peak().toFixed(0)} MB`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await measure(process.argv[2]!, Number(process.argv[3]));
