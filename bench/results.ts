/*
 * Methods x testbeds with a real pretrained student, as Markdown: what stands in docs/results.md. Folders in the format
 * of docs/own-data.md can be named to be measured too.
 *
 *   npm start bench/results.ts [FOLDER ...]
 */
import { basename } from "node:path";
import {
  brown,
  confidence,
  confidentLabels,
  digits,
  experiment,
  hashedWords,
  hiddenStates,
  type LinearModel,
  linear,
  loadTestbed,
  naive,
  type Pgr,
  smollm2,
  strongOnTeacherLabels,
  type Testbed,
} from "weak-to-strong";
import { pythonTrainer } from "weak-to-strong/trainers/python";

interface Row {
  readonly testbed: Testbed;
  readonly teacher?: LinearModel;
  readonly teacherExamples?: number;
  readonly student?: LinearModel;
  readonly seeds: number;
}

const student = linear(hiddenStates(smollm2(), { layer: 18, pooling: "last" }));
const rows: Row[] = [
  { testbed: await digits(), seeds: 10 },
  { testbed: await brown(), seeds: 5 },
];
for (const folder of process.argv.slice(2)) {
  rows.push({
    testbed: await loadTestbed(folder, { name: basename(folder), duplicates: "drop", conflicts: "drop" }),
    teacher: linear(hashedWords({ buckets: 2048 })),
    teacherExamples: 500,
    student,
    seeds: 5,
  });
}

const shown = (pgr: Pgr | null): string =>
  pgr?.status === "ok"
    ? `${pgr.estimate.toFixed(2)} [${pgr.interval.map((end) => end.toFixed(2)).join(", ")}]`
    : "undefined";

await using trainer = pythonTrainer();
for (const row of rows) {
  await using run = experiment({
    ...row,
    trainer,
    methods: [
      naive(),
      naive({ hard: true }),
      confidence(),
      confidence({ alpha: 0.75 }),
      confidentLabels(),
      strongOnTeacherLabels(),
    ],
  });
  const { record } = await run.result();
  const { sizes, name } = record.testbed;
  console.log(
    `\n**${name}**, ${record.teacher.examples} labels for the teacher, ${sizes.train_unlabel} weakly labelled, ${sizes.test} test examples, ${row.seeds} seeds, ${Math.round(record.seconds)} s\n`,
  );
  console.log("| method | accuracy | PGR | device seconds |\n| --- | --- | --- | --- |");
  for (const { method, accuracy, pgr, seconds, error } of record.rows) {
    const reference = method === "weak" || method === "ceiling";
    console.log(
      `| ${method} | ${accuracy?.toFixed(3) ?? "failed"} | ${reference ? "" : error ? error : shown(pgr)} | ${seconds.toFixed(1)} |`,
    );
  }
}
