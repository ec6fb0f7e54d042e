/**
 * A lab of one's own parts: agents that are code, a briefing, a budget each, and a sandbox. Nothing is isolated here, since
 * the agents' code is our own; leave `sandbox` out for bubblewrap.
 */
import assert from "node:assert/strict";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { digits, naive, scripted } from "weak-to-strong";
import { lab, replay } from "weak-to-strong/lab";
import { unisolated } from "weak-to-strong/sandboxes/unisolated";
import { pythonTrainer } from "weak-to-strong/trainers/python";

/** Tries one exponent: weak labels are sharpened by it before the student learns them. */
const sharpener = (power: number) =>
  scripted(
    async (seat) => {
      const file = "method.py";
      const content = `
def fit(context):
    sharp = context.weak**${power}
    fitted = context.fit(sharp / sharp.sum(axis=1, keepdims=True))
    (context.folder / "checkpoint").write_text(fitted.checkpoint)


def predict(context, inputs):
    return context.predict((context.folder / "checkpoint").read_text(), inputs)
`;
      await seat.call("write_file", { path: file, content });
      const { content: said } = await seat.call("evaluate", { file, method: `power ${power}` });
      const id = /evaluation ([\w-]+)/.exec(said)?.[1];
      const scores = id ? [id] : [];
      await seat.call("post", { kind: "finding", title: `Sharpened by ${power}`, body: said, scores });
      return said;
    },
    { name: "sharpener", direction: `the power ${power}` },
  );

const dir = await mkdtemp(join(tmpdir(), "own-lab-"));
const agents = [sharpener(2), sharpener(6)];
await using team = lab({
  dir,
  testbed: await digits(),
  trainer: pythonTrainer,
  agents,
  baselines: [naive()],
  budget: { hours: 0.2, evaluations: 4, agent: { evaluations: 2 } },
  briefing: ({ agent, direction }) => `You are ${agent}. Try ${direction}.`,
  sandbox: unisolated(),
  acceptUnenforced: true,
});
const outcome = await team.result();
console.log(outcome);
assert.equal(
  outcome.agents.every(({ evaluations }) => evaluations === 1),
  true,
);

// The journal tells the whole of it: the same agents, run against it alone, do the same again.
await using again = replay(dir, { agents });
assert.deepEqual((await again.result()).standings, outcome.standings);
