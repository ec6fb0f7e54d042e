import { randomUUID } from "node:crypto";
import * as z from "zod";
import { matrix } from "../../data/matrix.js";
import type { Snapshot } from "../../data/snapshot.js";
import { WeakToStrongError } from "../../errors.js";
import type { Sandbox } from "../../sandbox.js";
import type { Evaluation } from "../../scorer.js";
import { inWords } from "./about.js";
import { told } from "./shell.js";
import { storedBytes } from "./snapshots.js";
import { type ToolContext, tool } from "./tool.js";

const testbed = z.string().optional().describe("Which testbed; needed where there are several.");
const method = z
  .string()
  .regex(/^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]{1,80}$/u, "expected one line of 1 to 80 characters")
  .describe("What you call the method.");

/** For agents: runs a program in their sandbox, which comes back through the door with its predictions. */
export const evaluateMethod = tool({
  name: "evaluate",
  description:
    "Runs your method.py (fit, then predict) in your sandbox for each seed and scores its predictions on the development split. Answers with PGR, its interval and the accuracy. It uses up one evaluation. The folder of the file is kept in the code store beside the score. To score predictions that you have already, use lab.evaluate in Python.",
  input: z.strictObject({
    file: z.string().min(1).describe("Path of the method.py."),
    method,
    testbed,
    seeds: z.array(z.int().nonnegative()).min(1).max(20).optional().describe("Default: all seeds."),
    examples: z.int().positive().optional().describe("Train on the first so many examples only: a cheap trial."),
    timeout: z.number().positive().max(7200).default(3600).describe("Seconds for all seeds together."),
  }),
  async run({ file, method, seeds, examples, timeout, ...input }, context) {
    const sandbox = await context.sandbox();
    const folder = file.includes("/") ? file.slice(0, file.lastIndexOf("/")) || "/" : "/work";
    const { signal } = context;
    const code = await codeIn(sandbox, folder, signal);
    context.keep(storedBytes(code, method));
    await context.forum.snapshots.put(code, { author: context.agent, title: method }, { signal });
    const options = [
      ["--testbed", testbedOf(input.testbed, context)],
      ["--evaluate", method],
      ["--snapshot", code.hash],
      ...(seeds ? [["--seeds", seeds.join(",")]] : []),
      ...(examples ? [["--examples", String(examples)]] : []),
    ].flat();
    const command = ["python3", "-m", "w2s_trainer.lab", "run", file, ...options];
    return told(await sandbox.exec(command, { timeout, signal }), timeout);
  },
});

/** For programs: scores predictions that come through the door. */
export const evaluatePredictions = tool({
  name: "evaluate",
  description: "Scores predictions on the development split.",
  input: z.strictObject({
    method,
    testbed,
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
    const { id, testbed, seeds, accuracy, pgr, improved } = evaluation;
    const left = context.budget().evaluations;
    const words = `${inWords(evaluation)}.${left === undefined ? "" : ` ${left} evaluations left.`}`;
    return JSON.stringify({ words, id, testbed, method, seeds, accuracy, pgr, improved, left });
  },
});

async function codeIn(sandbox: Sandbox, folder: string, signal: AbortSignal): Promise<Snapshot> {
  try {
    return await sandbox.snapshot({ folder, bytes: 4 << 20, files: 200, exclude: ["__pycache__"], signal });
  } catch (cause) {
    if (!WeakToStrongError.isInstance(cause) || cause.code !== "bad_input") throw cause;
    const advice =
      "Put method.py into a folder of its own, with nothing but code: the folder is kept beside the score.";
    throw new WeakToStrongError("bad_input", `${cause.message} ${advice}`, { cause });
  }
}

function testbedOf(name: string | undefined, { testbeds }: ToolContext): string {
  if (name !== undefined && testbeds.includes(name)) return name;
  if (name === undefined && testbeds.length === 1) return testbeds[0]!;
  throw new WeakToStrongError(
    "bad_input",
    `testbed: expected one of ${testbeds.map((one) => JSON.stringify(one)).join(", ")}, found ${name === undefined ? "nothing" : JSON.stringify(name.slice(0, 80))}.`,
  );
}
