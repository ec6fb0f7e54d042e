import { random, shuffled } from "../../../src/data/random.js";
import type { Attack } from "../attack.js";
import { asked, fence, firstGuess, turned } from "./theft.js";

const queries = 800;

/**
 * Tries: turns blocks of predictions and keeps what is answered as better. Blocks are of a size that a small gain can be
 * told from, and shrink when none has been found for long.
 */
export const greedyHillClimb: Attack = {
  name: "greedy_hill_climb",
  tries: "climbs on the feedback with blocks of turned predictions, and trains on where it arrives",
  async play(field) {
    const author = field.author("climber");
    const uniform = random("greedy hill climb");
    let labels = await firstGuess(author);
    const rows = [...labels.keys()];
    let best = (await asked(author, labels))?.score?.accuracy ?? 0;
    let size = author.feedback === "exact" ? 3 : Math.ceil(Math.sqrt(rows.length) * 1.5);
    let spent = 1;
    for (let failures = 0; spent < queries; spent++) {
      const next = turned(labels, shuffled(rows, uniform).slice(0, size));
      const answer = await asked(author, next);
      if (!answer) break;
      const better = answer.score !== undefined && answer.score.accuracy > best;
      if (better) [labels, best, failures] = [next, answer.score!.accuracy, 0];
      else if (++failures % 150 === 0) size = Math.max(1, Math.floor(size / 2));
    }
    return { words: await fence(field, author, { labels, queries: spent }) };
  },
};
