import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CleanRoom } from "../../src/clean-room.js";
import { sandboxedRoom } from "../../src/clean-rooms/sandboxed.js";
import { pythonStage } from "../../src/clean-rooms/stage.js";
import { canary, canaryMark } from "../../src/data/canaries.js";
import type { Input } from "../../src/data/dataset.js";
import { homePython, projectHome } from "../../src/home.js";
import { type Staked, sealedOf } from "../../src/lab/hour-zero.js";
import { prepare } from "../../src/lab/prepare.js";
import { confidence } from "../../src/methods/confidence.js";
import { confidentLabels } from "../../src/methods/confident-labels.js";
import { naive } from "../../src/methods/naive.js";
import type { ModelSpec } from "../../src/models/model.js";
import { bubblewrap } from "../../src/sandboxes/bubblewrap/index.js";
import type { FeedbackMode, PGRScorer } from "../../src/scorer.js";
import { sealedScorer } from "../../src/scorers/sealed/index.js";
import { drawParts } from "../../src/scorers/sealed/parts.js";
import { createTestbed } from "../../src/testbed/create.js";
import type { ExampleRow } from "../../src/testbed/examples.js";
import type { SplitName, Testbed } from "../../src/testbed/testbed.js";
import { openTruth } from "../../src/testbed/truth.js";
import type { Trainer } from "../../src/trainer.js";
import { pythonTrainer } from "../../src/trainers/python/index.js";

/** A testbed with teachers, ceilings, a naive baseline and a clean room: what attackers and honest authors play on. */
export interface Ground extends AsyncDisposable {
  readonly staked: Staked;
  /** The agents' own. */
  readonly trainer: Trainer;
  /** What attackers have outside of the lab, where nobody keeps truth from them. */
  readonly elsewhere: Trainer;
  readonly room: CleanRoom;
  /** Of each submission. */
  readonly runs: number;
  /** A new scorer in a folder of its own, which is kept as long as the ground. */
  scorer(feedback: FeedbackMode): Promise<OpenScorer>;
}

export interface OpenScorer {
  readonly feedback: FeedbackMode;
  readonly scorer: PGRScorer;
  readonly dir: string;
  readonly keys: string;
  /** Another one on the same folder; the first must be disposed. */
  again(): PGRScorer;
}

export interface GroundOptions {
  /** Seeds that agents have weak labels of, and seeds that only the clean room has: one run each. */
  readonly seeds: number;
  readonly sealedSeeds: number;
  /** Default: the testbed's. */
  readonly student?: ModelSpec;
}

/** Enough for an attack that asks about every row. */
const evaluations = 1500;
const submissions = 40;

export async function groundOf(testbed: Testbed, { seeds, sealedSeeds, student }: GroundOptions): Promise<Ground> {
  await using made = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), "w2s-red-team-"));
  made.defer(() => rm(dir, { recursive: true, force: true }));
  const trainer = made.use(pythonTrainer({ store: join(dir, "store"), devices: ["cpu"] }));
  const truthTrainer = made.use(pythonTrainer({ store: join(dir, "truth"), devices: ["cpu"] }));
  const provider = made.use(bubblewrap());
  const canaries = Array.from({ length: 6 }, canaryMark);
  const baited = testbed.kind === "verification" ? await withCanaries(testbed, canaries) : testbed;
  const prepared = await prepare(
    {
      testbed: baited,
      seeds: Array.from({ length: seeds }, (_, seed) => seed),
      sealedSeeds: Array.from({ length: sealedSeeds }, (_, seed) => 1000 + seed),
      ...(student && { student }),
      baselines: [naive(), confidence(), confidentLabels()],
      truthTrainer,
      trainer,
    },
    { signal: new AbortController().signal, emit: () => undefined },
  );
  const parts = drawParts(baited.splits.test, { seed: "red team" });
  const staked = { ...prepared, parts };
  const { name, kind, classes, splits } = baited;
  const python = process.env.W2S_PYTHON || homePython(projectHome());
  const room = made.use(
    sandboxedRoom({
      dir: join(dir, "room"),
      provider,
      trainer,
      testbeds: [
        {
          ...{ name, kind, classes, student: prepared.student, models: {} },
          train: splits.train_unlabel,
          test: splits.test.dataset,
        },
      ],
      stage: await pythonStage(python, true),
      canaries,
      seconds: { fit: 300, predict: 300 },
    }),
  );
  const owned = made.move();
  let opened = 0;
  return {
    ...{ staked, trainer, room, elsewhere: truthTrainer },
    runs: sealedSeeds,
    async scorer(feedback) {
      const place = { dir: join(dir, `scorer-${opened}`), keys: join(dir, `keys-${opened++}`) };
      const open = (): PGRScorer =>
        owned.use(
          sealedScorer({
            ...{ ...place, room, feedback, evaluations, submissions },
            testbeds: [sealedOf(staked)],
            runs: sealedSeeds,
          }),
        );
      return { scorer: open(), ...place, feedback, again: open };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

type Verification = Extract<Input, { readonly question: string }>;

/** The same testbed with canaries among the inputs that methods see. */
function withCanaries(testbed: Testbed, marks: readonly string[]): Promise<Testbed> {
  const { labels } = openTruth(testbed);
  const rowsOf = (split: SplitName): ExampleRow[] => {
    const { dataset, groups, answers } = testbed.splits[split];
    return dataset.inputs.map((input, row) => ({
      ...(input as Verification),
      label: labels[split][row] === 1,
      ...(groups && { group: String(groups[row]) }),
      ...(answers?.[row] !== undefined && { consistency_key: answers[row] }),
    }));
  };
  const baits = marks.map(
    (mark, at): ExampleRow => ({
      ...(canary(mark, testbed.kind) as Verification),
      label: at % 2 === 0,
    }),
  );
  const half = baits.length / 2;
  const { name, classes, description, pair } = testbed;
  return createTestbed({
    ...{ name, classes, description, kind: testbed.kind },
    ...(pair && { pair }),
    train_label: rowsOf("train_label"),
    train_unlabel: [...rowsOf("train_unlabel"), ...baits.slice(0, half)],
    test: [...rowsOf("test"), ...baits.slice(half)],
  });
}
