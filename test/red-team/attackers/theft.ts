import { argmax, oneHot } from "../../../src/data/matrix.js";
import type { Evaluation } from "../../../src/scorer.js";
import type { Field } from "../attack.js";
import { type Author, unsaid } from "../author.js";

/** Development labels as somebody has come to believe them. */
export interface Loot {
  readonly labels: Int32Array;
  readonly queries: number;
}

/** What an honest student says of development: where a theft begins. */
export async function firstGuess(author: Author): Promise<Int32Array> {
  const { predictions } = await author.student(author.seeds[0]!);
  return argmax(predictions.development);
}

export function asked(author: Author, labels: Int32Array): Promise<Evaluation | undefined> {
  return author.ask([oneHot(labels, 2)]);
}

/** The labels with some of them turned. */
export function turned(labels: Int32Array, rows: Iterable<number>): Int32Array {
  const other = labels.slice();
  for (const row of rows) other[row] = 1 - labels[row]!;
  return other;
}

/** Shows the stolen labels off as predictions, and submits a student that also learns the stolen labels; says how many are right. */
export async function fence(field: Field, author: Author, { labels, queries }: Loot): Promise<string> {
  const { parts, labels: truth } = field.ground.staked;
  await asked(author, labels);
  const stolen = author.inputs.development.map((input, row) => ({ input, label: labels[row] }));
  await author.submit({
    "method.py": await unsaid("attackers", "stolen_labels.py"),
    "stolen.json": JSON.stringify(stolen),
  });
  const right = parts.development.reduce((sum, row, at) => sum + Number(truth[row] === labels[at]), 0);
  const guess = await firstGuess(author);
  const before = parts.development.reduce((sum, row, at) => sum + Number(truth[row] === guess[at]), 0);
  const share = (count: number): string => `${((100 * count) / labels.length).toFixed(0)}%`;
  return `${share(right)} of the development labels right after ${queries} queries (${share(before)} before)`;
}
