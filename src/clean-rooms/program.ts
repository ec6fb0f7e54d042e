import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { rowInputs } from "../data/dataset.js";
import { type Snapshot, snapshot } from "../data/snapshot.js";
import { WeakToStrongError } from "../errors.js";
import { behindOf } from "../experiment/task.js";
import { homePython, projectHome } from "../home.js";
import { type Method, type MethodContext, type MethodResult, markOf, named } from "../methods/method.js";
import type { SandboxProvider } from "../sandbox.js";
import { unisolated } from "../sandboxes/unisolated.js";
import { everythingOf } from "../server/testbeds.js";
import { runProgram } from "./program-run.js";
import { pythonStage } from "./stage.js";
import { findWeights } from "./weights.js";

export interface ProgramOptions {
  /** The `method.py`, on this machine; or its path in `snapshot`. Other files come along in a snapshot only. */
  readonly file: string;
  readonly snapshot?: Snapshot;
  /** What results call it. Default: the file's name without `.py`; of a snapshot with a mark of its content. */
  readonly name?: string;
  /**
   * Where its functions run. Default: on this machine with your rights, as any method that you write yourself; give
   * `bubblewrap()` for code that is not yours. It stays its maker's to dispose.
   */
  readonly sandbox?: SandboxProvider;
  /** Python 3.11 or newer with numpy, an absolute path. Default: that of `npx weak-to-strong setup`, or `$W2S_PYTHON`. */
  readonly python?: string;
  /** After which each of its two functions is ended. Default 3,600. */
  readonly seconds?: number;
}

/**
 * A method that is a program (docs/method-authors.md), for an experiment on any trainer: `program({ file: "probe.py" })`.
 * It runs as in a lab's clean room: two processes, a folder between them, and a door to the trainer and no more.
 */
export function program(options: ProgramOptions): Method {
  const { file, name = nameOf(options) } = options;
  if (!file.endsWith(".py")) {
    throw new WeakToStrongError("bad_input", `program: file: expected a .py file, found ${JSON.stringify(file)}.`);
  }
  return named(name, (context) => run(options, context));
}

async function run(options: ProgramOptions, context: MethodContext): Promise<MethodResult> {
  const behind = behindOf(context);
  if (!behind) {
    throw new WeakToStrongError(
      "bad_input",
      "program: expected the context that an experiment gives, found a copy or another; hand it on as it is.",
    );
  }
  const { task, trainer } = behind;
  const { seed, weakLabels, student, signal } = context;
  const code = options.snapshot
    ? { snapshot: options.snapshot, file: options.file }
    : { snapshot: await fileAlone(options.file), file: basename(options.file) };
  const python = options.python ?? (process.env.W2S_PYTHON || homePython(projectHome()));
  const { name, kind, classes, splits } = task.testbed;
  const inputs = rowInputs(splits.test);
  await using stack = new AsyncDisposableStack();
  const provider = options.sandbox ?? stack.use(unisolated({ python }));
  const { isolated } = await provider.capabilities({ signal });
  const dir = await mkdtemp(join(tmpdir(), "w2s-"));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  const stage = await pythonStage(python, isolated);
  const weights = await findWeights([{ student, models: {} }], python, isolated, signal);
  const seconds = options.seconds ?? 3600;
  const done = await runProgram(
    {
      ...{ provider, isolated, dir, trainer },
      stage: { ...stage, mounts: [...stage.mounts, ...weights.mounts] },
      sockets: dir,
      seconds: { fit: seconds, predict: seconds },
      canaries: [],
      sealed: false,
    },
    {
      ...code,
      seed,
      weakLabels,
      inputs,
      testbed: {
        ...{ name, kind, classes, student },
        train: splits.train_unlabel,
        models: {},
        weights: weights.folderOf({ student, models: {} }),
        everything: everythingOf(splits.train_unlabel.dataset, splits.test.dataset),
      },
      folder: { files: 10_000, bytes: 1 << 30 },
    },
    signal,
  );
  if (done.status === "ok") return { predictions: { test: done.predictions } };
  throw new WeakToStrongError("failed", `${options.file}: ${done.detail}`);
}

async function fileAlone(file: string): Promise<Snapshot> {
  try {
    return snapshot([{ path: basename(file), executable: false, content: await readFile(file) }]);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    throw new WeakToStrongError("not_found", `program: there is no ${file}.`, { cause });
  }
}

function nameOf({ file, snapshot }: ProgramOptions): string {
  const plain = basename(file, ".py");
  return snapshot ? `${plain}(${markOf(snapshot.hash)})` : plain;
}
