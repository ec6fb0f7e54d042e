import type { Input } from "../../data/dataset.js";
import type { AuditRows } from "../case.js";
import type { Columns } from "../ridge.js";

/** Something about examples that can be seen without understanding them. */
export interface SurfaceFeature {
  readonly name: string;
  /** What its columns hold, in words. */
  readonly about: string;
  readonly columns: Columns;
}

/** The rows that are looked at, with all that a method can see of them. */
export interface SurfaceRows {
  readonly inputs: readonly Input[];
  /** Row numbers in the test split. */
  readonly rows: Int32Array;
  /** From 0; rows of one question or document share a number. */
  readonly groups: Int32Array;
  readonly answers?: readonly (string | undefined)[];
  /** What the method trains on. */
  readonly train: AuditRows;
}

/**
 * A figure about a judged text, as a figure about its input: that of the text or choice, of a preference that of `first` minus
 * that of `second`; 0 for an image.
 */
export function measured(input: Input, figure: (text: string) => number): number {
  if ("text" in input) return figure(input.text);
  if ("choice" in input) return figure(input.choice);
  if ("first" in input) return figure(input.first) - figure(input.second);
  return 0;
}

/** The texts of an input that are judged. */
export function judgedTexts(input: Input): readonly string[] {
  if ("text" in input) return [input.text];
  if ("choice" in input) return [input.choice];
  return "first" in input ? [input.first, input.second] : [];
}

/** What a text is once digits, letters' case, punctuation and spaces are set aside. */
export function normalForm(text: string): string {
  return text
    .toLowerCase()
    .replace(/\d+/g, "0")
    .replace(/[^\p{L}0]+/gu, " ")
    .trim();
}

/** One 0/1 column for each of at most `bins` ranges with about equally many rows; equal values share a range. */
export function bins(values: Float64Array, count: number): Float64Array[] {
  const sorted = values.toSorted();
  const cuts = [
    ...new Set(Array.from({ length: count - 1 }, (_, k) => sorted[Math.floor(((k + 1) * values.length) / count)]!)),
  ];
  const bin = values.map((value) => cuts.filter((cut) => value >= cut).length);
  return Array.from({ length: cuts.length + 1 }, (_, k) => bin.map((at) => Number(at === k)));
}

/** One 0/1 column for each number that occurs. */
export function indicators(values: ArrayLike<number>): Float64Array[] {
  return [...new Set(Array.from(values))].map((one) => Float64Array.from(values, (value) => Number(value === one)));
}

/** The rows of each group. */
export function members(groups: Int32Array): number[][] {
  return [...Map.groupBy(groups.keys(), (i) => groups[i]!).values()];
}
