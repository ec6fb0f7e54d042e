import { bad, type Parsed } from "./scores.js";
import { listMean } from "./terms.js";

/** Checks groups and numbers them from 0; an example with a negative number is a group of its own. */
export function parseGroups(groups: ArrayLike<number> | undefined, list: Parsed): Int32Array | undefined {
  if (groups === undefined) return undefined;
  if (list.kind === "accuracies") {
    throw bad('"groups" needs per-example scores: accuracies do not say which examples were right.');
  }
  if (groups.length !== list.n) {
    throw bad(`"groups" has ${groups.length} entries but there are ${list.n} test examples: give one number each.`);
  }
  const numbers = new Map<number, number>();
  let next = 0;
  return Int32Array.from(groups, (group, i) => {
    if (!Number.isInteger(group)) throw bad(`"groups[${i}]" must be a whole number, found ${group}.`);
    if (group < 0) return next++;
    const number = numbers.get(group) ?? next++;
    numbers.set(group, number);
    return number;
  });
}

/**
 * One value a group in place of one a test example, so that the group is what was drawn: the group's sum of deviations
 * from the list's mean, times G / n, plus that mean. The mean over groups is the mean over examples, and the spread of
 * the groups' sizes adds nothing to the variance (linearisation of a ratio; Cochran 1977, section 9A).
 */
export function byGroup(list: Parsed, groups: Int32Array | undefined): Parsed {
  if (groups === undefined || list.kind === "accuracies") return list;
  const count = groups.reduce((max, group) => Math.max(max, group), -1) + 1;
  const centre = listMean(list);
  const scale = count / list.n;
  const matrix = list.matrix.map((row) => {
    const sums = new Float64Array(count).fill(centre);
    for (let i = 0; i < row.length; i++) sums[groups[i]!]! += (row[i]! - centre) * scale;
    return sums;
  });
  return { kind: "examples", matrix, n: count };
}
