import { existsSync, realpathSync } from "node:fs";
import { join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { WeakToStrongError } from "../errors.js";
import { homePython } from "../home.js";
import { acquireLock } from "../lock.js";
import { packagePath } from "../package-root.js";
import { type CommandResult, explainFailure, runCommand, runPythonModule } from "./command.js";
import { findPython } from "./find-python.js";
import { detectGpu } from "./gpu.js";
import { type Extra, requirementsFor, torchRequirement } from "./requirements.js";
import { readState, removeEnvironment, type State, type TorchState, writeState } from "./state.js";
import { chooseTorch } from "./torch-index.js";

export type { Extra } from "./requirements.js";

export interface SetupOptions {
  /** The folder that holds the environment: `projectHome()`. */
  readonly home: string;
  /** What to install besides the base. Extras add up: what an earlier set-up installed stays. */
  readonly extras?: readonly Extra[];
  /** The Python to make it with; default `$W2S_BASE_PYTHON`, or else the first that does on the PATH. */
  readonly python?: string | undefined;
  /** `auto` (the default), `default` for pip's own index, or an address; default `$W2S_TORCH_INDEX`. */
  readonly torchIndex?: string | undefined;
  /** Called with one line at a time about what is being done. Not called where there is nothing to do. */
  readonly report: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
  /** Stand-ins for tests: the requirements' folder, the environment of pip, PyTorch's host, the root of `/dev`, `/proc`. */
  readonly stub?: {
    readonly requirements?: string;
    readonly env?: NodeJS.ProcessEnv;
    readonly torchHost?: string;
    readonly systemRoot?: string;
  };
}

export interface PythonEnvironment {
  /** Its interpreter. */
  readonly python: string;
  readonly extras: readonly Extra[];
  /** False where everything was in place. */
  readonly changed: boolean;
}

/**
 * Makes the Python environment of a project, or brings it up to date; under a second where nothing is to be done. Safe
 * against being killed at any moment (the next call repairs it) and against another set-up at the same time (it waits).
 *
 * @throws WeakToStrongError `missing_dependency` (no Python, no network, no such package), `storage` (disk full),
 * `bad_input`.
 */
export async function setupPython(options: SetupOptions): Promise<PythonEnvironment> {
  const folder = join(options.home, "python");
  const done = await upToDate(folder, options);
  if (done) return done;
  await using _lock = await acquireLock(`${folder}.lock`, {
    what: "set-up of the Python environment",
    onWait: (message) => options.report(`${message}: waiting for it.`),
    ...(options.signal ? { signal: options.signal } : {}),
  });
  return (await upToDate(folder, options)) ?? (await bringUpToDate(folder, options));
}

function environmentOf(options: SetupOptions): NodeJS.ProcessEnv {
  return options.stub?.env ?? process.env;
}

function union(state: State | string, extras: readonly Extra[] = []): readonly Extra[] {
  return [...new Set([...(typeof state === "string" ? [] : state.extras), ...extras])].sort();
}

function requirements(extras: readonly Extra[], options: SetupOptions) {
  return requirementsFor(extras, options.stub?.requirements ?? packagePath("python", "requirements"));
}

function askedTorch(options: SetupOptions): string | undefined {
  return options.torchIndex || environmentOf(options).W2S_TORCH_INDEX || undefined;
}

function hashes(files: ReturnType<typeof requirements>): Readonly<Record<string, string>> {
  return Object.fromEntries(files.map(({ name, hash }) => [name, hash]));
}

async function upToDate(folder: string, options: SetupOptions): Promise<PythonEnvironment | undefined> {
  const state = readState(folder);
  if (typeof state === "string" || state.status !== "ready") return undefined;
  const extras = union(state, options.extras);
  for (const [name, hash] of Object.entries(hashes(requirements(extras, options)))) {
    if (state.requirements[name] !== hash) return undefined;
  }
  if (state.torch && !torchStands(state.torch, options)) return undefined;
  return (await baseStands(folder, state, options))
    ? { python: homePython(options.home), extras, changed: false }
    : undefined;
}

function torchStands(torch: TorchState, options: SetupOptions): boolean {
  const asked = askedTorch(options);
  if (asked !== undefined && asked !== torch.asked) return false;
  if (torch.asked !== "auto" || torch.gpu) return true;
  const root = options.stub?.systemRoot ?? "/"; // a GPU that has come since; asking nvidia-smi each time would be slow
  return !existsSync(join(root, "dev/nvidia0")) && !existsSync(join(root, "proc/driver/nvidia/version"));
}

/** The environment's interpreter still runs, and is of the Python that was named. */
async function baseStands(folder: string, state: State, options: SetupOptions): Promise<boolean> {
  const code = "import sys; print('.'.join(map(str, sys.version_info[:3])))";
  const run = await runCommand(homePython(options.home), ["-I", "-S", "-c", code], { signal: options.signal });
  if (run.code !== 0 || !existsSync(join(folder, "pyvenv.cfg"))) return false;
  if (run.stdout.trim() !== state.base.version) return false;
  const named = options.python || environmentOf(options).W2S_BASE_PYTHON;
  if (!named) return true;
  const found = await findPython({ named, signal: options.signal });
  return found.path === homePython(options.home) || samePath(found.path, state.base.path);
}

function samePath(a: string, b: string): boolean {
  try {
    return realpathSync(a) === realpathSync(b);
  } catch {
    return false;
  }
}

async function bringUpToDate(folder: string, options: SetupOptions): Promise<PythonEnvironment> {
  const { report, signal } = options;
  let state = readState(folder);
  if (state === "foreign") {
    throw new WeakToStrongError(
      "bad_input",
      `${folder} is there already, and was not made by this set-up. Move it away, or set W2S_HOME to another folder.`,
    );
  }
  const complete = union(state);
  const extras = union(state, options.extras);
  const files = requirements(extras, options);
  if (typeof state !== "string") {
    const why =
      state.status === "installing"
        ? "An earlier set-up was interrupted"
        : (await baseStands(folder, state, options))
          ? undefined
          : "The environment's Python has gone or changed";
    if (why) {
      report(`${why}: making the environment again.`);
      await sleep(300, undefined, signal ? { signal } : {}); // a killed set-up's pip dies within milliseconds of it
      state = "absent";
    }
  }
  const steps = new Steps(report);
  if (typeof state === "string") {
    const named = options.python || environmentOf(options).W2S_BASE_PYTHON || undefined;
    const base = await findPython({ named, signal });
    removeEnvironment(folder);
    state = { status: "installing", extras: complete, base, requirements: {} };
    writeState(folder, state);
    const where = relative(process.cwd(), folder);
    await steps.run(`Making a Python ${base.version} environment in ${where.startsWith("..") ? folder : where}`, () =>
      runPythonModule(base.path, "venv", [folder], { env: environmentOf(options), signal }),
    );
  }
  const before = state;
  writeState(folder, { ...before, status: "installing" });
  let torch: TorchState | undefined;
  try {
    torch = await installTorch(steps, before.torch, files, options);
    await installFiles(steps, files, options);
  } catch (error) {
    // Where pip had not begun to unpack, the environment is as it was, and the next set-up can go on with it.
    if (!steps.unpacked) writeState(folder, { ...before, status: "ready" });
    throw error;
  }
  writeState(folder, { ...before, status: "ready", extras, requirements: hashes(files), torch });
  report(`Python environment ready (${steps.total()}).`);
  return { python: homePython(options.home), extras, changed: true };
}

/** Torch comes first and alone where it comes from an index of its own; everything else comes from pip's. */
async function installTorch(
  steps: Steps,
  before: TorchState | undefined,
  files: ReturnType<typeof requirements>,
  options: SetupOptions,
): Promise<TorchState | undefined> {
  const requirement = torchRequirement(files);
  if (!requirement) return before;
  if (before && torchStands(before, options) && before.url === undefined) return before;
  const env = environmentOf(options);
  const { signal, stub } = options;
  const asked = askedTorch(options) ?? before?.asked ?? "auto";
  const gpu = await detectGpu({ systemRoot: stub?.systemRoot, env, signal });
  const python = homePython(options.home);
  const choice = await chooseTorch({ python, requirement, asked, gpu, env, signal, host: stub?.torchHost });
  options.report(`torch: ${choice.why}.`);
  const changed = before !== undefined && before.url !== choice.url;
  if (choice.url || changed) {
    const from = choice.url ? ["--index-url", choice.url] : [];
    const again = changed ? ["--force-reinstall"] : [];
    await steps.run(`Installing ${requirement}`, (onLine) =>
      pip(options, ["--no-deps", ...again, ...from, requirement], onLine),
    );
  }
  return { asked, gpu: gpu.present, ...(choice.url ? { url: choice.url } : {}) };
}

async function installFiles(
  steps: Steps,
  files: ReturnType<typeof requirements>,
  options: SetupOptions,
): Promise<void> {
  for (const noDependencies of [false, true]) {
    const some = files.filter((file) => file.noDependencies === noDependencies);
    if (some.length === 0) continue;
    const names = some.map((file) => file.name.replace(/(-no-deps)?\.txt$/, "")).join(", ");
    const args = [...(noDependencies ? ["--no-deps"] : []), ...some.flatMap((file) => ["-r", file.path])];
    await steps.run(`Installing Python packages (${names})`, (onLine) => pip(options, args, onLine));
  }
}

function pip(options: SetupOptions, args: readonly string[], onLine: (line: string) => void): Promise<CommandResult> {
  // Python compiles what it imports; compiling all of torch and transformers here would double the time.
  const always = ["install", "--no-compile", "--no-input", "--disable-pip-version-check", "--progress-bar", "off"];
  return runPythonModule(homePython(options.home), "pip", [...always, ...args], {
    env: environmentOf(options),
    signal: options.signal,
    onLine,
  });
}

/** Says each step when it begins and how long it took; throws with the program's last words where one fails. */
class Steps {
  readonly #begun = performance.now();
  readonly #report: (line: string) => void;
  /** Whether pip has begun to change the environment. */
  unpacked = false;

  constructor(report: (line: string) => void) {
    this.#report = report;
  }

  async run(title: string, work: (onLine: (line: string) => void) => Promise<CommandResult>): Promise<void> {
    const begun = performance.now();
    this.#report(`${title}…`);
    const result = await work((line) => {
      const download = /^\s*Downloading (\S+?)(?:\.metadata)? \((\d+(?:\.\d+)? [MG]B)\)/.exec(line);
      if (download && !/^\d(\.\d+)? MB$/.test(download[2] ?? ""))
        this.#report(`  downloading ${download[1]} (${download[2]})`);
      const packages = /^Installing collected packages: (.*)/.exec(line)?.[1]?.split(", ").length;
      if (packages) this.unpacked = true;
      if (packages) this.#report(`  unpacking ${packages} package${packages === 1 ? "" : "s"}`);
    });
    if (result.code !== 0) throw explainFailure(title, result);
    this.#report(`  done in ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  }

  total(): string {
    return `${((performance.now() - this.#begun) / 1000).toFixed(1)} s`;
  }
}
