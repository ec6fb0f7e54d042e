import { type Matrix, row, takeRows } from "../data/matrix.js";
import { random, shuffled } from "../data/random.js";
import { WeakToStrongError } from "../errors.js";
import type { ModelSpec } from "../models/model.js";
import type { Example, MethodContext } from "./method.js";

/** The examples as blocks of indices that must stay together: a group's, else the example alone. */
export function wholeGroups(examples: readonly Example[]): number[][] {
  const alone = examples.length;
  return [...Map.groupBy(examples.keys(), (i) => examples[i]!.group ?? -1 - alone - i).values()];
}

function blocks(examples: readonly Example[], ...seed: (string | number)[]): number[][] {
  return shuffled(wholeGroups(examples), random(...seed));
}

/** Indices of about `share` of the examples, and of the others; groups are not cut apart. */
export function holdOut(
  examples: readonly Example[],
  share: number,
  seed: number,
): { readonly held: Int32Array; readonly others: Int32Array } {
  const held = new Set<number>();
  for (const block of blocks(examples, "held-out examples", seed)) {
    if (held.size + block.length / 2 > share * examples.length && held.size > 0) continue;
    for (const i of block) held.add(i);
  }
  const all = Int32Array.from(examples.keys());
  const parts = { held: all.filter((i) => held.has(i)), others: all.filter((i) => !held.has(i)) };
  if (parts.others.length === 0) throw tooFew(examples, "to hold some out");
  return parts;
}

/**
 * Predictions of every example by a model that was trained without it and its group: each of `folds` parts is
 * predicted by a model trained on the others.
 */
export async function crossFitted(
  { examples, seed, fit }: Pick<MethodContext, "examples" | "seed" | "fit">,
  targets: Matrix,
  options: { folds: number; model?: ModelSpec },
): Promise<Matrix> {
  const { folds, model } = options;
  const foldOf = new Int32Array(examples.length);
  const sizes = new Array<number>(folds).fill(0);
  for (const block of blocks(examples, "folds", seed)) {
    const smallest = sizes.indexOf(Math.min(...sizes));
    sizes[smallest]! += block.length;
    for (const i of block) foldOf[i] = smallest;
  }
  if (sizes.includes(0)) throw tooFew(examples, `for ${folds} folds`);
  const out = { ...targets, data: new Float32Array(targets.data.length) };
  await Promise.all(
    sizes.map(async (_, fold) => {
      const rows = Int32Array.from(examples.keys()).filter((i) => foldOf[i] !== fold);
      const fitted = await fit({
        rows,
        targets: takeRows(targets, rows),
        predictTrain: true,
        ...(model && { model }),
      });
      for (const i of examples.keys()) if (foldOf[i] === fold) row(out, i).set(row(fitted.predictions.train!, i));
    }),
  );
  return out;
}

export function tooFew(examples: readonly Example[], what: string): WeakToStrongError {
  const groups = new Set(examples.map(({ group }, i) => group ?? `alone ${i}`)).size;
  return new WeakToStrongError(
    "failed",
    `There are too few training examples ${what}: found ${examples.length} in ${groups} groups, which stay together. Use more, or coarser groups.`,
  );
}
