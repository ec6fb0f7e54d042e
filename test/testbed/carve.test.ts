import { expect, test } from "vitest";
import { createTestbed, type ExampleRow } from "weak-to-strong";
import { carve } from "../../src/testbed/carve.js";
import { type SplitName, splitNames, type Testbed } from "../../src/testbed/testbed.js";
import { openTruth } from "../../src/testbed/truth.js";

const problems = (split: string, count: number, subset?: string): ExampleRow[] =>
  Array.from({ length: count }, (_, i) => i).flatMap((i) =>
    [true, false].map((label) => ({
      question: `${split} ${i}`,
      choice: label ? "right" : "wrong",
      label,
      consistency_id: `${split} ${i}`,
      consistency_key: label ? "1" : "2",
      ...(subset !== undefined && i % 2 === 0 && { subset }),
    })),
  );

const source = (changes: Partial<Record<SplitName, ExampleRow[]>> = {}) =>
  createTestbed({
    name: "checks",
    description: "Made up.",
    train_label: problems("label", 10),
    train_unlabel: problems("unlabel", 40),
    test: problems("test", 20, "even"),
    ...changes,
  });

const questions = ({ splits }: Testbed, split: SplitName) =>
  splits[split].dataset.inputs.map((input) => (input as { question: string }).question);

test("a share of train_unlabel is in the test split, with its truth, in whole groups", async () => {
  const testbed = await source();
  const carved = await carve(testbed, { share: 0.25 });
  expect(splitNames.map((name) => carved.splits[name].ids.length)).toEqual([20, 60, 60]);
  expect(carved.splits.train_label).toEqual(testbed.splits.train_label);
  const kept = new Set(questions(carved, "train_unlabel"));
  expect(questions(carved, "test").filter((question) => kept.has(question))).toEqual([]);
  const { test: labels } = openTruth(carved).labels;
  const { inputs } = carved.splits.test.dataset;
  expect(inputs.map((input) => ("choice" in input && input.choice === "right" ? 1 : 0))).toEqual([...labels]);
  expect(carved.splits.test.answers).toEqual(Array.from(labels, (label) => (label === 1 ? "1" : "2")));
  expect(carved.description).toBe("Made up. 20 of the 80 examples of train_unlabel were moved to test.");
  expect(carved.hash).not.toBe(testbed.hash);
});

test("subsets hold what they held", async () => {
  const [testbed, carved] = [await source(), await carve(await source(), { share: 0.25, seed: 7 })];
  const even = (of: Testbed) => Array.from(openTruth(of).subsets.even!, (row) => of.splits.test.ids[row]).toSorted();
  expect(carved.subsets).toEqual(["even"]);
  expect(even(carved)).toEqual(even(testbed));
  expect(even(carved).length).toBe(20);
});

test("the seed says which; nothing stands in the order of the rows", async () => {
  const testbed = await source();
  const [one, again, other] = await Promise.all([1, 1, 2].map((seed) => carve(testbed, { share: 0.25, seed })));
  expect(again).toEqual(one);
  expect(questions(other!, "test")).not.toEqual(questions(one!, "test"));
  expect(one!.splits.test.ids).toEqual(one!.splits.test.ids.toSorted());
});

test("copies of an input move together, and so does what hangs on them", async () => {
  // Every text stands twice, in different groups of two: a chain of four rows each.
  const train_unlabel = Array.from({ length: 40 }, (_, i) => [
    { text: `${i} one`, label: 0, group: `${i} a` },
    { text: `${i} both`, label: 0, group: `${i} a` },
    { text: `${i} both`, label: 0, group: `${i} b` },
    { text: `${i} two`, label: 1, group: `${i} b` },
  ]).flat();
  const plain = [
    { text: "good", label: 1 },
    { text: "bad", label: 0 },
  ];
  const testbed = await createTestbed({
    name: "copies",
    train_label: plain,
    train_unlabel,
    test: plain.map(({ text, label }) => ({ text: `a ${text}`, label })),
  });
  const carved = await carve(testbed, { share: 0.5 });
  const chains = carved.splits.test.dataset.inputs.map((input) => ("text" in input ? input.text.split(" ")[0]! : ""));
  expect(chains.length).toBe(82);
  for (const members of Map.groupBy(chains, (chain) => chain).values()) expect([2, 4]).toContain(members.length);
  const left = carved.splits.train_unlabel.dataset.inputs.map((input) => ("text" in input ? input.text : ""));
  for (const text of left) expect(chains).not.toContain(text.split(" ")[0]);
});

test("refuses a share that is none, and one that leaves a split without a class", async () => {
  const testbed = await source();
  await expect(carve(testbed, { share: 1 })).rejects.toThrow(
    "carve: share: expected a number between 0 and 1, found 1.",
  );
  await expect(carve(testbed, { share: 0.999 })).rejects.toMatchObject({ code: "bad_input" });
});
