import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256 } from "../data/canonical.js";
import { dataset } from "../data/dataset.js";
import { takeRows } from "../data/matrix.js";
import { random } from "../data/random.js";
import { snapshot } from "../data/snapshot.js";
import type { Forum } from "../forum.js";
import { packagePath } from "../package-root.js";
import type { Evaluation, PGRScorer } from "../scorer.js";
import { everythingOf, type LabTestbed } from "../server/testbeds.js";
import { carve } from "../testbed/carve.js";
import { plantCanaries } from "../testbed/plant.js";
import type { Split, Testbed } from "../testbed/testbed.js";
import { openTruth } from "../testbed/truth.js";
import type { Trainer } from "../trainer.js";
import type { TeamContext } from "./context.js";
import {
  drawParts,
  type Parts,
  partResolutions,
  type RoomTestbed,
  resolutionInWords,
  type SealedTestbed,
} from "./defaults.js";
import { notice } from "./notice.js";
import type { LabPlan } from "./plan.js";
import { type Prepared, prepare } from "./prepare.js";
import type { Stage } from "./stage.js";
import { inWords } from "./tools/about.js";

/** Who the lab itself is, in records and posts. */
const lab = "lab";

/** Fits teachers, ceilings and baselines on every testbed, one after the other. */
export async function prepareAll(
  plan: LabPlan,
  { secret, ...trainers }: { readonly truth: Trainer; readonly agents: Trainer; readonly secret: string },
  context: TeamContext,
): Promise<Staked[]> {
  const { journal, earlier, emit, signal } = context;
  const known = new Set(earlier.flatMap((entry) => (entry.type === "prepared" ? [entry.testbed] : [])));
  const all: Staked[] = [];
  for (const given of plan.testbeds) {
    const { name } = given;
    const whole = plan.carve ? await carve(given, { share: plan.carve, seed: `${secret} ${name}` }) : given;
    const testbed = plan.canaries ? await plantCanaries(whole, canaryMarks(plan, secret)) : whole;
    const begun = performance.now();
    const prepared = await prepare(
      {
        testbed,
        ...(plan.teacher && { teacher: plan.teacher }),
        ...(plan.teacherExamples !== undefined && { teacherExamples: plan.teacherExamples }),
        ...(plan.student && { student: plan.student }),
        seeds: plan.seeds,
        sealedSeeds: sealedSeedsOf(plan, `${secret} ${name}`),
        baselines: plan.baselines,
        truthTrainer: trainers.truth,
        trainer: trainers.agents,
      },
      { signal, emit: (event) => emit({ type: "preparing", testbed: name, event }) },
    );
    const staked = { ...prepared, parts: partsOf(testbed, plan, `${secret} ${name}`) };
    const resolutions = partResolutions(sealedOf(staked));
    all.push(staked);
    const seconds = (performance.now() - begun) / 1000;
    if (!known.has(name)) {
      const facts = {
        rows: Object.fromEntries(resolutions.map(({ part, rows }) => [part, rows])),
        weak: mean(prepared.teacher.scores),
        ceiling: mean(prepared.ceiling.scores),
      };
      journal.append({ type: "prepared", testbed: name, seconds, facts });
      notice(context, `On ${name}: ${resolutions.map(resolutionInWords).join("; ")}.`);
      for (const message of prepared.failures) notice(context, message);
    }
    emit({ type: "prepared", testbed: name, seconds });
  }
  return all;
}

/** The same in every life, and known to nobody else. */
export function canaryMarks({ canaries = 0 }: LabPlan, secret: string): string[] {
  return Array.from({ length: canaries }, (_, at) => sha256(`canary ${at} ${secret}`).slice(0, 12));
}

/** What was measured, and which rows are in which part. */
export type Staked = Prepared & { readonly parts: Parts };

/** Drawn with what only the lab and its scorer know; subsets of the test split are in all parts in proportion. */
function partsOf(testbed: Testbed, plan: LabPlan, secret: string): Parts {
  const { test } = testbed.splits;
  const { subsets } = openTruth(testbed);
  const strata = new Int32Array(test.ids.length).fill(-1);
  for (const [number, rows] of Object.values(subsets).entries()) for (const row of rows) strata[row] = number;
  return drawParts(test, { seed: secret, strata, ...(plan.parts && { fractions: plan.parts }) });
}

/** None of them is a seed that agents have. */
function sealedSeedsOf(plan: LabPlan, secret: string): number[] {
  const uniform = random("sealed seeds", secret);
  const drawn = new Set<number>();
  while (drawn.size < plan.sealedSeeds) {
    const seed = Math.floor(uniform() * 2 ** 31);
    if (!plan.seeds.includes(seed)) drawn.add(seed);
  }
  return [...drawn];
}

