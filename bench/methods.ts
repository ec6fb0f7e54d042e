/*
 * Methods x testbeds, with intervals and cost, as Markdown: what stands in docs/results.md. Folders in the format of
 * docs/own-data.md are measured besides `digits` and `brown`; their kind is recognised.
 *
 *   npm start -- bench/methods.ts [FOLDER ...] [--testbeds digits,brown] [--methods naive,confidence] [--seeds 5]
 *
 * `--methods` takes names as results list them, or without what stands in parentheses; `--testbeds` leaves out built-in
 * ones ("none": only the folders).
 */
import { basename } from "node:path";
import { parseArgs } from "node:util";
import {
  bootstrapping,
  brown,
  confidence,
  confidenceAsReleased,
  confidenceWindow,
  confidentLabels,
  digits,
  type ExperimentOptions,
  earlyStopping,
  emPosterior,
  experiment,
  hashedWords,
  hiddenStates,
  labelSmoothing,
  linear,
  loadTestbed,
  type Method,
  naive,
  pixels,
  probeFilter,
  probeRelabel,
  product,
  type ResultRow,
  reverseKl,
  smollm2,
  strongOnTeacherLabels,
  strongToStrong,
  swapAugmented,
  type Testbed,
  weakEnsemble,
  type ZeroShotTemplate,
  zeroShotElicitation,
} from "weak-to-strong";
import { pythonTrainer } from "weak-to-strong/trainers/python";

const { values, positionals: folders } = parseArgs({
  allowPositionals: true,
  options: {
    methods: { type: "string" },
    testbeds: { type: "string", default: "digits,brown" },
    seeds: { type: "string" },
  },
});

/**
 * How a language model is asked about texts whose classes it cannot guess, by the testbed's name; class 0 first. One way
 * each, as the row's name shows: every further one costs a pass of the whole model over all training examples.
 */
const questions: Readonly<Record<string, ZeroShotTemplate>> = {
  sst2: { prompt: "Review: {text}\nSentiment:", continuations: [" negative", " positive"] },
  brown: { prompt: "{text}\nGenre:", continuations: [" news", " fiction"] },
};

/** Methods that need nothing but weak labels and, some, the student's features. */
function methodsFor(testbed: Testbed): Method[] {
  const binary = testbed.classes.length === 2;
  const between =
    testbed.name === "digits"
      ? [linear(pixels({ pool: 1 }), { epochs: 100 })]
      : [linear(hashedWords({ buckets: 8192, ngrams: 2 }))];
  return [
    naive(),
    naive({ hard: true }),
    confidence(),
    confidence({ alpha: 0.75 }),
    ...(binary ? [confidenceAsReleased()] : []),
    product(),
    reverseKl(),
    confidenceWindow(),
    labelSmoothing(),
    confidentLabels(),
    strongToStrong(),
    bootstrapping({ through: between }),
    weakEnsemble(),
    probeRelabel(),
    probeRelabel({ probe: "knn" }),
    probeFilter(),
    probeFilter({ probe: "knn" }),
    earlyStopping(),
    ...elicitation(testbed),
    strongOnTeacherLabels(),
  ];
}

/** Methods that ask the student's language model. */
function elicitation({ name, kind, classes }: Testbed): Method[] {
  const question = questions[name];
  if (classes.length > 2 || (kind === "classification" && !question)) return [];
  return [zeroShotElicitation(question), emPosterior({ templates: [question ?? {}] })];
}

interface Case extends Pick<ExperimentOptions, "teacher" | "teacherExamples" | "student"> {
  readonly testbed: Testbed;
  readonly seeds: number;
}

const chosen = values.testbeds.split(",");
const cases: Case[] = [
  ...(chosen.includes("digits") ? [{ testbed: await digits(), seeds: 10 }] : []),
  ...(chosen.includes("brown") ? [{ testbed: await brown(), seeds: 5 }] : []),
];
for (const folder of folders) {
  cases.push({
    testbed: await loadTestbed(folder, { name: basename(folder), duplicates: "drop", conflicts: "drop" }),
    teacher: linear(hashedWords({ buckets: 2048 })),
    teacherExamples: 500,
    student: linear(hiddenStates(smollm2(), { layer: 18, pooling: "last" })),
    seeds: 5,
  });
}

/** Those that `--methods` names; a name that no testbed has is a mistake. */
function picked(methods: readonly Method[]): Method[] {
  const names = values.methods?.split(",");
  const matches = ({ methodName = "" }: Method, name: string): boolean =>
    methodName === name || methodName.replace(/\(.*/, "") === name;
  const unknown = names?.find(
    (name) => !cases.some(({ testbed }) => methodsFor(testbed).some((m) => matches(m, name))),
  );
  if (unknown !== undefined) throw new Error(`--methods: no method here is called "${unknown}".`);
  return methods.filter((method) => !names || names.some((name) => matches(method, name)));
}

function cells({ method, accuracy, pgr, seconds, error }: ResultRow): string {
  const reference = method === "weak" || method === "ceiling";
  const recovered =
    pgr?.status === "ok"
      ? `${pgr.estimate.toFixed(2)} [${pgr.interval.map((end) => end.toFixed(2)).join(", ")}]`
      : "undefined";
  return `| ${method} | ${accuracy?.toFixed(3) ?? "failed"} | ${reference ? "" : (error ?? recovered)} | ${seconds.toFixed(1)} |`;
}

await using python = pythonTrainer();
for (const { testbed, seeds, ...models } of cases) {
  const methods = picked(methodsFor(testbed));
  if (methods.length === 0) continue;
  const trainer = testbed.kind === "preference" ? swapAugmented(python) : python;
  await using run = experiment({ testbed, trainer, methods, seeds: Number(values.seeds ?? seeds), ...models });
  for await (const event of run)
    if (event.type === "unit") console.error(`${event.done}/${event.units} ${event.method}`);
  const { record } = await run.result();
  const { sizes, name, kind } = record.testbed;
  console.log(
    `\n**${name}** (${kind}), ${record.teacher.examples} labels for the teacher, ${sizes.train_unlabel} weakly labelled, ${sizes.test} test examples, ${record.seeds.length} seeds, ${Math.round(record.seconds)} s\n`,
  );
  console.log("| method | accuracy | PGR | device seconds |\n| --- | --- | --- | --- |");
  for (const row of record.rows) console.log(cells(row));
}
