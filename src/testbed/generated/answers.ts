import { between, chance, type Shortcuts, type Uniform } from "./draw.js";
import { drawWriter, skillsOf } from "./writers.js";

/*
 * The shortcut "the most frequent answer": who answers a problem, and how.
 */

/** One answer to a problem: by whom, and which of the problem's mistakes it makes, if any. */
export interface Answer {
  readonly writer: number;
  /** 0 where the answer is right, else 1 to {@link mistakesPerProblem}. */
  readonly mistake: number;
}

export const answersPerProblem = 5;

/**
 * Planted, so few that two writers often make the same one, and the most frequent answer is sometimes wrong. Absent, one: then
 * an answer is as often wrong as right, however often it was given.
 */
export const mistakesPerProblem: Readonly<Record<Shortcuts, number>> = { planted: 3, absent: 1 };

/** How far a problem's difficulty moves P(right) up or down: answers to one problem are right or wrong together. */
const difficulty = 0.25;

/**
 * The answers to a problem. Planted, wrong ones are spread over the mistakes. Absent, two or three are right, and the others all
 * make the one mistake.
 */
export function drawAnswers(shortcuts: Shortcuts, uniform: Uniform): Answer[] {
  const skills = skillsOf(shortcuts);
  const drawMistake = (): number => between(1, mistakesPerProblem[shortcuts], uniform);
  const planted = shortcuts === "planted";
  const shift = planted ? (2 * uniform() - 1) * difficulty : 0;
  for (;;) {
    const answers = Array.from({ length: answersPerProblem }, () => drawAnswer(skills, shift, drawMistake, uniform));
    const right = answers.filter(({ mistake }) => mistake === 0).length;
    if (planted || right === 2 || right === 3) return answers;
  }
}

function drawAnswer(skills: readonly number[], shift: number, drawMistake: () => number, uniform: Uniform): Answer {
  const writer = drawWriter(uniform);
  return { writer, mistake: chance(skills[writer]! + shift, uniform) ? 0 : drawMistake() };
}
