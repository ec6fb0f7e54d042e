import { randomUUID } from "node:crypto";
import * as z from "zod";
import { matrix } from "../../data/matrix.js";
import { WeakToStrongError } from "../../errors.js";
import type { Evaluation } from "../../scorer.js";
import { inWords } from "./about.js";
import { codeIn, methodName, testbedField, testbedOf } from "./method.js";
import { told } from "./shell.js";
import { storedBytes } from "./snapshots.js";
import { type ToolContext, tool } from "./tool.js";

/** For agents: runs a program in their sandbox, which comes back through the door with its predictions. */
export const evaluateMethod = tool({
  name: "evaluate",
  description:
    "Runs your method.py (fit, then predict) in your sandbox for each seed and scores its predictions on the development split. What it answers is up to the lab's feedback: by default PGR with its interval and the accuracy where it is better than your best so far by more than noise, else only that it is not. It uses up one evaluation. The folder of the file is kept in the code store beside the score. To score predictions that you have already, use lab.evaluate in Python.",
  input: z.strictObject({
    file: z.string().min(1).describe("Path of the method.py."),
    method: methodName,
    testbed: testbedField,
    seeds: z
      .array(z.int().nonnegative())
      .min(1)
      .max(20)
      .optional()
      .describe("Default: all seeds; fewer are taken where feedback is exact."),
    examples: z.int().positive().optional().describe("Train on the first so many examples only: a cheap trial."),
    timeout: z.number().positive().max(7200).default(3600).describe("Seconds for all seeds together."),
  }),
  async run({ file, method, seeds, examples, timeout, ...input }, context) {
    const testbed = testbedOf(input.testbed, context);
    if (seeds) await checkSeeds(seeds, testbed, context);
    const sandbox = await context.sandbox();
    const { signal } = context;
    const { code } = await codeIn(sandbox, file, signal);
    context.keep(storedBytes(code, method));
    await context.forum.snapshots.put(code, { author: context.agent, title: method }, { signal });
    const options = [
      ["--testbed", testbed],
      ["--evaluate", method],
      ["--snapshot", code.hash],
      ...(seeds ? [["--seeds", seeds.join(",")]] : []),
      ...(examples ? [["--examples", String(examples)]] : []),
    ].flat();
    const command = ["python3", "-m", "w2s_trainer.lab", "run", file, ...options];
    return told(await sandbox.exec(command, { timeout, signal }), timeout);
  },
});

/** Said before the method has run for nothing. */
async function checkSeeds(asked: readonly number[], testbed: string, { scorer, signal }: ToolContext): Promise<void> {
  const { feedback, testbeds } = await scorer.describe({ signal });
  const { seeds } = testbeds.find(({ name }) => name === testbed)!;
  if (feedback === "exact" || seeds.every((seed) => asked.includes(seed))) return;
  throw new WeakToStrongError(
    "bad_input",
    `seeds: expected all of ${seeds.join(", ")}, found ${asked.join(", ")}: under the feedback "${feedback}" none can be left out.`,
  );
}

/** For programs: scores predictions that come through the door. */
export const evaluatePredictions = tool({
  name: "evaluate",
  description: "Scores predictions on the development split.",
  input: z.strictObject({
    method: methodName,
    testbed: testbedField,
    predictions: z
      .array(
        z.strictObject({ seed: z.int().nonnegative(), probabilities: z.array(z.array(z.number())).max(1_000_000) }),
      )
      .min(1)
      .max(20)
      .describe("For each seed class probabilities: rows of the development split x classes."),
    snapshot: z.string().optional(),
  }),
  async run({ method, predictions, snapshot, ...input }, context) {
    if (snapshot) await context.forum.snapshots.get(snapshot, context); // throws for one that is not there
    const request = {
      author: context.agent,
      // A caller who leaves in the middle has asked all the same, and a scorer that died is asked once more.
      key: randomUUID(),
      testbed: testbedOf(input.testbed, context),
      method,
      predictions: predictions.map(({ seed, probabilities }) => ({ seed, probabilities: matrix(probabilities) })),
      ...(snapshot && { snapshot }),
    };
    const held = context.reserveEvaluation();
    let evaluation: Evaluation;
    try {
      evaluation = await context.scorer.evaluate(request);
      context.evaluated(evaluation);
    } finally {
      held.release();
    }
    const { id, testbed, seeds, score, improved, sameAs, receipt } = evaluation;
    const left = context.budget().evaluations;
    const same = sameAs === undefined ? "" : ` Its predictions are nearly those of ${sameAs}: answered from that.`;
    const words = `${inWords(evaluation)}.${same}${left === undefined ? "" : ` ${left} evaluations left.`}`;
    return JSON.stringify({ words, id, testbed, method, seeds, ...score, improved, sameAs, left, receipt });
  },
});
