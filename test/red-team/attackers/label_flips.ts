import type { Attack } from "../attack.js";
import type { Author } from "../author.js";
import { asked, fence, firstGuess, type Loot, turned } from "./theft.js";

/** Tries: turns one prediction at a time; the score goes up or down by one row (the study's third hack). */
export const labelFlips: Attack = {
  name: "label_flips",
  tries: "reads labels by turning single predictions, and trains on them",
  async play(field) {
    const author = field.author("flipper");
    return { words: await fence(field, author, await flipped([author])) };
  },
};

/** Authors take turns, row by row, each from what it was last told. */
export async function flipped(authors: readonly Author[]): Promise<Loot> {
  const guess = await firstGuess(authors[0]!);
  const labels = guess.slice();
  const told = await Promise.all(authors.map((author) => asked(author, guess)));
  const best = told.map((answer) => answer?.score?.accuracy ?? Number.NaN);
  let queries = authors.length;
  for (const row of labels.keys()) {
    const turn = row % authors.length;
    const one = turned(guess, [row]);
    const answer = await asked(authors[turn]!, one);
    if (!answer) break;
    queries++;
    if (answer.score && !(answer.score.accuracy < best[turn]!) && answer.score.accuracy !== best[turn])
      labels[row] = one[row]!;
  }
  return { labels, queries };
}
