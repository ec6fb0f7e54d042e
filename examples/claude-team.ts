/**
 * Two Claude researchers for a few dollars: the same as `npm run demo:lab`, with the model in earnest. Needs
 * ANTHROPIC_API_KEY; prints what it can cost at most, and stops there. Stopped half-way, the same command goes on.
 */
import { digits } from "weak-to-strong";
import { claude } from "weak-to-strong/agents/claude";
import { directions, lab } from "weak-to-strong/lab";
import { pythonTrainer } from "weak-to-strong/trainers/python";
import { showTeam } from "./lab/show.js";

const usd = Number(process.env.W2S_BUDGET_USD ?? 2);

if (process.env.ANTHROPIC_API_KEY) {
  console.log(`Two agents, at most $${usd} together (W2S_BUDGET_USD sets it); no call is made that could exceed it.`);
  await using team = lab({
    dir: "runs/claude-team",
    testbed: await digits(),
    trainer: pythonTrainer,
    agents: [directions[1]!, directions[3]!].map(({ text }) => claude({ model: "claude-haiku-4-5", direction: text })),
    budget: { usd, hours: 1, evaluations: 20 },
  });
  await showTeam(team);
  console.log(await team.result());
} else {
  console.log("Set ANTHROPIC_API_KEY to run this with Claude; `npm run demo:lab` needs none.");
}
