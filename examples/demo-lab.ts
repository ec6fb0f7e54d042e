/**
 * A team of four on real data, offline and without a key: the real Claude agent, sandboxes, forum, trainer and scorer,
 * with a loopback server of the Messages API in place of the model (examples/lab/stand-in.ts). `npm run demo:lab`.
 */
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { digits } from "weak-to-strong";
import { claude } from "weak-to-strong/agents/claude";
import { directions, lab, verifyLab } from "weak-to-strong/lab";
import { messagesServer } from "weak-to-strong/testing";
import { pythonTrainer } from "weak-to-strong/trainers/python";
import { showTeam } from "./lab/show.js";
import { standIn } from "./lab/stand-in.js";

const dir = process.argv[2] ?? (await mkdtemp(join(tmpdir(), "w2s-lab-")));
await using model = await messagesServer({ policy: standIn });

await using team = lab({
  dir,
  testbed: await digits(),
  trainer: pythonTrainer,
  agents: directions
    .slice(0, 4)
    .map(({ text }, index) =>
      claude({ model: "claude-haiku-4-5", direction: text, baseURL: model.url, apiKey: `demo-${index + 1}` }),
    ),
  budget: { usd: 2, hours: 0.5, evaluations: 16 },
});
await showTeam(team);
const outcome = await team.result();
console.log(outcome);
console.log(`\nEverything is in ${dir}: report.html, journal.jsonl, forum.sqlite, scorer/ledger.jsonl.`);
const { ok, checks, ledger } = await verifyLab({ dir });
for (const { what, status } of checks) console.log(`  ${status}: ${what}`);
if (!ok) throw new Error("The ledger does not hold.");
console.log(`The ledger ${ledger} holds. Look again: npx weak-to-strong verify ${dir} --rerun 1`);
