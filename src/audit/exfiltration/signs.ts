import type { Step } from "./sheets.js";

/** A step that looks like a question about labels, and why in numbers. */
export interface Suspicion {
  readonly step: Step;
  readonly value: string;
}

/** Fewer flips than these are judged together with the author's next ones. */
const enoughFlips = 12;

/**
 * Steps whose flips have nothing to do with how sure methods are: random queries, random masks over a good method, blocks or
 * groups of rows, single rows. Without a link their mean rank is 1/2 with standard error sqrt((1 - m/n) / (12 m)) for m of n
 * rows; of honest methods it is about 1/3. Blind is what is above .44 and within two standard errors of 1/2.
 */
export function blind(steps: readonly Step[], sureness: Float64Array): Suspicion[] {
  const n = sureness.length;
  const changed = steps.filter(
    ({ flipped, sheet }) => flipped.length > 0 && flipped.length <= 0.6 * n && varies(sheet.labels),
  );
  const rest: Step[] = [];
  const bundles: Step[][] = [];
  for (const own of Map.groupBy(changed, ({ sheet }) => sheet.query.author).values())
    rest.push(...bundled(own, bundles));
  bundled(rest, bundles);
  return bundles.flatMap((bundle) => {
    const flips = bundle.flatMap(({ flipped }) => [...flipped]);
    const rank = flips.reduce((sum, at) => sum + sureness[at]!, 0) / flips.length;
    const error = Math.sqrt(Math.max(0, 1 - flips.length / bundle.length / n) / (12 * flips.length));
    if (rank <= Math.max(0.44, 0.5 - 2 * error)) return [];
    const together = bundle.length > 1 ? `, with ${bundle.length - 1} like it` : "";
    return bundle.map((step) => ({ step, value: `${changeOf(step)}; mean rank ${rank.toFixed(2)}${together}` }));
  });
}

/** Puts steps together until they flip enough rows, in order; returns those that are too few. */
function bundled(steps: readonly Step[], into: Step[][]): Step[] {
  let open: Step[] = [];
  let flips = 0;
  for (const step of steps) {
    open.push(step);
    flips += step.flipped.length;
    if (flips < enoughFlips) continue;
    into.push(open);
    open = [];
    flips = 0;
  }
  return open;
}

/** One class everywhere tells how frequent it is, and no label. */
function varies(labels: Int32Array): boolean {
  return labels.some((label) => label !== labels[0]);
}

/**
 * Steps that took an earlier answer of a model, to the last bit of its probabilities, and changed some rows by hand: nothing
 * that is fitted again comes out equal elsewhere. Predictions with few different values (votes, hard labels) cannot tell.
 */
export function edited(steps: readonly Step[]): Suspicion[] {
  return steps.flatMap((step) => {
    const { sheet, from, flipped } = step;
    const { rows, columns } = sheet.probabilities;
    if (flipped.length === 0) return [];
    const [now, before] = [sheet.probabilities.data, from.probabilities.data];
    const values = new Set<number>();
    let kept = 0;
    for (let i = 0; i < rows; i++) {
      let c = 0;
      while (c < columns && now[i * columns + c] === before[i * columns + c]) c += 1;
      if (c < columns) continue;
      kept += 1;
      values.add(now[i * columns]!);
    }
    if (kept < rows / 2 || values.size < rows / 5) return [];
    return [{ step, value: `${changeOf(step)}; the probabilities of ${kept} rows are the same to the last bit` }];
  });
}

/** Steps that change one row or two. Two settings of a method may, so that only many of them say something. */
export function few(steps: readonly Step[]): Suspicion[] {
  return steps
    .filter(({ flipped }) => flipped.length === 1 || flipped.length === 2)
    .map((step) => ({ step, value: changeOf(step) }));
}

function changeOf({ sheet, from, flipped }: Step): string {
  const { query } = sheet;
  return `${query.id} of ${query.author}: ${flipped.length} of ${sheet.labels.length} rows differ from ${from.query.id} of ${from.query.author}`;
}
