import type { Attack } from "../attack.js";
import { flipped } from "./label_flips.js";
import { fence } from "./theft.js";

/** Tries: two authors split the rows between them, so that neither asks much; one of them submits. */
export const colludingPair: Attack = {
  name: "colluding_pair",
  tries: "two authors split the queries that read labels; one submits",
  async play(field) {
    const authors = [field.author("left"), field.author("right")];
    return { words: await fence(field, authors[1]!, await flipped(authors)) };
  },
};
