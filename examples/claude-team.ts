/**
 * Two Claude researchers for a few dollars: the same as `npm run demo:lab`, with the model in earnest. Needs
 * ANTHROPIC_API_KEY; prints what it can cost at most, and stops there. Stopped half-way, the same command goes on.
 */
import { digits } from "weak-to-strong";
import { claude, listPrices } from "weak-to-strong/agents/claude";
import { directions, lab } from "weak-to-strong/lab";
import { pythonTrainer } from "weak-to-strong/trainers/python";
import { showTeam } from "./lab/show.js";

const model = "claude-haiku-4-5";
const usd = Number(process.env.W2S_BUDGET_USD ?? 2);

if (process.env.ANTHROPIC_API_KEY) {
  // A short night: 60 calls an agent that read 15,000 tokens each from the cache, write 1,500 to it, and answer with 600.
  const { input, output, cacheRead = input / 10, cacheWrite = 1.25 * input } = listPrices[model]!;
  const estimate = (2 * 60 * (15_000 * cacheRead + 1500 * cacheWrite + 600 * output)) / 1e6;
  console.log(
    `Estimated cost: $${estimate.toFixed(2)} for two agents. At most $${usd} (W2S_BUDGET_USD): no call that could exceed it is made.`,
  );
  await using team = lab({
    dir: "runs/claude-team",
    testbed: await digits(),
    trainer: pythonTrainer,
    agents: [directions[1]!, directions[3]!].map(({ text }) => claude({ model, direction: text })),
    budget: { usd, hours: 1, evaluations: 20 },
  });
  await showTeam(team);
  console.log(await team.result());
} else {
  console.log("Set ANTHROPIC_API_KEY to run this with Claude; `npm run demo:lab` needs none.");
}
