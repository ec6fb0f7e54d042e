import type { Input } from "../../data/dataset.js";
import {
  bins,
  indicators,
  judgedTexts,
  measured,
  members,
  normalForm,
  type SurfaceFeature,
  type SurfaceRows,
} from "./columns.js";

/** How long the judged text is, in characters and words, and whether it is the longest or shortest of its group. */
export function length({ inputs, groups }: SurfaceRows): SurfaceFeature {
  const characters = Float64Array.from(inputs, (input) => measured(input, (text) => text.length));
  const words = Float64Array.from(inputs, (input) => measured(input, (text) => text.split(/\s+/).length));
  const extreme = (of: (...values: number[]) => number) => {
    const column = new Float64Array(inputs.length);
    for (const rows of members(groups)) {
      const most = of(...rows.map((i) => characters[i]!));
      if (rows.length > 1) for (const i of rows) column[i] = Number(characters[i] === most);
    }
    return column;
  };
  return {
    name: "length",
    about: "how long it is, and whether it is the longest or shortest of its group",
    columns: [...bins(characters, 10), ...bins(words, 10), extreme(Math.max), extreme(Math.min)],
  };
}

/** Where an example stands in the split and in its group. */
export function position({ rows, groups }: SurfaceRows): SurfaceFeature {
  const place = new Float64Array(rows.length);
  const last = new Float64Array(rows.length);
  for (const group of members(groups)) {
    for (const [at, i] of group.entries()) place[i] = group.length === 1 ? -1 : Math.min(at, 4);
    if (group.length > 1) last[group.at(-1)!] = 1;
  }
  return {
    name: "position",
    about: "its row number, even or odd, and its place in its group",
    columns: [
      ...bins(Float64Array.from(rows), 10),
      Float64Array.from(rows, (row) => row % 2),
      ...indicators(place),
      last,
    ],
  };
}

/** Whether nearly the same text occurs again, in the test rows or in the training examples. */
export function duplicates({ inputs, train }: SurfaceRows): SurfaceFeature {
  const counts = (all: readonly Input[]) => {
    const found = new Map<string, number>();
    for (const text of all.flatMap(judgedTexts)) {
      const form = normalForm(text);
      found.set(form, (found.get(form) ?? 0) + 1);
    }
    return (text: string) => found.get(normalForm(text)) ?? 0;
  };
  const [here, there] = [counts(inputs), counts(train.inputs)];
  const column = (figure: (text: string) => number) => Float64Array.from(inputs, (input) => measured(input, figure));
  return {
    name: "duplicates",
    about: "whether the same text but for digits and punctuation occurs again",
    columns: [
      column((text) => Number(here(text) > 1)),
      column((text) => Number(here(text) > 3)),
      column((text) => Number(there(text) > 0)),
      column((text) => Number(there(text) > 3)),
    ],
  };
}
