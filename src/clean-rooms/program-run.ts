import type { CleanRun, CleanTraces } from "../clean-room.js";
import { type Dataset, dataset, type Input } from "../data/dataset.js";
import { checkProbabilities, type Matrix } from "../data/matrix.js";
import { npyBytes, parseNpy } from "../data/npy.js";
import { defaultSnapshotLimits, type Snapshot, type SnapshotLimits, snapshot } from "../data/snapshot.js";
import { WeakToStrongError } from "../errors.js";
import type { LabTestbed } from "../server/testbeds.js";
import type { Split } from "../testbed/testbed.js";
import { type Ground, newRun, nothing, runPhase } from "./phase.js";

/** A testbed for one run of a program. */
export type ProgramTestbed = Pick<LabTestbed, "name" | "kind" | "classes" | "train" | "student" | "models"> & {
  /** See {@link LabTestbed.everything}. */
  readonly everything: Dataset;
  /** Folders inside sandboxes with pretrained weights, by the model's name. */
  readonly weights: Readonly<Record<string, string>>;
};

export interface ProgramRequest {
  readonly testbed: ProgramTestbed;
  readonly snapshot: Snapshot;
  readonly file: string;
  readonly seed: number;
  /** Training examples x classes. */
  readonly weakLabels: Matrix;
  /** What is to be predicted, in the order in which it is shown. */
  readonly inputs: readonly Input[];
  /** Of what passes from `fit` to `predict`. */
  readonly folder: Required<SnapshotLimits>;
}

const noExamples: Split = { dataset: dataset([]), ids: [] };

/** Runs `fit` and then `predict`, each in a sandbox of its own; between them passes the method's folder and nothing else. */
export async function runProgram(ground: Ground, request: ProgramRequest, signal: AbortSignal): Promise<CleanRun> {
  const { seed, file, weakLabels, inputs, testbed } = request;
  const flaw = flawOf(request.snapshot, file);
  if (flaw !== undefined) return failed("fit", flaw, { log: "", seconds: { fit: 0, predict: 0 }, traces: noTraces });
  const { everything, weights, ...common } = testbed;
  const shared = { run: newRun(), code: { snapshot: request.snapshot, file }, seed, weights };

  const training = { ...common, development: noExamples, seeds: [seed], weakLabels: () => weakLabels };
  const fitted = await runPhase(
    ground,
    {
      ...shared,
      phase: "fit",
      testbed: { ...training, everything },
      shown: training,
      folder: nothing,
      async take(sandbox, options) {
        const { skipped, ...left } = await sandbox.snapshot({ folder: "/work/folder", ...request.folder, ...options });
        if (skipped.length === 0) return left;
        throw new WeakToStrongError(
          "bad_input",
          `its folder holds ${skipped.slice(0, 5).join(", ")}: only regular files pass to predict, no links, sockets, pipes or devices.`,
        );
      },
    },
    signal,
  );
  const seconds = { fit: fitted.seconds, predict: 0 };
  const sofar = { log: fitted.log, seconds, traces: fitted.traces };
  if (!fitted.ok) return failed("fit", fitted.detail, sofar);

  const asked: Split = { dataset: dataset(inputs), ids: inputs.map((_, index) => `${index}`) };
  const predicting = { ...common, development: asked, seeds: [], weakLabels: () => weakLabels };
  const predicted = await runPhase(
    ground,
    {
      ...shared,
      phase: "predict",
      testbed: { ...predicting, everything },
      shown: { ...predicting, train: noExamples },
      folder: fitted.value,
      async take(sandbox, options) {
        const [rows, columns] = [inputs.length, common.classes.length];
        const maxBytes = npyBytes(rows, columns);
        const predictions = parseNpy(await sandbox.files.read("/work/predictions.npy", { maxBytes, ...options }));
        checkProbabilities(predictions, rows, columns, "predictions");
        return predictions;
      },
    },
    signal,
  );
  const all = {
    log: fitted.log,
    seconds: { ...seconds, predict: predicted.seconds },
    traces: both(fitted.traces, predicted.traces),
  };
  if (!predicted.ok) return failed("predict", predicted.detail, all);
  return { status: "ok", predictions: predicted.value, fitLog: all.log, seconds: all.seconds, traces: all.traces };
}

/** What is wrong with submitted code before any of it runs. */
function flawOf(given: Snapshot, file: string): string | undefined {
  try {
    const { hash, files } = snapshot(given.files, defaultSnapshotLimits);
    if (hash !== given.hash) return `Snapshot: its files have the hash ${hash}, and it is called ${given.hash}.`;
    if (files.some(({ path }) => path === file)) return undefined;
    const there = files.slice(0, 10).map(({ path }) => path);
    return `Snapshot: it has no ${file}; it has ${there.join(", ") || "no files"}.`;
  } catch (error) {
    if (WeakToStrongError.isInstance(error)) return error.message;
    throw error;
  }
}

const noTraces: CleanTraces = { canaries: [], processes: {}, refused: [], opened: [] };

function both(one: CleanTraces, other: CleanTraces): CleanTraces {
  const processes = new Map(Object.entries(one.processes));
  for (const [name, count] of Object.entries(other.processes)) processes.set(name, (processes.get(name) ?? 0) + count);
  return {
    canaries: [...new Set([...one.canaries, ...other.canaries])],
    processes: Object.fromEntries(processes),
    refused: [...one.refused, ...other.refused],
    opened: [...new Set([...one.opened, ...other.opened])],
  };
}

function failed(
  phase: "fit" | "predict",
  detail: string,
  { log, seconds, traces }: { log: string; seconds: { fit: number; predict: number }; traces: CleanTraces },
): CleanRun {
  return { status: "failed", phase, detail, fitLog: log, seconds, traces };
}
