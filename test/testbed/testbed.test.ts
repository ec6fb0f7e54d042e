import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  brown,
  createTestbed,
  digits,
  type ExampleRow,
  loadTestbed,
  splitExamples,
  type TestbedOptions,
} from "weak-to-strong";
import { openTruth } from "../../src/testbed/truth.js";

const rows = (prefix: string): ExampleRow[] => [
  { text: `${prefix} good`, label: 1 },
  { text: `${prefix} bad`, label: 0 },
];
const options = (changes: Partial<TestbedOptions> = {}): TestbedOptions => ({
  name: "tiny",
  train_label: rows("a"),
  train_unlabel: rows("b"),
  test: rows("c"),
  ...changes,
});

test("rows of each kind become inputs without labels, and truth", async () => {
  const testbed = await createTestbed(options());
  expect(testbed).toMatchObject({ kind: "classification", classes: ["0", "1"] });
  expect(testbed.splits.test.dataset.inputs).toContainEqual({ text: "c good" });
  const preference = (n: number): ExampleRow[] => [
    { prompt: `p${n}`, first: "x", second: "y", label: "A" },
    { prompt: `p${n}`, first: "y", second: "x", label: "B" },
  ];
  const pairs = await createTestbed({
    name: "p",
    train_label: preference(1),
    train_unlabel: preference(2),
    test: preference(3),
  });
  expect(pairs).toMatchObject({ kind: "preference", classes: ["A", "B"] });
  const verification = (n: number): ExampleRow[] => [
    { question: `q${n}`, choice: "1", label: true, consistency_id: n, consistency_key: "1" },
    { question: `q${n}`, choice: "2", label: false, consistency_id: n, consistency_key: "2" },
  ];
  const checks = await createTestbed({
    name: "v",
    train_label: verification(1),
    train_unlabel: verification(2),
    test: verification(3),
  });
  expect(checks).toMatchObject({ kind: "verification", classes: ["false", "true"] });
  expect(checks.splits.test.groups).toEqual(Int32Array.of(2, 2));
  const { inputs } = checks.splits.test.dataset;
  const truth = openTruth(checks).labels.test;
  expect([...truth.keys()].map((i) => [inputs[i], checks.splits.test.answers?.[i], truth[i]])).toEqual(
    expect.arrayContaining([
      [{ question: "q3", choice: "1" }, "1", 1],
      [{ question: "q3", choice: "2" }, "2", 0],
    ]),
  );
});

test("neither the order nor the ids of the source tell anything", async () => {
  const sorted = (n: string): ExampleRow[] =>
    Array.from({ length: 20 }, (_, i) => ({ id: `label-${i < 10 ? 0 : 1}`, text: `${n} ${i}`, label: i < 10 ? 0 : 1 }));
  const one = await createTestbed({
    name: "t",
    train_label: sorted("a"),
    train_unlabel: sorted("b"),
    test: sorted("c"),
  });
  const other = await createTestbed({
    name: "t",
    train_label: sorted("a").reverse(),
    train_unlabel: sorted("b").reverse(),
    test: sorted("c").reverse(),
  });
  expect(other).toEqual(one);
  expect([...openTruth(one).labels.test].join("")).not.toMatch(/^0*1*$/);
  expect(JSON.stringify(one)).not.toContain("label-0");
  const relabelled = await createTestbed({
    name: "t",
    train_label: sorted("a"),
    train_unlabel: sorted("b"),
    test: sorted("c").map((row) => ({ ...row, label: 1 - (row.label as number) }) as ExampleRow),
  });
  expect(relabelled.splits).toEqual(one.splits);
  expect(relabelled.hash).toBe(one.hash);
  expect(openTruth(relabelled).hash).not.toBe(openTruth(one).hash);
});

test("subsets and difficulty stay with the truth", async () => {
  const marked = rows("c").map((row, i) => ({ ...row, subset: `secret-${i}`, difficulty: 0.123 }));
  const testbed = await createTestbed(options({ test: marked }));
  expect(testbed.subsets).toEqual(["secret-0", "secret-1"]);
  expect(JSON.stringify(testbed.splits)).not.toMatch(/secret|0\.123/);
  expect(Object.values(openTruth(testbed).subsets).map((subset) => subset.length)).toEqual([1, 1]);
});

