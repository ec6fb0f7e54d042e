// Your own data: a folder of JSON lines, and one list of examples that is cut here.
//
//   npm start examples/own-data.ts
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTestbed, experiment, hashedWords, linear, loadTestbed, naive, splitExamples } from "weak-to-strong";
import { pythonTrainer } from "weak-to-strong/trainers/python";

// Sums, right and wrong: "is this answer right?" A group is one problem; its answers stay in one split. What can be
// learned: every remark goes a little more often with right answers, or with wrong ones.
let state = 1;
const random = () => {
  state = (state * 48271) % 2147483647;
  return state / 2147483647;
};
const sums = Array.from({ length: 5000 }, (_, i) => {
  const [a, b] = [i % 40, (i * 7) % 25];
  const right = random() < 0.5;
  const answer = a + b + (right ? 0 : 1 + Math.floor(random() * 5));
  const remarks = Array.from({ length: 8 }, () => {
    const fits = random() < 0.62 ? right : !right;
    return `remark${2 * Math.floor(random() * 60) + (fits ? 0 : 1)}`;
  });
  return {
    question: `What is ${a} plus ${b}?`,
    choice: `${answer}: ${remarks.join(" ")}`,
    label: right,
    consistency_id: `${a}+${b}`,
    consistency_key: String(answer),
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

// Teacher and student are models of one kind here, so there is little that the student knows better: a PGR near 0.
await using trainer = pythonTrainer();
await using run = experiment({
  testbed,
  trainer,
  teacher: linear(hashedWords()),
  teacherExamples: 60,
  student: linear(hashedWords()),
  methods: [naive()],
  seeds: 3,
});
console.log(await run.result());
