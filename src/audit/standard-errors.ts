import { studentQuantile } from "../stats/student.js";

/** As good as the normal distribution: what intervals of many examples stand on. */
export const manyDegrees = 1e6;

interface Estimated {
  readonly estimate: number;
  readonly interval: readonly [low: number, high: number];
  readonly level: number;
}

/** The standard error that the lower half of an interval stands for, as if the estimate were normal on that side. */
export function errorBelow({ estimate, interval, level }: Estimated): number {
  return (estimate - interval[0]) / studentQuantile((1 + level) / 2, manyDegrees);
}

export function errorAbove({ estimate, interval, level }: Estimated): number {
  return (interval[1] - estimate) / studentQuantile((1 + level) / 2, manyDegrees);
}
