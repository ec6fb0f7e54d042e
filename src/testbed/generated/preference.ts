import { hashedWords } from "../../models/features.js";
import { linear } from "../../models/linear.js";
import { createTestbed } from "../create.js";
import type { Testbed } from "../testbed.js";
import { answersPerProblem } from "./answers.js";
import { claims } from "./claims.js";
import { chance, drawSplits, type GeneratedOptions, type Problem, pick, type Shortcuts, type Uniform } from "./draw.js";
import { relations } from "./facts.js";
import { remark } from "./remarks.js";
import { drawWriter, layOut, opening, skillsOf } from "./writers.js";

/** How often a remark fits its answer. */
const tells = 0.64;

/** Takes the odds against an average writer to the strength against another: both of a pair differ from the average. */
const againstOthers = 0.65;

const askers = ["My daughter", "A colleague", "My neighbour", "The quiz master", "A pupil", "My uncle", "A reader"];
const places = ["at dinner", "on the train", "in class", "this morning", "over coffee", "by letter", "on the radio"];
const pleas = ["Keep it brief:", "Please tell me:", "Quick question:", "I forgot:", "Help me out:", "For a poster:"];

interface Row {
  readonly prompt: string;
  readonly first: string;
  readonly second: string;
  readonly label: "A" | "B";
}

/**
 * Which answer is better? Chat-like prompts that ask for a piece of common knowledge, five pairs of answers each. The
 * better answer has the fact right; the worse one has it wrong, or answers what was not asked.
 *
 * Planted: four writers, each with a layout of its own, of whom some write the better answer more often.
 * Groups are prompts.
 *
 * Its pair: single hashed words on 250 labels against hashed n-grams.
 *
 * Errors: `bad_input` for sizes below 100 rows, or beyond what the templates give (14,112 prompts, 70,560 rows in all).
 */
export function generatedPreference(options: GeneratedOptions = {}): Promise<Testbed> {
  return createTestbed({
    name: "generated-preference",
    description: "Generated chat prompts for common knowledge, five pairs of answers each, prompts kept apart.",
    ...drawSplits("generated-preference", options, drawProblem),
    pair: {
      teacher: linear(hashedWords({ buckets: 512 }), { epochs: 200 }),
      teacherExamples: 250,
      student: linear(hashedWords({ buckets: 4096, ngrams: 3 }), { learningRate: 0.05, weightDecay: 0.3 }),
    },
  });
}

function drawProblem(uniform: Uniform, shortcuts: Shortcuts): Problem<Row> {
  const { right, wrong } = claims[shortcuts];
  const relation = pick(relations, uniform);
  const index = Math.floor(uniform() * relation.facts.length);
  const prompt = `${pick(askers, uniform)} asked ${pick(places, uniform)}. ${pick(pleas, uniform)} ${relation.ask(relation.facts[index]![0])}`;
  const rows = Array.from({ length: answersPerProblem }, (): Row => {
    const [good, bad] = drawWriters(skillsOf(shortcuts), uniform);
    const better = answer(right(relation, index, uniform), true, good, uniform);
    const worse = answer(wrong(relation, index, uniform), false, bad, uniform);
    return chance(0.5, uniform)
      ? { prompt, first: better, second: worse, label: "A" }
      : { prompt, first: worse, second: better, label: "B" };
  });
  return { question: prompt, rows };
}

/** Two different writers, the one of the better answer first: Bradley and Terry's model (1952) on the writers' skill. */
function drawWriters(skills: readonly number[], uniform: Uniform): [good: number, bad: number] {
  const one = drawWriter(uniform);
  let other = one;
  while (other === one) other = drawWriter(uniform);
  const strength = (writer: number): number => (skills[writer]! / (1 - skills[writer]!)) ** againstOthers;
  return chance(strength(one) / (strength(one) + strength(other)), uniform) ? [one, other] : [other, one];
}

function answer(sentence: string, better: boolean, writer: number, uniform: Uniform): string {
  return layOut([...opening(writer, uniform), sentence, `${remark(better, tells, uniform)}.`], writer);
}