test.each<[string, Partial<TestbedOptions>, RegExp]>([
  [
    "an empty text",
    { test: [{ text: " ", label: 1 }] },
    /"tiny", test\[0\]: .*`text`: expected a text, found an empty one; found " "/,
  ],
  [
    "a label of another type",
    { test: [{ text: "x", label: "1" } as never] },
    /test\[0\].*field `label`.*number.*found "1"/,
  ],
  ["a label that is no number", { test: [{ text: "x", label: Number.NaN }] }, /field `label`.*NaN/],
  [
    "an unknown form",
    { train_label: [{ sentence: "x" } as never] },
    /train_label\[0\]: cannot tell what kind.*sentence.*\{text, label\}/,
  ],
  ["something that is no object", { train_label: ["x" as never] }, /train_label\[0\]: cannot tell/],
  ["mixed kinds", { test: [{ question: "q", choice: "c", label: true }] }, /test\[0\]: not a classification example/],
  [
    "a split without a class",
    { train_unlabel: [{ text: "x", label: 1 }] },
    /train_unlabel \(1 examples\) has no example of class "0"/,
  ],
  [
    "half a surrogate pair",
    { test: [{ text: "a \ud800", label: 1 }] },
    /test\[0\]: .*`text`: expected well-formed Unicode/,
  ],
  [
    "a huge label",
    { test: [{ text: "x", label: 1e9 }] },
    /test\[0\]: label 1000000000: classes are numbered 0, 1, .*Renumber/,
  ],
  ["a ragged image", { test: [{ image: [[0, 1], [0]], label: 1 }] }, /`image`: expected rows of equal length/],
  ["a missing split", { test: undefined as never }, /"tiny": test: expected an array .*found nothing/],
  ["an empty split", { test: [] }, /the split test is empty/],
  [
    "a label beyond the classes",
    { classes: ["no", "yes"], test: [{ text: "x", label: 2 }] },
    /test\[0\]: label 2, but there are 2 classes/,
  ],
  [
    "an input in two splits",
    { test: [...rows("c"), ...rows("a")] },
    /2 inputs stand in more than one split.*"a good" \(train_label\[0\], test\[2\]\)/,
  ],
  [
    "one input with two labels",
    { test: [...rows("c"), { text: "c good", label: 0 }] },
    /1 input stands with different labels.*"c good"/,
  ],
  [
    "a group in two splits",
    {
      train_label: rows("a").map((row) => ({ ...row, group: "g" })),
      test: rows("c").map((row) => ({ ...row, group: "g" })),
    },
    /1 group has examples in more than one split/,
  ],
])("%s is refused, with where and what", async (_, changes, words) => {
  await expect(createTestbed(options(changes))).rejects.toThrow(words);
  await expect(createTestbed(options(changes))).rejects.toMatchObject({ code: "bad_input" });
});

test("of many duplicates the first three are shown", async () => {
  const many = Array.from({ length: 5 }, (_, i) => ({ text: `same ${i}`, label: i % 2 }));
  await expect(createTestbed(options({ train_label: many, test: many }))).rejects.toThrow(
    /5 inputs.*same 0.*same 1.*same 2.*and 2 more/,
  );
});

test("duplicates and conflicts can be dropped or kept", async () => {
  const doubled = { train_label: [...rows("a"), ...rows("c")] };
  const sizes = async (changes: Partial<TestbedOptions>) =>
    Object.values((await createTestbed(options(changes))).splits).map(({ ids }) => ids.length);
  expect(await sizes({ ...doubled, duplicates: "drop" })).toEqual([2, 2, 2]);
  expect(await sizes({ ...doubled, duplicates: "keep" })).toEqual([4, 2, 2]);
  const conflict = { test: [...rows("c"), { text: "x", label: 0 }, { text: "x", label: 1 }] };
  expect(await sizes({ ...conflict, conflicts: "drop" })).toEqual([2, 2, 2]);
  const kept = await createTestbed(options({ ...conflict, conflicts: "keep" }));
  expect(new Set(kept.splits.test.ids).size).toBe(4);
});

test("async iterables are read", async () => {
  async function* stream() {
    yield* rows("c");
  }
  expect((await createTestbed(options({ test: stream() }))).splits.test.ids).toHaveLength(2);
});

