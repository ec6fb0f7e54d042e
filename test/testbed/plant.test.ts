import { expect, test } from "vitest";
import { createTestbed, type ExampleRow } from "weak-to-strong";
import { canary } from "../../src/data/canaries.js";
import { plantCanaries } from "../../src/testbed/plant.js";
import { splitNames, type Testbed } from "../../src/testbed/testbed.js";
import { openTruth } from "../../src/testbed/truth.js";

const problems = (split: string, count: number, subset?: string): ExampleRow[] =>
  Array.from({ length: count }, (_, i) => i).flatMap((i) =>
    [true, false].map((label) => ({
      question: `${split} ${i}`,
      choice: label ? "return a + b" : "return a - b",
      label,
      consistency_id: `${split} ${i}`,
      consistency_key: label ? "1" : "2",
      ...(subset !== undefined && i % 2 === 0 && { subset }),
    })),
  );

const source = () =>
  createTestbed({
    name: "code",
    kind: "verification",
    description: "Made up.",
    train_label: problems("label", 10),
    train_unlabel: problems("unlabel", 20),
    test: problems("test", 30, "even"),
  });

/** What is known of each example of a split, by its text. */
function known(testbed: Testbed, split: (typeof splitNames)[number]) {
  const { labels, subsets } = openTruth(testbed);
  const { dataset, groups, answers } = testbed.splits[split];
  const rows = dataset.inputs.map((input, row) => {
    const partners = dataset.inputs.filter((_, other) => groups![other] === groups![row] && groups![row]! >= 0);
    const subset = split === "test" && subsets.even!.includes(row);
    return [JSON.stringify(input), { label: labels[split][row], answer: answers?.[row], partners, subset }] as const;
  });
  return new Map(rows);
}

test("each mark has one example, alone and rightly labelled; all others are what they were", async () => {
  const [testbed, marks] = [await source(), Array.from("12345", (digit) => digit.repeat(12))];
  const planted = await plantCanaries(testbed, marks);
  expect(splitNames.map((name) => planted.splits[name].ids.length)).toEqual([20, 40 + 3, 60 + 2]);
  const found = splitNames.flatMap((name) => {
    const [before, after] = [known(testbed, name), known(planted, name)];
    for (const [text, facts] of before) {
      expect(after.get(text)).toEqual(facts);
      after.delete(text);
    }
    return [...after].map(([text, facts]) => ({ name, text, ...facts }));
  });
  expect(found.every(({ label, partners, subset }) => label === 1 && partners.length === 0 && !subset)).toBe(true);
  const where = marks.map((mark) => found.filter(({ text }) => text === JSON.stringify(canary(mark))));
  expect(where.map((rows) => rows.map(({ name }) => name))).toEqual([
    ["train_unlabel"],
    ["test"],
    ["train_unlabel"],
    ["test"],
    ["train_unlabel"],
  ]);
  expect(planted).toMatchObject({ name: "code", kind: "verification", classes: testbed.classes });
});

test("the same marks make the same testbed, others another, and none the one that was given", async () => {
  const testbed = await source();
  const [one, again, other, none] = await Promise.all(
    [["0123456789ab"], ["0123456789ab"], ["ba9876543210"], []].map((marks) => plantCanaries(testbed, marks)),
  );
  expect(again).toEqual(one);
  expect(other!.hash).not.toBe(one!.hash);
  expect(none).toEqual(testbed);
});

test("what does not verify code hides none", async () => {
  const rows = (split: string) => [0, 1].map((label) => ({ text: `${split} ${label}`, label }));
  const words = await createTestbed({
    name: "words",
    train_label: rows("a"),
    train_unlabel: rows("b"),
    test: rows("c"),
  });
  await expect(plantCanaries(words, ["0".repeat(12)])).rejects.toMatchObject({
    code: "bad_input",
    message:
      'canaries: the testbed "words" is of the kind classification; only code that is to be verified can hide a canary.',
  });
});
