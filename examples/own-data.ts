// Your own data: a folder of JSON lines, and one list of examples that is cut here.
//
//   npm start examples/own-data.ts
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTestbed, experiment, hashedWords, linear, loadTestbed, naive, splitExamples } from "weak-to-strong";
import { pythonTrainer } from "weak-to-strong/trainers/python";

// Sums, right and wrong: "is this answer right?" A group is one problem; its answers stay in one split.
const sums = Array.from({ length: 1500 }, (_, i) => {
  const [a, b] = [i % 37, (i * 7) % 41];
  const off = (i * i) % 3 === 0 ? 0 : ((i % 5) + 1) * 10;
  return {
    question: `What is ${a} plus ${b}?`,
    choice: `${a} and ${b} make ${a + b + off}${off > 30 ? ", roughly speaking" : ""}`,
    label: off === 0,
    consistency_id: `${a}+${b}`,
    consistency_key: String(a + b + off),
  };
});
const splits = splitExamples(sums, { group: ({ consistency_id }) => consistency_id });

// As a folder: train_label.jsonl (for the teacher), train_unlabel.jsonl (for the student), test.jsonl.
const folder = await mkdtemp(join(tmpdir(), "sums-"));
for (const [split, rows] of Object.entries(splits)) {
  await writeFile(join(folder, `${split}.jsonl`), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
}
const testbed = await loadTestbed(folder, { name: "sums", duplicates: "drop" });
console.log(`${testbed.name}: ${testbed.kind}, classes ${testbed.classes.join(" and ")}`);

// What is wrong with data is said with file, line and field.
const broken = [{ text: "no label here" }] as never;
await createTestbed({ ...splits, name: "broken", test: broken }).catch((error: Error) => console.log(error.message));

await using trainer = pythonTrainer();
await using run = experiment({
  testbed,
  trainer,
  teacher: linear(hashedWords({ buckets: 64 })),
  teacherExamples: 60,
  student: linear(hashedWords({ buckets: 4096, ngrams: 2 })),
  methods: [naive()],
  seeds: 3,
});
console.log(await run.result());
