import { hashedWords } from "../../models/features.js";
import { linear } from "../../models/linear.js";
import { createTestbed } from "../create.js";
import type { Testbed } from "../testbed.js";
import { drawAnswers, mistakesPerProblem } from "./answers.js";
import {
  between,
  chance,
  distinct,
  drawSplits,
  type GeneratedOptions,
  type Problem,
  pick,
  type Shortcuts,
  type Uniform,
} from "./draw.js";
import { remark } from "./remarks.js";
import { layOut, opening } from "./writers.js";

/** How often a remark fits its answer. */
const tells = 0.75;
/** Share of the mistakes that are of thought (adding what was lost), which words show; the rest are slips in a sum. */
const ofThought = 0.85;

const names = ["Nora", "Amir", "Lena", "Tomas", "Ines", "Kofi", "Mei", "Jonas", "Aisha", "Pavel", "Rosa", "Emil"];
const things = ["marbles", "stamps", "shells", "coins", "beads", "cards", "buttons", "pencils", "badges", "tokens"];
const gains = { buys: "bought", finds: "found", wins: "won", borrows: "borrowed", collects: "collected" };
const losses = { loses: "lost", sells: "sold", donates: "donated", drops: "dropped", lends: "lent" };

interface Step {
  /** As the question tells it: `loses 7`. */
  readonly event: string;
  /** As a solution names it: `lost`. */
  readonly done: string;
  readonly operation: "+" | "-" | "*";
  readonly amount: number;
}

/** What is wrong with each step, if anything: misread, or a sum that is so much off. */
type Mistake = readonly ("misread" | number | undefined)[];

/**
 * Is a worked solution right? Word problems of two steps with five solutions each; a wrong one has one wrong step and
 * goes on consistently from there, so that its final answer is wrong.
 *
 * Planted: the most frequent final answer of a problem is usually right, and each of four writers has its own layout and
 * its own share of right answers. `answers` holds the final answers, groups are problems.
 *
 * Its pair: single hashed words on 200 labels against hashed n-grams.
 *
 * Errors: `bad_input` for sizes below 100 rows.
 */
export function generatedMaths(options: GeneratedOptions = {}): Promise<Testbed> {
  return createTestbed({
    name: "generated-maths",
    description: "Generated word problems of two steps, five solutions each, problems kept apart.",
    ...drawSplits("generated-maths", options, drawProblem),
    pair: {
      teacher: linear(hashedWords({ buckets: 512 }), { epochs: 200 }),
      teacherExamples: 200,
      student: linear(hashedWords({ buckets: 4096, ngrams: 3 }), { learningRate: 0.05, weightDecay: 0.3 }),
    },
  });
}

interface Row {
  readonly question: string;
  readonly choice: string;
  readonly label: boolean;
  readonly consistency_key: string;
}

function drawProblem(uniform: Uniform, shortcuts: Shortcuts): Problem<Row> {
  const [name, thing, start] = [pick(names, uniform), pick(things, uniform), between(30, 90, uniform)];
  const steps = distinct(
    drawStep(uniform),
    1,
    () => drawStep(uniform),
    ({ done }) => done,
  );
  const told = steps.map(({ event }, index) => `${index === 0 ? "First" : "Then"} ${name} ${event}.`).join(" ");
  const question = `${name} has ${start} ${thing}. ${told} How many ${thing} does ${name} have now?`;
  const solutions = distinct(
    solve(start, steps, []),
    mistakesPerProblem[shortcuts],
    () => solve(start, steps, shortcuts === "planted" ? drawMistake(uniform) : drawAnyMistake(uniform)),
    ({ final }) => String(final),
  );
  const rows = drawAnswers(shortcuts, uniform).map(({ writer, mistake }) => {
    const { sentences, final } = solutions[mistake]!;
    const label = mistake === 0;
    const choice = [...opening(writer, uniform), ...sentences, `${remark(label, tells, uniform)}.`, `A: ${final}`];
    return { question, choice: layOut(choice, writer), label, consistency_key: String(final) };
  });
  return { question, rows };
}

function drawStep(uniform: Uniform): Step {
  if (chance(0.2, uniform)) {
    const [event, done, amount] = pick(
      [
        ["doubles the lot", "doubled", 2],
        ["triples the lot", "tripled", 3],
      ] as const,
      uniform,
    );
    return { event, done, operation: "*", amount };
  }
  const gained = chance(0.5, uniform);
  const [verb, done] = pick(Object.entries(gained ? gains : losses), uniform);
  const amount = between(2, 9, uniform);
  return { event: `${verb} ${amount}`, done, operation: gained ? "+" : "-", amount };
}

function drawMistake(uniform: Uniform): Mistake {
  if (chance(ofThought, uniform)) return pick([["misread"], [undefined, "misread"], ["misread", "misread"]], uniform);
  const off = pick([-10, -2, -1, 1, 2, 10], uniform);
  return pick([[off], [undefined, off]], uniform);
}

/**
 * Where shortcuts are absent: nearly always both steps, so that a statement is as often wrong as right wherever it stands. (Two
 * that cancel out leave the answer right, so that others are needed at times.)
 */
function drawAnyMistake(uniform: Uniform): Mistake {
  return chance(0.95, uniform) ? ["misread", "misread"] : drawMistake(uniform);
}

/** A solution's sentences and its final answer; after a mistake it goes on consistently. */
function solve(start: number, steps: readonly Step[], mistake: Mistake): { sentences: string[]; final: number } {
  let value = start;
  const sentences = steps.map((step, index) => {
    const wrong = mistake[index];
    const { operation, amount } = wrong === "misread" ? misread(step) : step;
    const before = value;
    value = apply(operation, before, amount) + (typeof wrong === "number" ? wrong : 0);
    const what = {
      "+": `Add ${step.done} ${amount}`,
      "-": `Subtract ${step.done} ${amount}`,
      "*": `Times ${amount} ${step.done}`,
    }[operation];
    return `${what}: ${before} ${operation} ${amount} = ${value}.`;
  });
  return { sentences, final: value };
}

/** The step as somebody takes it who mixes up gain and loss, or twice and three times. */
function misread(step: Step): Step {
  if (step.operation === "*") return { ...step, amount: 5 - step.amount };
  return { ...step, operation: step.operation === "+" ? "-" : "+" };
}

function apply(operation: Step["operation"], value: number, amount: number): number {
  return operation === "+" ? value + amount : operation === "-" ? value - amount : value * amount;
}
