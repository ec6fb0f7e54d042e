import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { dataset } from "../data/dataset.js";
import { snapshot } from "../data/snapshot.js";
import type { Forum } from "../forum.js";
import { packagePath } from "../package-root.js";
import type { Evaluation, PGRScorer } from "../scorer.js";
import type { LabTestbed } from "../server/testbeds.js";
import type { Split, Testbed } from "../testbed/testbed.js";
import { openTruth } from "../testbed/truth.js";
import type { Trainer } from "../trainer.js";
import type { TeamContext } from "./context.js";
import { developmentSplit, type SealedTestbed } from "./defaults.js";
import type { LabPlan } from "./plan.js";
import { type Prepared, prepare } from "./prepare.js";
import { inWords } from "./tools/about.js";

/** Who the lab itself is, in records and posts. */
const lab = "lab";

/** Fits teachers, ceilings and baselines on every testbed, one after the other. */
export async function prepareAll(
  plan: LabPlan,
  trainers: { readonly truth: Trainer; readonly agents: Trainer },
  { journal, earlier, emit, signal }: TeamContext,
): Promise<Prepared[]> {
  const known = new Set(earlier.flatMap((entry) => (entry.type === "prepared" ? [entry.testbed] : [])));
  const all: Prepared[] = [];
  for (const testbed of plan.testbeds) {
    const { name } = testbed;
    const begun = performance.now();
    const prepared = await prepare(
      {
        testbed,
        ...(plan.teacher && { teacher: plan.teacher }),
        ...(plan.teacherExamples !== undefined && { teacherExamples: plan.teacherExamples }),
        ...(plan.student && { student: plan.student }),
        seeds: plan.seeds,
        baselines: plan.baselines,
        truthTrainer: trainers.truth,
        trainer: trainers.agents,
        // The same in every lab, so that labs can be compared.
        developmentRows: ({ splits }) => developmentSplit(splits.test, { fraction: plan.development, seed: 0 }),
      },
      { signal, emit: (event) => emit({ type: "preparing", testbed: name, event }) },
    );
    all.push(prepared);
    const seconds = (performance.now() - begun) / 1000;
    if (!known.has(name)) {
      const facts = { development: prepared.rows.length, weak: mean(prepared.weak), ceiling: mean(prepared.ceiling) };
      journal.append({ type: "prepared", testbed: name, seconds, facts });
      for (const message of prepared.failures) {
        journal.append({ type: "notice", message });
        emit({ type: "notice", message });
      }
    }
    emit({ type: "prepared", testbed: name, seconds });
  }
  return all;
}

/** What the scorer holds. */
export function sealedOf({ testbed, rows, labels, seeds, weak, ceiling }: Prepared): SealedTestbed {
  const { ids, groups } = part(testbed.splits.test, rows);
  return {
    name: testbed.name,
    classes: testbed.classes.length,
    ids,
    labels,
    ...(groups && { groups }),
    seeds,
    weak,
    ceiling,
  };
}

/** What agents may know. */
export function openOf({ testbed, rows, seeds, weakLabels, student }: Prepared, plan: LabPlan): LabTestbed {
  return {
    name: testbed.name,
    kind: testbed.kind,
    classes: testbed.classes,
    train: testbed.splits.train_unlabel,
    development: part(testbed.splits.test, rows),
    ...(plan.teacherLabels && {
      labelled: { split: testbed.splits.train_label, labels: openTruth(testbed).labels.train_label },
    }),
    seeds,
    weakLabels: (seed) => weakLabels[seeds.indexOf(seed)]!,
    student,
    models: plan.models ?? {},
  };
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
  all: readonly Prepared[],
  { scorer, forum }: { readonly scorer: PGRScorer; readonly forum: Forum },
  { journal, earlier, evaluations, signal }: TeamContext,
): Promise<void> {
  const journalled = new Set(
    earlier.flatMap((entry) => (entry.type === "baseline" ? [JSON.stringify([entry.testbed, entry.method])] : [])),
  );
  for (const { testbed, baselines, seeds } of all) {
    const scored: Evaluation[] = [];
    for (const { method, predictions, trainerSeconds } of baselines) {
      const evaluation = await scorer.evaluate(
        {
          author: lab,
          testbed: testbed.name,
          method,
          predictions: predictions.map((probabilities, index) => ({ seed: seeds[index]!, probabilities })),
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
  evaluations.push(...(await scorer.records({ signal })));
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
