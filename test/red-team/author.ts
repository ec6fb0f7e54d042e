import { readFile } from "node:fs/promises";
import { type Input, rowInputs } from "../../src/data/dataset.js";
import { type Matrix, takeRows } from "../../src/data/matrix.js";
import { type SnapshotFile, snapshot } from "../../src/data/snapshot.js";
import { WeakToStrongError } from "../../src/errors.js";
import { packagePath } from "../../src/package-root.js";
import type { Evaluation, FeedbackMode, Submission } from "../../src/scorer.js";
import type { Ground, OpenScorer } from "./ground.js";

/** What one author in a lab has: inputs, weak labels, the trainer, and questions to the scorer. */
export interface Author {
  readonly name: string;
  readonly seeds: readonly number[];
  readonly inputs: { readonly train: readonly Input[]; readonly development: readonly Input[] };
  readonly feedback: FeedbackMode;
  /** The naive student of a seed, trained on some rows with the teacher's labels. */
  student(seed: number, rows?: Int32Array): Promise<Student>;
  /** Asks about development predictions, a matrix a seed or one for all; undefined once the evaluations are spent. */
  ask(predictions: readonly Matrix[]): Promise<Evaluation | undefined>;
  /** Default write-up: that of an honest student. */
  submit(files: Readonly<Record<string, string | Uint8Array>>, writeUp?: string): Promise<Submission>;
}

export interface Student {
  /** Class probabilities of development and training rows. */
  readonly predictions: { readonly development: Matrix; readonly train: Matrix };
}

/** An author on a ground, at a scorer. */
export function authorOn(ground: Ground, { scorer, feedback }: OpenScorer, name: string): Author {
  const { testbed, parts, seeds, student, weakLabels } = ground.staked;
  const { train_unlabel, test } = testbed.splits;
  const development = { dataset: test.dataset, indices: parts.development };
  return {
    ...{ name, seeds, feedback },
    inputs: { train: train_unlabel.dataset.inputs, development: rowInputs(development) },
    async student(seed, rows) {
      const targets = weakLabels[seeds.indexOf(seed)]!;
      const { predictions } = await ground.trainer.fit({
        task: "classify",
        model: student,
        classes: testbed.classes.length,
        train: {
          dataset: train_unlabel.dataset,
          ...(rows && { indices: rows }),
          targets: rows ? takeRows(targets, rows) : targets,
        },
        loss: { name: "cross_entropy" },
        seed,
        predict: { development, train: { dataset: train_unlabel.dataset } },
      });
      return { predictions: { development: predictions.development!, train: predictions.train! } };
    },
    async ask(predictions) {
      const listed = seeds.map((seed, at) => ({ seed, probabilities: predictions[at] ?? predictions[0]! }));
      try {
        const asked = { author: name, testbed: testbed.name, method: "mine", predictions: listed };
        return await scorer.evaluate(asked);
      } catch (error) {
        if (WeakToStrongError.isInstance(error) && error.code === "exhausted") return undefined;
        throw error;
      }
    },
    submit(files, writeUp = pretence) {
      const code = {
        type: "program",
        snapshot: snapshot(Object.entries(files).map(fileOf)),
        file: "method.py",
      } as const;
      return scorer.submit({ author: name, testbed: testbed.name, method: "mine", code, writeUp });
    },
  };
}

const pretence = "A student is trained on the weak labels; without it the result is that of the naive baseline.";

function fileOf([path, content]: [string, string | Uint8Array]): SnapshotFile {
  return { path, executable: false, content: typeof content === "string" ? Buffer.from(content) : content };
}

/** The text of a file of this folder's. */
export function source(...path: readonly string[]): Promise<string> {
  return readFile(packagePath("test", "red-team", ...path), "utf8");
}

/** An attacker's code as it hands it in: without the words that say what it tries. */
export async function unsaid(folder: string, file: string): Promise<string> {
  return (await source(folder, file)).replace(/^"""[^"]*"""\n+/, "");
}