/** What the scorer holds. */
export function sealedOf(staked: Staked): SealedTestbed {
  const { testbed, parts, labels, seeds, sealedSeeds, teacher, ceiling, baselines, weakLabels } = staked;
  const { ids, groups } = testbed.splits.test;
  return {
    name: testbed.name,
    classes: testbed.classes.length,
    ids,
    labels,
    ...(groups && { groups }),
    parts,
    seeds,
    sealedSeeds,
    weak: teacher.scores,
    ceiling: ceiling.scores,
    // A control has seen truth: nobody can be asked to begin where it ends.
    baselines: baselines
      .filter(({ control }) => !control)
      .map(({ method, scores }) => ({ method, scores: scores.slice(seeds.length) })),
    weakLabels: weakLabels.slice(seeds.length),
  };
}

/** What agents may know. */
export function openOf({ testbed, parts, seeds, weakLabels, student }: Staked, plan: LabPlan): LabTestbed {
  const { train_unlabel, test } = testbed.splits;
  return {
    name: testbed.name,
    kind: testbed.kind,
    classes: testbed.classes,
    train: train_unlabel,
    development: part(test, parts.development),
    everything: everythingOf(train_unlabel.dataset, test.dataset),
    ...(plan.teacherLabels && {
      labelled: { split: testbed.splits.train_label, labels: openTruth(testbed).labels.train_label },
    }),
    seeds,
    weakLabels: (seed) => weakLabels[seeds.indexOf(seed)]!,
    student,
    models: plan.models ?? {},
  };
}

/** What the clean room may know: every input, and no label. */
export function roomTestbedOf(
  { testbed }: Staked,
  { name, kind, classes, train, student, models }: LabTestbed,
  stage: Stage,
): RoomTestbed {
  const test = testbed.splits.test.dataset;
  return { name, kind, classes, train, student, models, test, weights: stage.weights[name]! };
}

function part(split: Split, rows: Int32Array): Split {
  const { ids, groups, answers } = split;
  return {
    dataset: dataset(Array.from(rows, (row) => split.dataset.inputs[row]!)),
    ids: Array.from(rows, (row) => ids[row]!),
    ...(groups && { groups: Int32Array.from(rows, (row) => groups[row]!) }),
    ...(answers && { answers: Array.from(rows, (row) => answers[row]) }),
  };
}

/** Scores the baselines, posts them and keeps their code, each once in the lab's life. */
export async function openWithBaselines(
  all: readonly Staked[],
  { scorer, forum }: { readonly scorer: PGRScorer; readonly forum: Forum },
  { journal, earlier, evaluations, submissions, signal }: TeamContext,
): Promise<void> {
  const journalled = new Set(
    earlier.flatMap((entry) => (entry.type === "baseline" ? [JSON.stringify([entry.testbed, entry.method])] : [])),
  );
  for (const { testbed, parts, baselines, seeds } of all) {
    const scored: Evaluation[] = [];
    // Authors begin with the first: never with one that saw truth.
    const inOrder = [...baselines].sort((a, b) => Number(a.control) - Number(b.control));
    for (const { method, predictions, trainerSeconds } of inOrder) {
      const evaluation = await scorer.evaluate(
        {
          author: lab,
          testbed: testbed.name,
          method,
          predictions: seeds.map((seed, index) => ({
            seed,
            probabilities: takeRows(predictions[index]!, parts.development),
          })),
          key: `baseline ${testbed.name} ${method}`,
          baseline: true,
        },
        { signal },
      );
      scored.push(evaluation);
      if (!journalled.has(JSON.stringify([testbed.name, method]))) {
        journal.append({ type: "baseline", testbed: testbed.name, method, evaluation: evaluation.id, trainerSeconds });
      }
    }
    const controls = new Set(baselines.filter(({ control }) => control).map(({ method }) => method));
    await announce(testbed, scored, controls, forum, signal);
  }
  for (const record of await scorer.records({ signal })) {
    if (record.type === "evaluation") evaluations.push(record);
    else submissions.push(record);
  }
}

async function announce(
  testbed: Testbed,
  scored: readonly Evaluation[],
  controls: ReadonlySet<string>,
  forum: Forum,
  signal: AbortSignal,
) {
  if (scored.length === 0) return;
  const code = await baselineCode();
  await forum.snapshots.put(code, { author: lab, title: "The baselines" }, { signal });
  await forum.post(
    {
      author: lab,
      kind: "finding",
      title: `Baselines on ${testbed.name}`,
      body: `Run by the lab before anybody began, each setting scored once:\n\n${scored.map((one) => `- ${inWords(one)}${controls.has(one.method) ? " (a control that was shown truth: not to be reached by methods)" : ""}`).join("\n")}`,
      tags: ["baseline"],
      scores: scored.map(({ id }) => id),
      snapshot: code.hash,
      key: `baselines ${testbed.name}`,
    },
    { signal },
  );
}

async function baselineCode() {
  const folder = packagePath("python", "w2s_trainer", "lab", "baselines");
  const names = ["naive.py", "confidence.py", "confident_labels.py"];
  return snapshot(
    await Promise.all(
      names.map(async (path) => ({ path, executable: false, content: await readFile(join(folder, path)) })),
    ),
  );
}

function mean(lists: readonly Float64Array[]): number {
  const sum = lists.reduce((total, list) => total + list.reduce((one, value) => one + value, 0), 0);
  return sum / lists.reduce((count, list) => count + list.length, 0);
}
