import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { random } from "../../src/data/random.js";
import { historiesOf } from "../../src/lab/history.js";
import { readJournal } from "../../src/lab/journal.js";
import { messagesServer, type PolicyBlock } from "../../src/testing/index.js";

/** The test that CI runs has few kills; `W2S_KILLS=100` is what docs/reliability.md tells of. */
const kills = Number(process.env.W2S_KILLS ?? 6);
const turns = 15 * kills;

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "w2s-kill-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Starts the lab, and kills it after so many milliseconds from when its agents begin; tells whether it had ended. */
async function live(url: string, milliseconds: number): Promise<boolean> {
  const night = fileURLToPath(new URL("fixtures/night.ts", import.meta.url));
  const child = spawn(process.execPath, ["--conditions=w2s-source", "--import", "tsx", night, dir, url], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = new Promise<number | null>((resolve) => child.on("close", resolve));
  let armed = false;
  let done = false;
  for await (const chunk of child.stdout) {
    done ||= String(chunk).includes("done");
    if (!armed) void sleep(milliseconds).then(() => child.kill("SIGKILL"));
    armed = true;
  }
  const code = await exited;
  if (code !== null) expect(code).toBe(0);
  return done;
}

test(`a lab that is killed ${kills} times repeats no finished step, loses nothing and refunds nothing`, async () => {
  // Each tool call leaves a line of its own in the sandbox, so that one which ran twice shows.
  await using server = await messagesServer({
    policy: ({ apiKey, turn }): PolicyBlock[] => {
      if (turn >= turns) return [{ type: "tool_use", name: "finish", input: { summary: "done" } }];
      const command = `echo ${apiKey} ${turn} >> log; sleep 0.02`;
      const calls: PolicyBlock[] = [{ type: "tool_use", name: "shell", input: { command } }];
      if (turn % 5 === 0) {
        const post = { kind: "insight", title: `turn ${turn}`, body: `by ${apiKey}` };
        calls.push({ type: "tool_use", name: "post", input: post });
      }
      return calls;
    },
  });
  const uniform = random("kills", kills);
  let done = false;
  for (let kill = 0; kill < kills && !done; kill++) done = await live(server.url, uniform() * 900);
  if (!done) done = await live(server.url, 600_000);
  expect(done).toBe(true);

  const { entries } = readJournal(join(dir, "journal.jsonl"));
  const lives = entries.filter(({ type }) => type === "life").length;
  expect(lives).toBeGreaterThan(kills / 2); // on a fast machine the agents may have done before the last kill
  expect(entries.at(-1)!.type).toBe("lab-ended");
  for (const [agent, { steps, ended, interrupted }] of historiesOf(entries)) {
    expect(ended).toMatchObject({ state: "finished", summary: "done" });
    const calls = steps.filter((step) => step.kind === "model");
    expect(calls).toHaveLength(turns + 1);
    // No finished call was made again: beyond one each, at most one a kill.
    const served = server.requests.filter(({ apiKey }) => apiKey === agent);
    expect(served.length - calls.length).toBeLessThanOrEqual(lives - 1);
    const began = entries.filter((entry) => entry.type === "model-began" && entry.agent === agent).length;
    expect(began).toBeGreaterThanOrEqual(served.length);
    expect(began - calls.length).toBe(interrupted.length);

    // What was paid is counted: what the server charged lies between what was told and that with the calls in flight.
    const told = entries.flatMap((entry) =>
      entry.type === "model-paid" && entry.agent === agent ? [entry.usage] : [],
    );
    const tokens = told.reduce(
      (sum, usage) =>
        sum + usage.inputTokens + usage.outputTokens + (usage.cacheReadTokens ?? 0) + (usage.cacheWriteTokens ?? 0),
      0,
    );
    const paid = server.paid(agent);
    const charged = paid.input + paid.output + paid.cacheRead + paid.cacheWrite;
    expect(charged).toBeGreaterThanOrEqual(tokens);
    expect(charged).toBeLessThanOrEqual(tokens + interrupted.reduce((sum, spend) => sum + spend.tokens, 0));

    // Every tool call ran once; one that was interrupted was handed back, and may have run or not.
    const lines = readFileSync(join(dir, "agents", agent, "log"), "utf8")
      .trim()
      .split("\n");
    expect(new Set(lines).size).toBe(lines.length);
    const back = steps.filter(
      (step) => step.kind === "tool" && step.ended?.output.content.includes("may have run in part"),
    );
    expect(lines.length).toBeGreaterThanOrEqual(turns - back.length);
    expect(back.length).toBeLessThanOrEqual(lives - 1);
  }
}, 1_200_000);
