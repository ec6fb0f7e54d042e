import { random } from "../data/random.js";
import { studentCdf } from "../stats/student.js";
import type { Tries, Try } from "./tries.js";

/** Outcome of {@link dropTest}. */
interface DropTest {
  /** Standard error of the drop by the choice of seeds. */
  readonly error: number;
  /** One-sided p-value of this one claim, and adjusted for being the best of several codes (Bonferroni). */
  readonly once: number;
  readonly p: number;
}

/**
 * H0: the claimed seeds and the drawn ones come from one population. All are scored on the same development rows, so that only
 * seeds differ: t = drop / (s sqrt(1/m + 1/R)), for m claimed and R drawn ones. With T different results of the method in all
 * there are T + R - 2 degrees of freedom.
 *
 * s^2 is the pooled variance of these T and of the R drawn ones, by {@link Try.value}, and at least d / (2 n): where two seeds disagree on a
 * share d of n rows and each is as likely to be right there, their accuracies differ with variance d / n.
 */
export function dropTest(drop: number, claimed: number, { all, draws }: Tries, codes: number): DropTest {
  const df = all.length + draws.length - 2;
  if (df < 1) return { error: Number.POSITIVE_INFINITY, once: 1, p: 1 };
  const within = (tries: readonly Try[]) => {
    const mean = tries.reduce((sum, { value }) => sum + value, 0) / tries.length;
    return tries.reduce((sum, { value }) => sum + (value - mean) ** 2, 0);
  };
  const pooled = (within(all) + within(draws)) / df;
  const n = draws[0]!.classes.length;
  const variance = Math.max(pooled, disagreement([...all, ...draws]) / (2 * n));
  const error = Math.sqrt(variance * (1 / claimed + 1 / draws.length));
  const once = error > 0 ? 1 - studentCdf(drop / error, df) : Number(drop <= 0);
  return { error, once, p: Math.min(1, once * codes) };
}

/** Mean share of rows on which two of them differ. */
function disagreement(tries: readonly Try[]): number {
  let sum = 0;
  for (const [k, a] of tries.entries())
    for (const b of tries.slice(0, k))
      sum += a.classes.filter((label, i) => label !== b.classes[i]).length / a.classes.length;
  return sum / ((tries.length * (tries.length - 1)) / 2);
}

/**
 * H0: the claimed ones are any m of all that were tried. The p-value is the share of subsets of size m whose mean value is at
 * least theirs, over 20,000 subsets drawn with a fixed seed, the claimed one among them (Phipson & Smyth 2010).
 */
export function subsetTest(claimed: readonly Try[], all: readonly Try[]): number {
  const total = (tries: readonly Try[]) => tries.reduce((sum, { value }) => sum + value, 0);
  const [size, reached] = [claimed.length, total(claimed) - 1e-12];
  if (size >= all.length) return 1;
  const draws = 20_000;
  const uniform = random("subsets of seeds", all.length, size);
  const deck = all.map(({ value }) => value);
  let atLeast = 1;
  for (let draw = 0; draw < draws; draw++) {
    let sum = 0;
    for (let k = 0; k < size; k++) {
      const at = k + Math.floor(uniform() * (deck.length - k));
      [deck[k], deck[at]] = [deck[at]!, deck[k]!];
      sum += deck[k]!;
    }
    if (sum >= reached) atLeast++;
  }
  return atLeast / (draws + 1);
}
