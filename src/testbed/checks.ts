import { contentHash } from "../data/canonical.js";
import { WeakToStrongError } from "../errors.js";
import type { SourceExample } from "./examples.js";
import { type SplitName, splitNames } from "./testbed.js";

/** What to do with examples that spoil a measurement: throw, leave them out, or keep them. */
export type Handling = "refuse" | "drop" | "keep";

type Splits = Readonly<Record<SplitName, readonly SourceExample[]>>;

/** Checks what only the whole testbed shows, and returns the examples that stay. */
export function checkSplits(
  testbed: string,
  source: Splits,
  classes: readonly string[],
  handling: { readonly duplicates: Handling; readonly conflicts: Handling },
): Splits {
  const fail = (message: string): never => {
    throw new WeakToStrongError("bad_input", `Testbed "${testbed}": ${message}`);
  };
  const all = splitNames.flatMap((split) =>
    source[split].map((example) => ({ split, example, key: contentHash(example.input) })),
  );
  for (const { example } of all) {
    if (example.label >= classes.length) {
      fail(
        `${example.where}: label ${example.label}, but there are ${classes.length} classes (0 to ${classes.length - 1}).`,
      );
    }
  }
  const dropped = new Set<SourceExample>();
  const byInput = Map.groupBy(all, ({ key }) => key);

  const conflicts = [...byInput.values()].filter((same) => new Set(same.map(({ example }) => example.label)).size > 1);
  if (conflicts.length > 0 && handling.conflicts === "refuse") {
    fail(
      `${count(conflicts.length, "input stands", "inputs stand")} with different labels, so that nobody can be right about them: ${firstThree(conflicts)}. Correct the labels, or pass conflicts: "drop" (leaves them all out) or "keep".`,
    );
  }
  if (handling.conflicts === "drop") for (const same of conflicts) for (const { example } of same) dropped.add(example);

  const duplicates = [...byInput.values()].filter((same) => new Set(same.map(({ split }) => split)).size > 1);
  const open = duplicates.filter((same) => same.some(({ example }) => !dropped.has(example)));
  if (open.length > 0 && handling.duplicates === "refuse") {
    fail(
      `${count(open.length, "input stands", "inputs stand")} in more than one split, so that training would see what is measured: ${firstThree(open)}. Take them out, or pass duplicates: "drop" (keeps each in its last split only) or "keep".`,
    );
  }
  if (handling.duplicates === "drop") {
    for (const same of open) {
      const last = same.at(-1)!.split;
      for (const { split, example } of same) if (split !== last) dropped.add(example);
    }
  }

  const groups = Map.groupBy(
    all.filter(({ example }) => example.group !== undefined),
    ({ example }) => example.group!,
  );
  const cut = [...groups.values()].filter((same) => new Set(same.map(({ split }) => split)).size > 1);
  if (cut.length > 0) {
    fail(
      `${count(cut.length, "group has", "groups have")} examples in more than one split: ${firstThree(cut)}. Cut by group; splitExamples(examples, { group }) does.`,
    );
  }

  const kept = Object.fromEntries(
    splitNames.map((split) => [split, source[split].filter((example) => !dropped.has(example))]),
  );
  for (const split of splitNames) {
    const examples = kept[split]!;
    if (examples.length === 0) fail(`the split ${split} is empty.`);
    const missing = classes.filter((_, label) => !examples.some((example) => example.label === label));
    if (missing.length > 0) {
      fail(
        `the split ${split} (${examples.length} examples) has no example of ${missing.length === 1 ? "class" : "the classes"} ${missing
          .slice(0, 3)
          .map((name) => `"${name}"`)
          .join(
            ", ",
          )}${missing.length > 3 ? ` and ${missing.length - 3} more` : ""}. Every split needs every class; splitExamples stratifies by label.`,
      );
    }
  }
  return kept as unknown as Splits;
}

function firstThree(found: readonly (readonly { readonly example: SourceExample }[])[]): string {
  const shown = found.slice(0, 3).map((same) => {
    const { input, group } = same[0]!.example;
    const text = JSON.stringify(Object.values(input).join(" / "));
    const what =
      group !== undefined && same.length > 3 ? `group "${group}"` : text.length > 70 ? `${text.slice(0, 66)}…"` : text;
    const distinct = [...new Map(same.map(({ example }) => [example.where.split(/[[ ]/)[0], example.where])).values()];
    return `${what} (${(distinct.length > 1 ? distinct : same.slice(0, 2).map(({ example }) => example.where)).join(", ")})`;
  });
  return shown.join("; ") + (found.length > 3 ? `; and ${found.length - 3} more` : "");
}

function count(n: number, one: string, many: string): string {
  return `${n} ${n === 1 ? one : many}`;
}
