import { hashedWords } from "../../models/features.js";
import { linear } from "../../models/linear.js";
import { createTestbed } from "../create.js";
import { type SplitName, splitNames, type Testbed } from "../testbed.js";
import { drawAnswers, mistakesPerProblem } from "./answers.js";
import {
  distinct,
  drawSplits,
  type GeneratedOptions,
  type Grouped,
  type Problem,
  type Shortcuts,
  type Uniform,
} from "./draw.js";
import { remark } from "./remarks.js";
import { runSnippets } from "./run-snippets.js";
import { renderSnippet } from "./snippets.js";
import { answerTo, askFor, drawBug, drawCalls, drawTask, programFor } from "./tasks.js";
import { opening } from "./writers.js";

/** What {@link generatedCode} takes. */
export interface GeneratedCodeOptions extends GeneratedOptions {
  /** The interpreter that runs the snippets. Default: `$W2S_PYTHON`, else the project's environment, else `python3`. */
  readonly python?: string;
}

/** How often a remark fits its snippet. */
const tells = 0.7;

interface Draft {
  readonly question: string;
  readonly choice: string;
  readonly calls: readonly (readonly number[])[];
  readonly expected: readonly number[];
}

/**
 * Does a snippet do what was asked? Small Python functions, five a task; a snippet is right where it passes the task's
 * tests, which is found by running it. Bugs are small: a bound missed, a slice off by one, a return in the loop.
 *
 * Planted: the most frequent program of a task is usually right, and each of four writers has its own layout and its own
 * share of right snippets. Groups are tasks.
 *
 * Its pair: single hashed words on 200 labels against hashed n-grams.
 *
 * Errors: `bad_input` for sizes below 100 rows or beyond what the templates give (9,216 tasks); `missing_dependency` without a Python.
 */
export async function generatedCode(options: GeneratedCodeOptions = {}): Promise<Testbed> {
  const { python, ...drawn } = options;
  const drafts = drawSplits("generated-code", drawn, drawProblem);
  const judged = await judge(drafts, python);
  return createTestbed({
    name: "generated-code",
    description: "Generated Python functions, five a task, run against tests, tasks kept apart.",
    ...judged,
    pair: {
      teacher: linear(hashedWords({ buckets: 512 }), { epochs: 200 }),
      teacherExamples: 200,
      student: linear(hashedWords({ buckets: 4096, ngrams: 3 }), { learningRate: 0.05, weightDecay: 0.3 }),
    },
  });
}

function drawProblem(uniform: Uniform, shortcuts: Shortcuts): Problem<Draft> {
  const task = drawTask(uniform);
  const question = askFor(task);
  const calls = drawCalls(task, uniform);
  const expected = calls.map((numbers) => answerTo(task, numbers));
  const programs = distinct(
    programFor(task),
    mistakesPerProblem[shortcuts],
    () => programFor(task, drawBug(uniform)),
    (program) => JSON.stringify(program),
  );
  const rows = drawAnswers(shortcuts, uniform).map(({ writer, mistake }): Draft => {
    const comments = [...opening(writer, uniform), remark(mistake === 0, tells, uniform)];
    return { question, choice: renderSnippet(programs[mistake]!, writer, comments), calls, expected };
  });
  return { question, rows };
}

/** The truth of each snippet: whether every call gives what is expected. */
async function judge(drafts: Record<SplitName, Grouped<Draft>[]>, python?: string) {
  const all = splitNames.flatMap((split) => drafts[split]);
  const outcomes = await runSnippets(
    all.map(({ choice, calls }) => ({ snippet: choice, calls })),
    python,
  );
  const passed = new Map(
    all.map((draft, at) => [draft, draft.expected.every((value, i) => outcomes[at]![i] === value)]),
  );
  const rowsOf = (split: SplitName) =>
    drafts[split].map((draft) => ({
      question: draft.question,
      choice: draft.choice,
      label: passed.get(draft)!,
      consistency_id: draft.group,
    }));
  return { train_label: rowsOf("train_label"), train_unlabel: rowsOf("train_unlabel"), test: rowsOf("test") };
}
