import type { Code } from "../clean-room.js";
import { program } from "../clean-rooms/program.js";
import { WeakToStrongError } from "../errors.js";
import { type Method, named } from "../methods/method.js";
import { methodCalled } from "../methods/registry.js";
import type { ModelSpec } from "../models/model.js";
import type { SandboxProvider } from "../sandbox.js";
import type { Testbed } from "../testbed/testbed.js";
import type { Trainer } from "../trainer.js";

/** A testbed that no search has seen. */
export interface Holdout {
  readonly name: string;
  /** Called once the methods are frozen, as `brown` or `() => loadTestbed("data/sst2")`. */
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
  checkDistinct(
    "holdouts",
    holdouts.map(({ name }) => name),
  );
  const control = baselines.find((baseline) => baseline.control);
  if (control) {
    throw bad(`baselines: "${nameOf(control)}" is a control, which sees truth that no method has; leave it out.`);
  }
  const all = [
    ...methods.map((method) => ({ name: method.name, method: methodOf(method, options), baseline: false })),
    ...baselines.map((method) => ({ name: nameOf(method), method, baseline: true })),
  ];
  checkDistinct("methods and baselines", ["weak", "ceiling", ...all.map(({ name }) => name)]);
  return { ...options, choosing, all };
}

function methodOf({ name, code }: FrozenMethod, { sandbox }: TransferOptions): Method {
  if (code.type === "library") return named(name, methodCalled(code.name, code.options));
  if (sandbox) return program({ file: code.file, snapshot: code.snapshot, name, sandbox });
  throw bad(
    `sandbox: expected a provider, such as bubblewrap(), since "${name}" is a program that agents may have written.`,
  );
}

function nameOf(method: Method): string {
  return method.methodName ?? method.name;
}

function checkDistinct(field: string, names: readonly string[]): void {
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw bad(`${field}: the name "${twice}" is taken; give each another.`);
  if (names.includes("")) throw bad(`${field}: expected a name for each, found an empty one.`);
}

function bad(message: string): WeakToStrongError {
  return new WeakToStrongError("bad_input", `transfer: ${message}`);
}