async function folder(files: Record<string, string | Buffer>): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "w2s-testbed-"));
  const good = (prefix: string) =>
    rows(prefix)
      .map((row) => `${JSON.stringify(row)}\n`)
      .join("");
  const all = { "train_label.jsonl": good("a"), "train_unlabel.jsonl": good("b"), "test.jsonl": good("c"), ...files };
  for (const [name, content] of Object.entries(all)) await writeFile(join(dir, name), content);
  return dir;
}

test("a folder of JSON lines is loaded; blank lines and a missing last line end do not matter", async () => {
  const testbed = await loadTestbed(
    await folder({ "test.jsonl": '\n{"text": "x", "label": 0}\r\n\n{"text": "y", "label": 1}' }),
  );
  expect(testbed.splits.test.dataset.inputs).toHaveLength(2);
  const same = await createTestbed(
    options({
      test: [
        { text: "x", label: 0 },
        { text: "y", label: 1 },
      ],
    }),
  );
  expect([testbed.hash, openTruth(testbed).hash]).toEqual([same.hash, openTruth(same).hash]);
});

test.each<[string, string | Buffer, RegExp]>([
  [
    "cut short",
    '{"text": "x", "label": 0}\n{"text": "y", "la',
    /test\.jsonl line 2: expected one JSON object a line.*cut short/,
  ],
  ["no JSON", "text,label\nx,0", /test\.jsonl line 1: .*not JSON/],
  ["NaN", '{"text": "x", "label": NaN}', /test\.jsonl line 1: .*not JSON/],
  ["not UTF-8", Buffer.from([0x7b, 0xff, 0xfe, 0x0a]), /test\.jsonl line 1: not valid UTF-8/],
  [
    "a wrong label",
    '{"text": "x", "label": 0}\n{"text": "y", "label": true}',
    /test\.jsonl line 2: .*field `label`.*found true/,
  ],
])("a file that is %s is refused with file and line", async (_, content, words) => {
  await expect(loadTestbed(await folder({ "test.jsonl": content }))).rejects.toThrow(words);
});

test("a missing file is named, with what a folder must have", async () => {
  await expect(loadTestbed("/no/such/folder")).rejects.toMatchObject({
    code: "not_found",
    message: expect.stringContaining("train_label.jsonl"),
  });
});

test("splitting keeps groups together, spreads labels, and follows its seed", () => {
  const examples = Array.from({ length: 600 }, (_, i) => ({
    id: i,
    label: i % 3 === 0 ? 1 : 0,
    doc: `d${Math.floor(i / 5)}`,
  }));
  const cut = splitExamples(examples, { group: ({ doc }) => doc, seed: 1 });
  const docs = Object.values(cut).map((split) => new Set(split.map(({ doc }) => doc)));
  expect(docs.reduce((sum, set) => sum + set.size, 0)).toBe(120);
  expect(Object.values(cut).map(({ length }) => length)).toEqual([120, 300, 180]);
  const plain = splitExamples(examples);
  for (const split of Object.values(plain))
    expect(split.filter(({ label }) => label === 1).length / split.length).toBeCloseTo(1 / 3, 1);
  expect(splitExamples(examples, { seed: 1 })).toEqual(splitExamples(examples, { seed: 1 }));
  expect(splitExamples(examples, { seed: 1 })).not.toEqual(splitExamples(examples, { seed: 2 }));
  expect(() => splitExamples(examples, { fractions: { train_label: 0.5, train_unlabel: 0.5, test: 0.5 } })).toThrow(
    /add up to 1/,
  );
});

test("the built-in testbeds are what they say", async () => {
  const sizes = ({ splits }: Awaited<ReturnType<typeof digits>>) => Object.values(splits).map(({ ids }) => ids.length);
  expect(sizes(await digits()).reduce((a, b) => a + b)).toBe(1797);
  const testbed = await brown();
  expect(sizes(testbed)).toEqual([1000, 5000, 3000]);
  for (const labels of Object.values(openTruth(testbed).labels))
    expect(labels.filter((label) => label === 1).length * 2).toBe(labels.length);
  await expect(brown({ sizes: { train_label: 10, train_unlabel: 10, test: 10_000_000 } })).rejects.toThrow(
    /sizes: .*train_label can have up to \d+ sentences; 10 were asked for/,
  );
});
