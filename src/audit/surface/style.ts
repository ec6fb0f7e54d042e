import { bins, judgedTexts, type SurfaceFeature, type SurfaceRows } from "./columns.js";

/** How many marks are kept. */
const most = 40;

const rates: readonly ((text: string) => number)[] = [
  (text) => share(text, /\d/g),
  (text) => share(text, /\p{Lu}/gu),
  (text) => share(text, /[^\p{L}\d\s]/gu),
  (text) => text.split("\n").length,
  (text) => text.length / text.split(/\s+/).length,
  (text) => text.split(/[.!?]\s/).length,
];

/**
 * What tells who wrote a text, whatever it says: rates of digits, capitals, punctuation, lines and sentences, and marks
 * of form that some texts bear and others do not (see {@link marksOf}).
 */
export function style({ inputs }: SurfaceRows): SurfaceFeature {
  const texts = inputs.map(judgedTexts);
  const marks = texts.map((of) => of.map(marksOf));
  const kept = dividing(marks);
  // Each text of a preference has columns of its own: a rule may look at one of them only.
  const sides = [...Array(Math.max(...texts.map(({ length }) => length))).keys()];
  return {
    name: "style",
    about:
      "what tells who wrote it: rates of digits, capitals and punctuation, line and sentence structure, marks of form",
    columns: sides.flatMap((side) => [
      ...rates.flatMap((rate) =>
        bins(
          Float64Array.from(texts, (of) => rate(of[side] ?? "")),
          4,
        ),
      ),
      ...kept.map((mark) => Float64Array.from(marks, (of) => Number(of[side]?.has(mark) ?? false))),
    ]),
  };
}

/** Of the marks in 3% to 97% of the inputs those that divide them most evenly. */
function dividing(marks: readonly (readonly ReadonlySet<string>[])[]): string[] {
  const counts = new Map<string, number>();
  for (const texts of marks) {
    for (const mark of new Set(texts.flatMap((of) => [...of]))) counts.set(mark, (counts.get(mark) ?? 0) + 1);
  }
  return [...counts]
    .map(([mark, count]) => ({ mark, share: count / marks.length }))
    .filter(({ share }) => share >= 0.03 && share <= 0.97)
    .sort((a, b) => Math.abs(a.share - 0.5) - Math.abs(b.share - 0.5) || (a.mark < b.mark ? -1 : 1))
    .slice(0, most)
    .map(({ mark }) => mark);
}

/**
 * Form without content: runs of punctuation (`####`, `->`, `$`), kinds of indentation, how identifiers are written, the first
 * word of each line and sentence, and the frame of the last line.
 */
function marksOf(text: string): ReadonlySet<string> {
  const lines = text.split("\n");
  const sentences = text.split(/\n|[.!?]\s+/).filter((sentence) => sentence.trim() !== "");
  return new Set([
    ...(text.match(/[^\p{L}\d\s]+/gu) ?? []).map((run) => `run ${run.slice(0, 8)}`),
    ...lines.flatMap((line) => line.match(/^[ \t]+/)?.map((indent) => `indent ${indent.slice(0, 9)}`) ?? []),
    ...sentences.flatMap(
      (sentence) =>
        sentence
          .trim()
          .match(/^\p{L}+/u)
          ?.map((word) => `starts ${word.toLowerCase()}`) ?? [],
    ),
    `ends ${lines.at(-1)!.trim().split(/\s+/).slice(0, 2).join(" ").replace(/\d+/g, "0")}`,
    ...(/\p{L}_\p{L}/u.test(text) ? ["snake_case"] : []),
    ...(/\p{Ll}\p{Lu}/u.test(text) ? ["camelCase"] : []),
    ...(/\s$/.test(text) ? ["space at the end"] : []),
    ...(/\d\s[-+*/=]\s\d/.test(text) ? ["spaced sums"] : []),
    ...(/\d[-+*/=]\d/.test(text) ? ["tight sums"] : []),
  ]);
}

function share(text: string, pattern: RegExp): number {
  return (text.match(pattern)?.length ?? 0) / Math.max(1, text.length);
}
