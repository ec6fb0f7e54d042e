import { existsSync, readdirSync } from "node:fs";
import { resolve } from "node:path";
import pLimit from "p-limit";
import { WeakToStrongError } from "../../errors.js";
import { homePython, projectHome } from "../../home.js";
import { packagePath } from "../../package-root.js";
import type { Trainer } from "../../trainer.js";
import { checkOptions } from "../check.js";
import { defineTrainer } from "../define.js";
import { type Ask, callsBy } from "../wire/calls.js";
import { WorkerProcess } from "./process.js";

/** Where and how the Python worker runs. */
export interface PythonTrainerOptions {
  /**
   * The interpreter. Default: `$W2S_PYTHON`, else the environment that `npx weak-to-strong setup` made for this project.
   */
  readonly python?: string;
  /** One worker each: `cpu`, `cuda:0`, `mps`. Default: every NVIDIA GPU of the machine, else the CPU. */
  readonly devices?: readonly string[];
  /** Added to the workers' environment (`HF_HOME`, `HF_HUB_OFFLINE`, ...). */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Python files with losses of your own (docs/own-loss.md). Each is run once when a worker starts, with your rights; its
   * content is part of the fingerprint. A relative path is relative to the current folder.
   */
  readonly plugins?: readonly string[];
  /** Folder for extracted features and trained models. Default: the project's `.weak-to-strong`. */
  readonly store?: string;
}

/**
 * Trains on this machine, in one warm Python process a device. A process is started by the first call that needs it,
 * keeps models and extracted features in bounded memory, and ends with this one. Extracted features and trained models
 * are kept in `store`.
 *
 * Errors: `missing_dependency` (no Python, one that is too old, or a package that is needed), `worker_died` (with its last words; the
 * next call starts a new one), `bad_input`, `unsupported`, `not_found` (a checkpoint that has been deleted), `storage`.
 */
export function pythonTrainer(options: PythonTrainerOptions = {}): Trainer {
  checkOptions("pythonTrainer", options, ["python", "devices", "env", "plugins", "store"]);
  const home = projectHome();
  const devices = checkDevices(options.devices ?? localDevices());
  const plugins = checkPlugins(options.plugins ?? []).map((plugin) => resolve(plugin));
  const idle = devices.map(
    (device) =>
      new WorkerProcess({
        python: options.python ?? (process.env.W2S_PYTHON || homePython(home)),
        source: packagePath("python"),
        home: options.store === undefined ? home : resolve(options.store),
        device,
        env: options.env ?? {},
        plugins,
      }),
  );
  const workers = [...idle];
  const limit = pLimit(devices.length);

  const ask: Ask = (op, body, rows, calling) => {
    const datasets = new Map(rows.map(({ dataset }) => [dataset.hash, dataset]));
    return limit(async () => {
      calling.signal.throwIfAborted();
      const worker = idle.pop()!;
      try {
        return await worker.request(op, body, [...datasets.values()], calling);
      } finally {
        idle.push(worker);
      }
    });
  };

  return defineTrainer({
    name: "python",
    async capabilities(calling) {
      const { body } = await ask("capabilities", {}, [], calling);
      return {
        ...body,
        devices: devices.length > 1 ? devices : body.devices,
        predict: true,
        embed: true,
        score: true,
        warmStart: true,
        parallel: devices.length,
      };
    },
    async fingerprint(model, calling) {
      return (await ask("fingerprint", { model }, [], calling)).body.fingerprint;
    },
    ...callsBy(ask),
    async dispose() {
      await Promise.all(workers.map((worker) => worker.stop()));
    },
  });
}

function checkPlugins(plugins: readonly string[]): readonly string[] {
  if (Array.isArray(plugins) && plugins.every((plugin) => typeof plugin === "string" && plugin !== "")) return plugins;
  throw new WeakToStrongError(
    "bad_input",
    `pythonTrainer({ plugins }): expected a list of paths of Python files, found ${JSON.stringify(plugins)}.`,
  );
}

function checkDevices(devices: readonly string[]): readonly string[] {
  const known = (device: unknown): boolean => typeof device === "string" && /^(cpu|mps|cuda:\d+)$/.test(device);
  const kinds = new Set(Array.isArray(devices) ? devices.map((device) => String(device).split(":")[0]) : []);
  // Whichever is free answers: of devices of two kinds the answers would differ.
  if (kinds.size === 1 && devices.every(known)) return devices;
  throw new WeakToStrongError(
    "bad_input",
    `pythonTrainer({ devices }): expected a list of at least one of "cpu", "mps", "cuda:0", "cuda:1", ..., all of one kind, found ${JSON.stringify(devices)}. Leave it out to use every NVIDIA GPU of the machine, else the CPU.`,
  );
}

/** The driver lists its GPUs in a folder, which is quicker to read than any tool is to run. */
function localDevices(): string[] {
  const gpus = "/proc/driver/nvidia/gpus";
  const found = existsSync(gpus) ? readdirSync(gpus).length : 0;
  return found > 0 ? Array.from({ length: found }, (_, index) => `cuda:${index}`) : ["cpu"];
}
