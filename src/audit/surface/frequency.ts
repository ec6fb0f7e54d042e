import { indicators, judgedTexts, members, normalForm, type SurfaceFeature, type SurfaceRows } from "./columns.js";
import { programForm } from "./program.js";

/**
 * How often an example's answer occurs among the answers of its group: whether it is the most frequent one, alone or tied, and
 * its share. The answer is what the testbed says, else of a program what it says whatever its layout, else the last number
 * of the judged text, else the whole text.
 */
export function frequency({ inputs, groups, answers }: SurfaceRows): SurfaceFeature {
  const given = inputs.map((input, i) => {
    const said = answers?.[i];
    return said === undefined ? judgedTexts(input).map(finalAnswer) : [said];
  });
  const standing = new Float64Array(inputs.length);
  const share = new Float64Array(inputs.length);
  const rarer = new Float64Array(inputs.length);
  for (const rows of members(groups)) {
    const all = rows.flatMap((i) => given[i]!);
    const counts = new Map<string, number>();
    for (const answer of all) counts.set(answer, (counts.get(answer) ?? 0) + 1);
    const most = Math.max(...counts.values());
    const tied = [...counts.values()].filter((count) => count === most).length > 1;
    const rank = (answer: string | undefined) =>
      answer === undefined || counts.get(answer) !== most ? 0 : tied ? 1 : 2;
    for (const i of rows) {
      const [first, second] = given[i]!;
      const count = (answer: string | undefined) => (answer === undefined ? 0 : counts.get(answer)!);
      standing[i] = all.length === 1 ? -3 : rank(first) - rank(second);
      share[i] = (count(first) - count(second)) / Math.max(1, all.length);
      rarer[i] = Number(count(first) === 1) - Number(count(second) === 1);
    }
  }
  return {
    name: "answer frequency",
    about: "whether its answer is the most frequent one in its group",
    columns: [...indicators(standing), share, rarer],
  };
}

function finalAnswer(text: string): string {
  return (
    programForm(text) ??
    text
      .match(/-?\d[\d,]*(\.\d+)?/g)
      ?.at(-1)
      ?.replaceAll(",", "") ??
    normalForm(text)
  );
}
