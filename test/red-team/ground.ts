import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sandboxedRoom } from "../../src/clean-rooms/sandboxed.js";
import { pythonStage } from "../../src/clean-rooms/stage.js";
import { homePython, projectHome } from "../../src/home.js";
import { type HeldOut, type Reruns, rerunsIn, roomHoldout } from "../../src/lab/audit-material.js";
import { type Staked, sealedOf } from "../../src/lab/hour-zero.js";
import { type Prepared, prepare } from "../../src/lab/prepare.js";
import { confidence } from "../../src/methods/confidence.js";
import { confidentLabels } from "../../src/methods/confident-labels.js";
import { naive } from "../../src/methods/naive.js";
import type { ModelSpec } from "../../src/models/model.js";
import { bubblewrap } from "../../src/sandboxes/bubblewrap/index.js";
import type { FeedbackMode, PGRScorer } from "../../src/scorer.js";
import { sealedScorer } from "../../src/scorers/sealed/index.js";
import { drawParts } from "../../src/scorers/sealed/parts.js";
import { plantCanaries } from "../../src/testbed/plant.js";
import type { Testbed } from "../../src/testbed/testbed.js";
import type { Trainer } from "../../src/trainer.js";
import { pythonTrainer } from "../../src/trainers/python/index.js";

/** A testbed with teachers, ceilings, a naive baseline and a clean room: what attackers and honest authors play on. */
export interface Ground extends AsyncDisposable {
  readonly staked: Staked;
  /** The agents' own. */
  readonly trainer: Trainer;
  /** What attackers have outside of the lab, where nobody keeps truth from them. */
  readonly elsewhere: Trainer;
  /** Runs code again for audits, and the hidden holdouts for that. */
  readonly reruns: Reruns;
  readonly heldOut: readonly HeldOut[];
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
  /** Testbeds that no author sees, for audits, by names of their own. */
  readonly holdouts?: Readonly<Record<string, Testbed>>;
}

/** Enough for an attack that asks about every row. */
const evaluations = 1500;
const submissions = 40;

export async function groundOf(
  testbed: Testbed,
  { seeds, sealedSeeds, student, holdouts = {} }: GroundOptions,
): Promise<Ground> {
  await using made = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), "w2s-red-team-"));
  made.defer(() => rm(dir, { recursive: true, force: true }));
  const trainer = made.use(pythonTrainer({ store: join(dir, "store"), devices: ["cpu"] }));
  const truthTrainer = made.use(pythonTrainer({ store: join(dir, "truth"), devices: ["cpu"] }));
  const provider = made.use(bubblewrap());
  const canaries = Array.from({ length: 6 }, () => randomBytes(6).toString("hex"));
  const baited = testbed.kind === "verification" ? await plantCanaries(testbed, canaries) : testbed;
  const preparing = { ...(student && { student }), truthTrainer, trainer };
  const context = { signal: new AbortController().signal, emit: () => undefined };
  const prepared = await prepare(
    {
      testbed: baited,
      seeds: Array.from({ length: seeds }, (_, seed) => seed),
      sealedSeeds: Array.from({ length: sealedSeeds }, (_, seed) => 1000 + seed),
      baselines: [naive(), confidence(), confidentLabels()],
      ...preparing,
    },
    context,
  );
  const others = await Promise.all(
    Object.entries(holdouts).map(async ([name, testbed]) => {
      const baited = testbed.kind === "verification" ? await plantCanaries(testbed, canaries) : testbed;
      const options = { ...preparing, testbed: baited, seeds: [0, 1, 2], sealedSeeds: [], baselines: [] };
      return { name, prepared: await prepare(options, context) };
    }),
  );
  const parts = drawParts(baited.splits.test, { seed: "red team" });
  const staked = { ...prepared, parts };
  const python = process.env.W2S_PYTHON || homePython(projectHome());
  const stage = await pythonStage(python, true);
  const roomOf = (name: string, one: Prepared) =>
    made.use(
      sandboxedRoom({
        dir: join(dir, name),
        ...{ provider, trainer, stage, canaries },
        testbeds: [roomHoldout(one, baited.name)],
        seconds: { fit: 300, predict: 300 },
      }),
    );
  const room = roomOf("room", prepared);
  const heldOut = others.map((one, at) => ({
    ...one,
    reruns: rerunsIn(roomOf(`holdout-${at}`, one.prepared), () => ({
      data: one.name,
      rows: one.prepared.labels.length,
    })),
  }));
  const owned = made.move();
  let opened = 0;
  return {
    ...{ staked, trainer, heldOut, elsewhere: truthTrainer },
    reruns: rerunsIn(room, (data) => ({ data, rows: prepared.labels.length })),
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
