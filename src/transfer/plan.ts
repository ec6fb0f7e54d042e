import type { Code } from "../clean-room.js";
import { program } from "../clean-rooms/program.js";
import { WeakToStrongError } from "../errors.js";
import { type Method, named } from "../methods/method.js";
import { methodCalled } from "../methods/registry.js";
import type { ModelSpec } from "../models/model.js";
import type { SandboxProvider } from "../sandbox.js";
import type { Testbed } from "../testbed/testbed.js";
import type { Trainer } from "../trainer.js";
import type { OpenedBefore } from "./record.js";

/** A testbed that no search has seen. */
export interface Holdout {
  readonly name: string;
  /** Called by `transfer` once the methods are frozen, as `brown` or `() => loadTestbed("data/sst2")`. */
  readonly open: () => Promise<Testbed>;
  /** As in an experiment; default: the testbed's pair. */
  readonly teacher?: ModelSpec;
  readonly teacherExamples?: number;
  readonly student?: ModelSpec;
}

/** A method that was found, as the code that is run: nothing of it is tuned to a holdout. */
export interface FrozenMethod {
  readonly name: string;
  readonly code: Code;
}

/** What is measured where. */
export interface TransferOptions {
  readonly holdouts: readonly Holdout[];
  readonly methods: readonly FrozenMethod[];
  /** Where programs run, such as `bubblewrap()`. Needed where a method is one; it stays its maker's to dispose. */
  readonly sandbox?: SandboxProvider;
  /** The Python of programs, an absolute path. Default: that of `npx weak-to-strong setup`, or `$W2S_PYTHON`. */
  readonly python?: string;
  /** Where the holdouts have been opened before, for what and when: the record and the page say so. Default: they have not. */
  readonly openedBefore?: OpenedBefore;
  /** The best that is known without the search, in as many settings as it is tuned over. */
  readonly baselines: readonly Method[];
  readonly trainer: Trainer;
  /** For teachers and ceilings, where programs are not to be trusted with the trainer that has seen truth. Default: `trainer`. */
  readonly truthTrainer?: Trainer;
  /** How many seeds (0, 1, ...), or which. Default 5. */
  readonly seeds?: number | readonly number[];
  /** Share of each holdout's test rows on which its best baseline is chosen; it is shown on the others. Default 0.3. */
  readonly choosing?: number;
  /**
   * A folder in which the frozen methods' hash and finished fits are kept: the same transfer started again repeats none,
   * and one with other methods is refused there.
   */
  readonly dir?: string;
  readonly signal?: AbortSignal;
}

/** The options, checked as far as that goes before a holdout is opened. */
export interface TransferPlan extends TransferOptions {
  readonly choosing: number;
  readonly all: readonly { readonly name: string; readonly method: Method; readonly baseline: boolean }[];
}

export function transferPlanOf(options: TransferOptions): TransferPlan {
  const { holdouts, methods, baselines, choosing = 0.3 } = options;
  if (holdouts.length === 0) throw bad("holdouts: expected at least one, found none.");
  if (methods.length === 0) throw bad("methods: expected at least one, found none.");
  if (!(choosing > 0 && choosing < 1)) throw bad(`choosing: expected a number between 0 and 1, found ${choosing}.`);
  const flaw = flawOfNames(holdouts.map(({ name }) => name));
  if (flaw !== undefined) throw bad(`holdouts: ${flaw}`);
  const control = baselines.find((baseline) => baseline.control);
  if (control) {
    throw bad(`baselines: "${nameOf(control)}" is a control, which sees truth that no method has; leave it out.`);
  }
  const all = [
    ...methods.map((method) => ({ name: method.name, method: methodOf(method, options), baseline: false })),
    ...baselines.map((method) => ({ name: nameOf(method), method, baseline: true })),
  ];
  const wrong = flawOfNames(["weak", "ceiling", ...all.map(({ name }) => name)]);
  if (wrong !== undefined) throw bad(`methods and baselines: ${wrong}`);
  return { ...options, choosing, all };
}

function methodOf({ name, code }: FrozenMethod, { sandbox, python }: TransferOptions): Method {
  if (code.type === "library") return named(name, methodCalled(code.name, code.options));
  if (sandbox) {
    const { file, snapshot } = code;
    return program({ file, snapshot, name, sandbox, ...(python !== undefined && { python }) });
  }
  throw bad(
    `sandbox: expected a provider, such as bubblewrap(), since "${name}" is a program that agents may have written.`,
  );
}

function nameOf(method: Method): string {
  return method.methodName ?? method.name;
}

/** What is wrong with names that are to be told apart. */
export function flawOfNames(names: readonly string[]): string | undefined {
  if (names.includes("")) return "expected a name for each, found an empty one.";
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  return twice === undefined ? undefined : `the name "${twice}" is taken; give each another.`;
}

function bad(message: string): WeakToStrongError {
  return new WeakToStrongError("bad_input", `transfer: ${message}`);
}
