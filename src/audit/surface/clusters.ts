import { random } from "../../data/random.js";
import type { Columns } from "../ridge.js";
import { indicators, type SurfaceFeature } from "./columns.js";

/**
 * Which of eight clusters of the style columns an example falls in, so that labels given by cluster are seen even where they
 * are no sum of marks. Lloyd's (1982) k-means from k-means++ starts (Arthur & Vassilvitskii 2007), with a fixed seed.
 */
export function clusters(style: Columns): SurfaceFeature {
  return {
    name: "style clusters",
    about: "which cluster of style it falls in, of eight",
    columns: indicators(kMeans(style.map(standardised), 8)),
  };
}

function kMeans(columns: Columns, k: number): Int32Array {
  const n = columns[0]?.length ?? 0;
  const uniform = random("style clusters");
  const point = (i: number) => Float64Array.from(columns, (column) => column[i]!);
  const distance = (i: number, centre: Float64Array) =>
    columns.reduce((sum, column, j) => sum + (column[i]! - centre[j]!) ** 2, 0);
  const centres = [point(Math.floor(uniform() * n))];
  const nearest = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
  while (centres.length < k) {
    for (let i = 0; i < n; i++) nearest[i] = Math.min(nearest[i]!, distance(i, centres.at(-1)!));
    // The next start is drawn with the squared distance to the nearest one so far as its weight.
    const drawn = uniform() * nearest.reduce((sum, value) => sum + value, 0);
    let passed = 0;
    let next = 0;
    while (next < n - 1 && passed + nearest[next]! < drawn) passed += nearest[next++]!;
    centres.push(point(next));
  }
  let owner = new Int32Array(n);
  for (let round = 0; round < 20; round++) {
    const before = owner;
    owner = before.map((_, i) => {
      const distances = centres.map((centre) => distance(i, centre));
      return distances.indexOf(Math.min(...distances));
    });
    if (round > 0 && owner.every((at, i) => at === before[i])) break;
    for (const [c, centre] of centres.entries()) {
      const mine = [...owner.keys()].filter((i) => owner[i] === c);
      if (mine.length > 0)
        for (const [j, column] of columns.entries())
          centre[j] = mine.reduce((sum, i) => sum + column[i]!, 0) / mine.length;
    }
  }
  return owner;
}

function standardised(column: Float64Array): Float64Array {
  const centre = column.reduce((sum, value) => sum + value, 0) / column.length;
  const spread = Math.sqrt(column.reduce((sum, value) => sum + (value - centre) ** 2, 0) / column.length);
  return column.map((value) => (spread > 0 ? (value - centre) / spread : 0));
}
