import * as z from "zod";
import type { Code } from "../../clean-room.js";
import { sha256 } from "../../data/canonical.js";
import { WeakToStrongError } from "../../errors.js";
import { code as quoted } from "../../forums/text.js";
import { methodCalled } from "../../methods/registry.js";
import type { Submission } from "../../scorer.js";
import { codeIn, methodName, testbedField, testbedOf } from "./method.js";
import { storedBytes } from "./snapshots.js";
import { type ToolContext, tool } from "./tool.js";

/** Hands a method in: the scorer has it run again where its author is not. */
export const submitMethod = tool({
  name: "submit",
  description:
    "Hands a method in. The scorer runs your method.py again in a clean room, with seeds and test examples that you never saw, no network and no forum; fit sees training inputs and weak labels, predict the test inputs. You learn whether it is better than your best submission so far (before the first: than the baseline), and what fit wrote; people see the rest. It uses up one submission. The folder of the file is frozen as it is.",
  input: z.strictObject({
    file: z.string().min(1).optional().describe("Path of the method.py, in a folder with nothing but its code."),
    library: z
      .strictObject({
        name: z.string().min(1).max(80),
        options: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
      })
      .optional()
      .describe(
        'In place of a file: one of the library\'s methods, as {"name": "confidence", "options": {"alpha": 0.5}}.',
      ),
    method: methodName,
    testbed: testbedField,
    write_up: z
      .string()
      .trim()
      .min(1)
      .max(20_000)
      .describe("The mechanism, and what you measured without its parts, so that somebody else can build it again."),
  }),
  writeUp: true,
  async run({ method, write_up: writeUp, ...input }, context) {
    const testbed = testbedOf(input.testbed, context);
    const code = await codeOf(input, method, context);
    const held = context.reserveSubmission();
    try {
      const submission = await context.scorer.submit(
        {
          ...{ author: context.agent, testbed, method, writeUp },
          code,
          // The same code handed in again, after a crash or by mistake, is the same submission.
          key: sha256(JSON.stringify([testbed, code.type === "program" ? [code.snapshot.hash, code.file] : code])),
        },
        { signal: context.signal },
      );
      context.submitted(submission);
      return inWords(submission);
    } finally {
      held.release();
    }
  },
});

async function codeOf(
  { file, library }: { readonly file?: string | undefined; readonly library?: Library | undefined },
  title: string,
  context: ToolContext,
): Promise<Code> {
  if ((file === undefined) === (library === undefined)) {
    throw new WeakToStrongError("bad_input", "submit: expected one of `file` and `library`.");
  }
  if (file === undefined) {
    methodCalled(library!.name, library!.options);
    return { type: "library", ...library! };
  }
  const { code, name } = await codeIn(await context.sandbox(), file, context.signal);
  context.keep(storedBytes(code, title));
  await context.forum.snapshots.put(code, { author: context.agent, title }, { signal: context.signal });
  return { type: "program", snapshot: code, file: name };
}

type Library = Pick<Extract<Code, { type: "library" }>, "name" | "options">;

const outcomes = {
  better: "better than your best submission so far",
  "not-better": "not better, by more than noise, than your best submission so far (or the baseline)",
  failed: "it did not run through with every seed",
};

function inWords({ id, method, outcome, left, seconds, receipt, logs = [] }: Submission): string {
  const shown = logs.map((log, run) => `--- what fit wrote in run ${run + 1}:\n${log.trim() || "(nothing)"}`);
  return [
    `Submission ${id}, ${quoted(method)}: ${outcomes[outcome]}. It took up to ${seconds} seconds. ${left} submissions left. It is entry ${receipt.seq} of the scorer's ledger, ${receipt.entry}.`,
    ...shown,
  ].join("\n");
}
