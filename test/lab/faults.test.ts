import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { claude, listPrices } from "../../src/agents/claude/index.js";
import { scripted } from "../../src/index.js";
import { lab } from "../../src/lab/index.js";
import { type Fault, messagesServer, type PolicyBlock } from "../../src/testing/index.js";
import { smallLab } from "./fixtures/small-lab.js";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "w2s-faults-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const maxTokens = 1000;
const model = "claude-haiku-4-5";
const turns = 6;

/** One agent each, whose key is the fault's name: it meets the fault at every third request. */
const faults: Readonly<Record<string, Fault>> = {
  "rate limit": { type: "status", status: 429, retryAfter: 0.7 },
  "server error": { type: "status", status: 500 },
  overloaded: { type: "status", status: 529 },
  "cut at once": { type: "cut", after: 1 },
  "cut in mid-answer": { type: "cut", after: 5 },
  stall: { type: "stall", after: 3 },
  malformed: { type: "malformed", at: 2 },
  "overloaded in mid-answer": { type: "overloaded", after: 4 },
};
const names = [...Object.keys(faults), "down"];

test("with an API that fails in every way agents finish, no tool runs twice, and budgets are the server's count", {
  timeout: 120_000,
}, async () => {
  /** By key, when each request came. */
  const asked = new Map<string, number[]>(names.map((name) => [name, []]));
  let up = false;
  await using server = await messagesServer({
    faults({ apiKey }) {
      const times = asked.get(apiKey)!;
      times.push(performance.now());
      if (apiKey === "down") return up ? undefined : { type: "status", status: 500 };
      return times.length % 3 === 2 ? faults[apiKey] : undefined;
    },
    policy({ turn }): PolicyBlock[] {
      if (turn === turns) return [{ type: "tool_use", name: "finish", input: { summary: "done" } }];
      const command = `echo ${turn} >> log`;
      return [
        { type: "text", text: `This is turn ${turn}.` },
        { type: "tool_use", name: "shell", input: { command } },
      ];
    },
  });
  const agents = names.map((apiKey) =>
    claude({
      ...{ model, baseURL: server.url, apiKey, maxTokens },
      ...(apiKey === "stall" && { idleTimeout: 1.5 }),
      ...(apiKey === "down" && { patience: 0.3 }),
    }),
  );
  const options = { ...(await smallLab(dir, agents)), budget: { usd: 50, hours: 0.5 } };
  await using first = lab(options);
  const [, ...others] = (await first.result()).agents.toReversed();
  expect(others.map(({ state, summary }) => [state, summary])).toEqual(others.map(() => ["finished", "done"]));
  expect(first.status().agents.at(-1)).toMatchObject({
    state: "failed",
    summary: expect.stringMatching(/gave no answer.*fault 500/s),
  });

  // The API is up again: the one that had failed goes on, and nobody else asks for anything.
  const before = server.requests.filter(({ apiKey }) => apiKey !== "down").length;
  up = true;
  await using second = lab(options);
  const outcome = await second.result();
  expect(outcome.agents.at(-1)).toMatchObject({ state: "finished", summary: "done" });
  expect(server.requests.filter(({ apiKey }) => apiKey !== "down")).toHaveLength(before);

  const prices = listPrices[model]!;
  for (const [index, name] of names.entries()) {
    const met = server.requests.filter(({ apiKey, fault }) => apiKey === name && fault !== undefined);
    expect(met.length, name).toBeGreaterThanOrEqual(name === "down" ? 1 : 3);
    const { input, cacheRead, cacheWrite, output: sent } = server.paid(name);
    // An answer that broke off is counted with all of its maxTokens: how far it came is not told.
    const unseen = server.requests
      .filter(({ apiKey, status, whole, paid }) => apiKey === name && status === 200 && !whole && paid.output > 0)
      .reduce((sum, { paid }) => sum + maxTokens - paid.output, 0);
    const output = sent + unseen;
    const { tokens, usd } = outcome.agents[index]!;
    expect(tokens, name).toEqual({ input, output, cacheRead, cacheWrite });
    const dollars =
      (input + 0.1 * cacheRead + 1.25 * cacheWrite) * (prices.input / 1e6) + output * (prices.output / 1e6);
    expect(usd.tokens, name).toBeCloseTo(dollars, 9);
    expect(usd.untold, name).toBe(0);
    const log = readFileSync(join(dir, "agents", `agent-${index + 1}`, "log"), "utf8");
    expect(log, name).toBe(Array.from({ length: turns }, (_, turn) => `${turn}\n`).join(""));
  }
  const spent = second.status().budget.find(({ budget }) => budget === "usd")!.spent;
  expect(spent).toBeCloseTo(
    outcome.agents.reduce((sum, { usd }) => sum + usd.tokens, 0),
    9,
  );
  const waits = asked.get("rate limit")!.flatMap((time, i, all) => (i % 3 === 2 ? [time - all[i - 1]!] : []));
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(695);
});

test("a second process in a lab's folder is refused, naming the first", { timeout: 60_000 }, async () => {
  const night = fileURLToPath(new URL("fixtures/night.ts", import.meta.url));
  const flags = ["--conditions=w2s-source", "--import", "tsx"];
  let refused: { code?: number; stderr?: string } = {};
  const agent = scripted(async () => {
    // The door of this address is never opened: the second lab does not come so far.
    const second = promisify(execFile)(process.execPath, [...flags, night, dir, "http://127.0.0.1:1"]);
    refused = await second.then(
      () => ({}),
      (error) => error,
    );
  });
  await using first = lab(await smallLab(dir, [agent]));
  expect((await first.result()).agents[0]!.state).toBe("finished");
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain(`The lab's folder (${dir}) is in use by process ${process.pid} since `);
  expect(refused.stderr).toContain("code: 'busy'");
});
