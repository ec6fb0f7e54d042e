import { dataset, type Input, type Rows, rowInputs } from "../data/dataset.js";
import type { Matrix } from "../data/matrix.js";
import { WeakToStrongError } from "../errors.js";
import type { Example, Fitted, Method, MethodContext, StudentEmbed, StudentFit } from "../methods/method.js";
import { type ModelSpec, pretrainedOf } from "../models/model.js";
import type { Pretrained } from "../models/pretrained.js";
import type { Split } from "../testbed/testbed.js";
import type { FitResult, Trainer, TrainerEvent } from "../trainer.js";
import { keepBehind, type StudentTask } from "./task.js";

/** What a method receives. Truth is not reachable from it, but for the teacher's labels that a control gets. */
export function makeContext(
  task: StudentTask,
  method: Method,
  trainer: Trainer,
  signal: AbortSignal,
  emit: (event: TrainerEvent) => void,
): MethodContext {
  const { splits, classes } = task.testbed;
  const { weakLabels, seed, student } = task;
  const train = { dataset: splits.train_unlabel.dataset };
  const { dataset: all, indices } = splits.test;
  const test: Rows = { dataset: all, ...(indices && { indices }) };
  const examples = examplesOf(splits.train_unlabel);
  const ownCheckpoints = new Set<string>();
  const context: MethodContext = {
    examples,
    // A copy each: what one method does to its labels must not reach another.
    weakLabels: { ...weakLabels, data: weakLabels.data.slice() },
    classes: classes.length,
    kind: task.testbed.kind,
    student,
    seed,
    signal,
    emit,
    fit: (options) => fitStudent(options),
    features: async () => {
      if (student.type !== "linear") return (await hidden({ layers: "middle" }))[0]!;
      return (await trainer.embed({ features: student.features, rows: train }, { signal })).layers[0]!;
    },
    embed: hidden,
    score: async ({ inputs, ...templates } = {}) =>
      trainer.score(
        { model: pretrained(), rows: rowsOf(inputs), maxTokens: maxTokensOf(student), ...templates },
        { signal },
      ),
    teachers: async (count) => {
      if (!Number.isInteger(count) || count < 1)
        throw new WeakToStrongError("bad_input", `teachers: expected a whole number of at least 1, found ${count}.`);
      return Promise.all(Array.from({ length: count }, (_, draw) => task.anotherTeacher(draw, method)));
    },
    ...(method.control && task.teacher && { teacherLabels: task.teacher.labels }),
  };
  keepBehind(context, { task, trainer });
  return context;

  async function hidden({ layers, pooling = "mean", inputs }: StudentEmbed): Promise<readonly Matrix[]> {
    const request = { model: pretrained(), layers, pooling, maxTokens: maxTokensOf(student), rows: rowsOf(inputs) };
    return (await trainer.embed(request, { signal })).layers;
  }

  function rowsOf(inputs: readonly Input[] | undefined): Rows {
    return inputs ? { dataset: dataset(inputs) } : train;
  }

  function pretrained(): Pretrained {
    const model = pretrainedOf(student);
    if (model) return model;
    throw new WeakToStrongError(
      "unsupported",
      "This method asks the student's pretrained model, but the student has none: take one on hiddenStates(...) or huggingFace(...).",
    );
  }

  async function fitStudent(options: StudentFit): Promise<Fitted> {
    const { targets, rows, weights, loss = { name: "cross_entropy" }, predictTrain, traces, curve, on } = options;
    const { model = student, tune, from, validation } = options;
    const { teacher } = task;
    if (on && !(method.control && teacher)) {
      throw new WeakToStrongError(
        "bad_input",
        'fit: on: "teacher examples" is for controls; a method trains on train_unlabel.',
      );
    }
    if (tune && model.type !== "huggingface")
      throw new WeakToStrongError(
        "unsupported",
        `fit: tune: the model is ${model.type}; only huggingFace(...) has weights to choose from.`,
      );
    // Any other could have been trained on the truth: the ceiling's lies beside this method's.
    if (from && !ownCheckpoints.has(from.id))
      throw new WeakToStrongError(
        "bad_input",
        "fit: from: expected a checkpoint that a fit of this method with this seed returned, found another.",
      );
    checkWhole("rows", rows);
    checkWhole("validation.rows", validation?.rows);
    if (validation && !on) checkApart(rows ? Array.from(rows) : examples.keys(), validation.rows);
    const own: Rows = { ...train, ...(rows && { indices: Int32Array.from(rows) }) };
    const fitted: FitResult = await trainer.fit(
      {
        task: "classify",
        model: {
          ...model,
          ...(tune && { tune }),
          optimizer: { ...model.optimizer, ...options.optimizer },
        } as ModelSpec,
        classes: classes.length,
        train: { ...(on ? teacher!.examples : own), targets, ...(weights && { weights }) },
        loss,
        seed,
        predict: {
          test,
          ...(predictTrain && { train }),
        },
        ...(from && { from }),
        ...(validation && {
          validation: {
            ...train,
            indices: Int32Array.from(validation.rows),
            targets: validation.targets,
            keep: validation.keep,
          },
        }),
        ...(traces && { traces }),
        ...(curve && { curve }),
      },
      { signal },
    );
    const { test: ofTest, train: ofTrain } = fitted.predictions;
    const { id } = fitted.checkpoint;
    ownCheckpoints.add(id);
    const { cached: _, ...cost } = fitted.cost;
    // Where checkpoints lie is not a method's business, nor who has asked for the same before: the ceiling's are there.
    return {
      ...fitted,
      checkpoint: { id },
      cost,
      predictions: { test: ofTest!, ...(ofTrain && { train: ofTrain }) },
    };
  }
}

function maxTokensOf(student: ModelSpec): number {
  if (student.type === "huggingface") return student.maxTokens;
  return student.features.type === "hidden-states" ? student.features.maxTokens : 512;
}

function checkApart(trained: Iterable<number>, held: ArrayLike<number>): void {
  const train = new Set(trained);
  const both = Array.from(held).find((row) => train.has(row));
  if (both === undefined) return;
  throw new WeakToStrongError(
    "bad_input",
    `fit: validation.rows: expected rows that are not trained on, but row ${both} is; leave it out of \`rows\` (default: all).`,
  );
}

function checkWhole(name: string, rows: ArrayLike<number> | undefined): void {
  const odd = rows && Array.from(rows).find((row) => !Number.isInteger(row));
  if (odd === undefined) return;
  throw new WeakToStrongError(
    "bad_input",
    `fit: ${name}: expected whole numbers, indices into examples, found ${odd}.`,
  );
}

function examplesOf(split: Split): readonly Example[] {
  return rowInputs(split).map((input, index) => {
    const group = split.groups?.[index] ?? -1;
    const answer = split.answers?.[index];
    return { id: split.ids[index]!, input, ...(group >= 0 && { group }), ...(answer !== undefined && { answer }) };
  });
}
