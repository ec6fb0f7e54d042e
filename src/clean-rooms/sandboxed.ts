import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CleanRequest, CleanRoom, CleanRun } from "../clean-room.js";
import type { Dataset } from "../data/dataset.js";
import { checkProbabilities } from "../data/matrix.js";
import type { SnapshotLimits } from "../data/snapshot.js";
import { WeakToStrongError } from "../errors.js";
import type { SandboxLimits, SandboxProvider } from "../sandbox.js";
import { everythingOf, type LabTestbed } from "../server/testbeds.js";
import type { Trainer } from "../trainer.js";
import { runLibraryMethod } from "./library-run.js";
import type { Ground } from "./phase.js";
import { runProgram } from "./program-run.js";
import type { RoomStage } from "./stage.js";

/** A testbed as a clean room knows it: no truth and no weak labels. */
export type RoomTestbed = Pick<LabTestbed, "name" | "kind" | "classes" | "train" | "student" | "models"> & {
  /** Every input of the test split; requests name rows of it. */
  readonly test: Dataset;
  /** Folders inside sandboxes with pretrained weights, by the model's name. Default none. */
  readonly weights?: Readonly<Record<string, string>>;
};

export interface SandboxedRoomOptions {
  /** A folder of the room's own; nothing stays in it. */
  readonly dir: string;
  /** Must isolate. It stays its maker's to dispose. */
  readonly provider: SandboxProvider;
  /**
   * A trainer that has never been asked anything that contains truth, with a store that nobody else shares. It stays warm
   * from run to run, and must honour {@link Dataset.transient}. A cache around it answers sooner what was asked before,
   * which `fit` could measure: give it none. Its maker's to dispose.
   */
  readonly trainer: Trainer;
  readonly testbeds: readonly RoomTestbed[];
  readonly stage: RoomStage;
  /** After which a phase is ended, waiting for the trainer included. Default 3,600 each. */
  readonly seconds?: { readonly fit: number; readonly predict: number };
  /** Of each sandbox. */
  readonly limits?: SandboxLimits;
  readonly devices?: readonly string[];
  /** Of what `fit` leaves in its folder. Default 10,000 files of 256 MiB together. */
  readonly folder?: SnapshotLimits;
  /** Marks of the canaries among the testbeds' inputs (data/canaries.ts). Default none. */
  readonly canaries?: readonly string[];
}

const defaults = { seconds: { fit: 3600, predict: 3600 }, folder: { files: 10_000, bytes: 256 << 20 } };

/**
 * Runs programs in sandboxes that know nothing but one phase of one run. `fit` gets training inputs and weak labels, then
 * another sandbox `predict` with the rows' inputs and the folder that `fit` left; the way out is a door to the trainer and
 * no more. Of both, folders and sandboxes are new and gone afterwards. The trainer keeps pretrained weights warm from run to
 * run, and features of training examples that `fit` names by number; of all other inputs it keeps nothing, nor of anything
 * that `predict` asks, so that no later run can tell by the time of an answer what was asked before. Code inside is not
 * told what a call has cost. Checkpoints go by names that are sealed for one run.
 *
 * Disposing it ends what runs. Errors: `unsupported` (a provider that does not isolate), `bad_input` (a request that does
 * not fit the testbed), and what the sandbox's or the trainer's own failures are.
 */
export function sandboxedRoom(options: SandboxedRoomOptions): CleanRoom & AsyncDisposable {
  const { provider, trainer, stage, dir } = options;
  const testbeds = new Map(options.testbeds.map((testbed) => [testbed.name, testbed]));
  const everything = new Map<string, Dataset>();
  const closing = new AbortController();
  const running = new Set<Promise<unknown>>();
  let preparing: Promise<Ground> | undefined;

  async function prepare(): Promise<Ground> {
    const { isolated } = await provider.capabilities();
    if (!isolated) {
      throw new WeakToStrongError(
        "unsupported",
        `The sandbox "${provider.name}" isolates nothing, and a clean room runs code that nobody vouches for. Use bubblewrap() or docker().`,
      );
    }
    await mkdir(dir, { recursive: true, mode: 0o700 });
    return {
      ...{ provider, isolated, stage, dir, trainer },
      sockets: await mkdtemp(join(tmpdir(), "w2s-")),
      seconds: options.seconds ?? defaults.seconds,
      canaries: options.canaries ?? [],
      sealed: true,
      ...(options.limits && { limits: options.limits }),
      ...(options.devices && { devices: options.devices }),
    };
  }

  async function ground(): Promise<Ground> {
    preparing ??= prepare();
    try {
      return await preparing;
    } catch (error) {
      preparing = undefined;
      throw error;
    }
  }

  async function run(request: CleanRequest, signal: AbortSignal): Promise<CleanRun> {
    signal.throwIfAborted();
    const testbed = testbeds.get(request.testbed);
    if (!testbed) throw bad("testbed", [...testbeds.keys()].join(", "), request.testbed);
    checkRequest(request, testbed);
    const { code, rows, seed, weakLabels } = request;
    const { test, weights = {}, ...common } = testbed;
    if (code.type === "library") {
      const { fit, predict } = options.seconds ?? defaults.seconds;
      const asked = { code, testbed, seed, weakLabels, test: { dataset: test, indices: rows } };
      return runLibraryMethod(trainer, asked, fit + predict, signal);
    }
    const all = everything.get(testbed.name) ?? everythingOf(testbed.train.dataset, test);
    everything.set(testbed.name, all);
    const { snapshot, file } = code;
    return runProgram(
      await ground(),
      {
        testbed: { ...common, weights, everything: all },
        ...{ snapshot, file, seed, weakLabels },
        inputs: Array.from(rows, (row) => test.inputs[row]!),
        folder: { ...defaults.folder, ...options.folder },
      },
      signal,
    );
  }

  return {
    async run(request, { signal } = {}) {
      if (closing.signal.aborted) throw closing.signal.reason;
      const work = run(request, signal ? AbortSignal.any([signal, closing.signal]) : closing.signal);
      running.add(work);
      try {
        return await work;
      } finally {
        running.delete(work);
      }
    },
    async [Symbol.asyncDispose]() {
      closing.abort(new WeakToStrongError("disposed", "The clean room has been disposed of. Make another."));
      await Promise.allSettled(running);
      const made = await preparing?.catch(() => undefined);
      if (made) await rm(made.sockets, { recursive: true, force: true });
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function checkRequest({ rows, weakLabels, seed }: CleanRequest, { train, test, classes }: RoomTestbed): void {
  checkProbabilities(weakLabels, train.ids.length, classes.length, "weakLabels");
  const wrong = rows.findIndex((row) => !(row >= 0 && row < test.inputs.length));
  if (rows.length === 0) throw bad("rows", "at least one", "none");
  if (wrong >= 0)
    throw bad(`rows[${wrong}]`, `a row of the test split, from 0 to ${test.inputs.length - 1}`, rows[wrong]);
  if (!Number.isSafeInteger(seed) || seed < 0) throw bad("seed", "a whole number from 0", seed);
}

function bad(field: string, expected: string, found: unknown): WeakToStrongError {
  return new WeakToStrongError(
    "bad_input",
    `Clean room: ${field}: expected ${expected}, found ${JSON.stringify(found)}.`,
  );
}
