import { contentHash } from "../data/canonical.js";
import { dataset, type Kind } from "../data/dataset.js";
import { WeakToStrongError } from "../errors.js";
import { checkSplits, type Handling } from "./checks.js";
import type { ExampleRow, SourceExample } from "./examples.js";
import { type Pair, type Split, type SplitName, splitNames, type Testbed } from "./testbed.js";
import { sealTruth } from "./truth.js";

/** Rows in the format of one kind: an array, or anything that can be iterated over. */
export type RowSource = Iterable<ExampleRow> | AsyncIterable<ExampleRow>;

/** What a testbed is made of. */
export interface TestbedOptions {
  readonly name: string;
  readonly train_label: RowSource;
  readonly train_unlabel: RowSource;
  readonly test: RowSource;
  /** Default: what the first row's fields are those of. */
  readonly kind?: Kind;
  /** Names of the classes. Default: `A`, `B` for preference, `false`, `true` for verification, else the numbers. */
  readonly classes?: readonly string[];
  readonly description?: string;
  /** The same input in two splits. Default "refuse"; "drop" keeps it in the last of them (test before training). */
  readonly duplicates?: Handling;
  /** The same input with different labels. Default "refuse"; "drop" leaves all of them out. */
  readonly conflicts?: Handling;
  readonly pair?: Pair;
}

/**
 * Makes a testbed of rows in the formats of docs/own-data.md.
 *
 * Errors: `bad_input`, naming row and field, when a row has not the format of its kind, a split lacks a class, an input
 * stands in two splits or with two labels, or a group is cut apart.
 */
export async function createTestbed(options: TestbedOptions): Promise<Testbed> {
  const { name, duplicates = "refuse", conflicts = "refuse" } = options;
  // Imported when a testbed is made: a schema library is most of what the root entry would weigh.
  const { kindOf, parseExample } = await import("./examples.js");
  let kind = options.kind;
  const source = {} as Record<SplitName, SourceExample[]>;
  for (const split of splitNames) {
    const examples: SourceExample[] = [];
    let index = 0;
    if (typeof options[split] !== "object" || options[split] === null) {
      throw new WeakToStrongError(
        "bad_input",
        `Testbed "${name}": ${split}: expected an array or (async) iterable of rows, found ${options[split] === undefined ? "nothing" : typeof options[split]}.`,
      );
    }
    for await (const located of options[split]) {
      const { row, where } = locate(located, `${split}[${index++}]`);
      kind ??= kindOf(row);
      if (kind === undefined) throw unknownKind(row, where);
      const example = typeof row === "object" && row !== null ? parseExample(kind, row, where) : ["expected an object"];
      if (Array.isArray(example)) throw malformed(name, where, kind, example);
      examples.push(example);
    }
    source[split] = examples;
  }
  const classes = options.classes ?? defaultClasses(name, kind ?? "classification", Object.values(source).flat());
  const checked = checkSplits(name, source, classes, { duplicates, conflicts });
  return seal({ ...options, name, kind: kind ?? "classification", classes }, checked);
}

function seal(
  options: TestbedOptions & { readonly kind: Kind; readonly classes: readonly string[] },
  source: Readonly<Record<SplitName, readonly SourceExample[]>>,
): Testbed {
  const groups = new Map<string, number>();
  const labels = {} as Record<SplitName, Int32Array>;
  const splits = {} as Record<SplitName, Split>;
  let subsets = new Map<string, number[]>();
  for (const name of splitNames) {
    const { ids, examples } = opaqueOrder(source[name]);
    labels[name] = Int32Array.from(examples, ({ label }) => label);
    const grouped = examples.some(({ group }) => group !== undefined);
    const answered = examples.some(({ answer }) => answer !== undefined);
    splits[name] = Object.freeze({
      dataset: dataset(examples.map(({ input }) => input)),
      ids: Object.freeze(ids),
      ...(grouped && { groups: Int32Array.from(examples, ({ group }) => numberOf(groups, group)) }),
      ...(answered && { answers: Object.freeze(examples.map(({ answer }) => answer)) }),
    });
    if (name === "test") {
      const named = [...examples.keys()].filter((index) => examples[index]!.subset !== undefined);
      subsets = Map.groupBy(named, (index) => examples[index]!.subset!);
    }
  }
  const hashes = splitNames.map((name) => splits[name].dataset.hash);
  const truth = {
    hash: contentHash([hashes, labels, subsets.size > 0 ? [...subsets] : null]),
    labels,
    subsets: Object.fromEntries([...subsets].map(([name, rows]) => [name, Int32Array.from(rows)])),
  };
  const hash = contentHash([options.kind, options.classes, hashes]);
  const testbed: Testbed = Object.freeze({
    name: options.name,
    kind: options.kind,
    classes: Object.freeze([...options.classes]),
    description: options.description ?? "",
    hash,
    splits: Object.freeze(splits),
    subsets: Object.freeze([...subsets.keys()].sort()),
    ...(options.pair && { pair: options.pair }),
  });
  sealTruth(testbed, truth);
  return testbed;
}

/** Ids are hashes of the inputs, and the order is the ids': a source's own ids and order can tell the label. */
function opaqueOrder(examples: readonly SourceExample[]): { ids: string[]; examples: SourceExample[] } {
  const named = examples.map((example) => ({ id: contentHash(example.input).slice(0, 16), example }));
  named.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  const ids = named.map(({ id }, index) => {
    let copies = 0;
    while (named[index - copies - 1]?.id === id) copies++;
    return copies === 0 ? id : `${id}-${copies + 1}`;
  });
  return { ids, examples: named.map(({ example }) => example) };
}

function numberOf(groups: Map<string, number>, group: string | undefined): number {
  if (group === undefined) return -1;
  if (!groups.has(group)) groups.set(group, groups.size);
  return groups.get(group)!;
}

function defaultClasses(testbed: string, kind: Kind, examples: readonly SourceExample[]): string[] {
  if (kind === "preference") return ["A", "B"];
  if (kind === "verification") return ["false", "true"];
  const last = examples.reduce(
    (max, example) => (example.label > max.label ? example : max),
    examples[0] ?? { label: 1, where: "" },
  );
  const largest = Math.max(1, last.label);
  if (largest >= mostClasses) {
    throw new WeakToStrongError(
      "bad_input",
      `Testbed "${testbed}", ${last.where}: label ${last.label}: classes are numbered 0, 1, ..., and at most ${mostClasses} are taken. Renumber the labels.`,
    );
  }
  return Array.from({ length: largest + 1 }, (_, index) => String(index));
}

const mostClasses = 10_000;

/** A row that a file reader has already located. */
export class LocatedRow {
  readonly row: unknown;
  readonly where: string;
  constructor(row: unknown, where: string) {
    this.row = row;
    this.where = where;
  }
}

function locate(row: unknown, where: string): { row: unknown; where: string } {
  return row instanceof LocatedRow ? row : { row, where };
}

function unknownKind(row: unknown, where: string): WeakToStrongError {
  const found =
    typeof row === "object" && row !== null
      ? `the fields ${Object.keys(row).join(", ") || "(none)"}`
      : JSON.stringify(row);
  return new WeakToStrongError(
    "bad_input",
    `${where}: cannot tell what kind of example this is: found ${found}; expected {text, label}, {image, label}, {prompt, first, second, label} or {question, choice, label}.`,
  );
}

function malformed(testbed: string, where: string, kind: Kind, problems: readonly string[]): WeakToStrongError {
  return new WeakToStrongError(
    "bad_input",
    `Testbed "${testbed}", ${where}: not a ${kind} example: ${problems.join("; ")}.`,
  );
}
