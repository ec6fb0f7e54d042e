import { resolve } from "node:path";
import type { Agent, Json } from "../agent.js";
import { WeakToStrongError } from "../errors.js";
import type { Forum } from "../forum.js";
import { confidence } from "../methods/confidence.js";
import { confidentLabels } from "../methods/confident-labels.js";
import type { Method } from "../methods/method.js";
import { naive } from "../methods/naive.js";
import { strongOnTeacherLabels } from "../methods/strong-on-teacher-labels.js";
import type { ModelSpec } from "../models/model.js";
import type { Mount, SandboxLimits, SandboxProvider } from "../sandbox.js";
import type { PGRScorer } from "../scorer.js";
import type { Testbed } from "../testbed/testbed.js";
import type { Trainer } from "../trainer.js";
import type { BriefingFacts } from "./briefing.js";
import { defaultBriefing } from "./briefing.js";
import type { Limits } from "./budget.js";
import type { ComplexityJudge } from "./complexity.js";
import type { SealedTestbed } from "./defaults.js";
import type { BudgetName } from "./entries.js";
import type { FamilyClassifier } from "./families.js";
import { budgetWords } from "./status.js";
import type { HumanBaseline } from "./tally.js";

/** `truth`: for teachers and ceilings only. `agents`: for the baselines and everything that agents ask for. */
export type TrainerRole = "truth" | "agents";

/** Makes one of a lab's two trainers, which keeps all that it makes in the folder `store`. */
export type MakeTrainer = (place: { readonly store: string }, role: TrainerRole) => Trainer;

/** Limits of the lab as a whole; `hours` there must be. */
export interface LabBudget extends Limits {
  /** Hours that the lab may run, downtime left out. */
  readonly hours: number;
  /** For each agent. Default: an equal share of the lab's, and all of its hours. */
  readonly agent?: Limits;
}

export interface LabOptions {
  /** The lab's folder: journal, forum, scores, sandboxes' files. The same program started again goes on there. */
  readonly dir: string;
  /** One of `testbed` and `testbeds`; agents can work on several at once. */
  readonly testbed?: Testbed;
  readonly testbeds?: readonly Testbed[];
  /** Default: each testbed's pair. */
  readonly teacher?: ModelSpec;
  readonly teacherExamples?: number;
  readonly student?: ModelSpec;
  /** Further models that agents may train, by a name. They always may the student, as `student`. */
  readonly models?: Readonly<Record<string, ModelSpec>>;
  /**
   * Makes a trainer; called twice, since fits with truth need a worker and a store that no agent's request reaches. The
   * lab disposes both. `pythonTrainer` itself is one.
   */
  readonly trainer: MakeTrainer;
  readonly agents: readonly Agent[];
  readonly budget: LabBudget;
  /** Show agents the true labels of `train_label`, which the teacher is trained on. Default false. */
  readonly teacherLabels?: boolean;
  /** How many seeds (0, 1, ...), each with a teacher and a ceiling, or which. Default 3. */
  readonly seeds?: number | readonly number[];
  /** Share of the test split that agents are scored on; the rest stays sealed. Default .5. */
  readonly development?: number;
  /** Run and scored before agents begin. Default: naive, confidence and confident labels at three settings each, control. */
  readonly baselines?: readonly Method[];
  /** Default: `bubblewrap()`. The caller disposes one that is passed. */
  readonly sandbox?: SandboxProvider;
  readonly limits?: SandboxLimits;
  /** Device files that sandboxes see, such as `/dev/nvidia0`. Default none. */
  readonly devices?: readonly string[];
  /** More that can be read in sandboxes, such as folders of models. */
  readonly mounts?: readonly Mount[];
  /** The Python inside. Default: `$W2S_PYTHON`, else the environment that `npx weak-to-strong setup` made. */
  readonly python?: string;
  /** Start although the sandbox does not enforce every limit here. Default false. */
  readonly acceptUnenforced?: boolean;
  /** Default: `sqliteForum` in `dir`. The caller disposes one that is passed. */
  readonly forum?: Forum;
  /** Default: `developmentScorer`. The lab disposes what it makes. */
  readonly scorer?: (sealed: SealedLab) => PGRScorer;
  /** Replaces what agents are told. Default: {@link defaultBriefing}. */
  readonly briefing?: (facts: BriefingFacts) => string;
  /** US dollars an hour of a trainer's device, counted in dollars beside tokens. Default 0: one's own machine. */
  readonly trainerUsdPerHour?: number;
  /** Shown beside the agents: the PGR that people reached. */
  readonly human?: readonly HumanBaseline[];
  /** Tells which family a method is of, for the diversity of ideas. Default {@link keywordFamilies}. */
  readonly families?: FamilyClassifier;
  /** Judges how complex a method is. Default {@link linesOfCode}. */
  readonly complexity?: ComplexityJudge;
  readonly signal?: AbortSignal;
}

/** What a lab's scorer is made of. It holds the truth of the development splits. */
export interface SealedLab {
  readonly dir: string;
  readonly evaluations: number;
  readonly testbeds: readonly SealedTestbed[];
}

/** The options with every default filled in. */
export interface LabPlan extends Omit<LabOptions, "testbed" | "seeds"> {
  readonly testbeds: readonly Testbed[];
  readonly seeds: readonly number[];
  readonly development: number;
  readonly baselines: readonly Method[];
  readonly briefing: (facts: BriefingFacts) => string;
  readonly ids: readonly string[];
  readonly labLimits: Limits;
  readonly agentLimits: Limits;
}

const known: readonly (keyof LabOptions)[] = [
  "dir",
  "testbed",
  "testbeds",
  "teacher",
  "teacherExamples",
  "student",
  "models",
  "trainer",
  "agents",
  "budget",
  "teacherLabels",
  "seeds",
  "development",
  "baselines",
  "sandbox",
  "limits",
  "devices",
  "mounts",
  "python",
  "acceptUnenforced",
  "forum",
  "scorer",
  "briefing",
  "trainerUsdPerHour",
  "human",
  "families",
  "complexity",
  "signal",
];

/** Settings at which the lab tries each kind of baseline: nine fits a seed, each scored once. */
const defaultBaselines = (): Method[] => [
  naive(),
  naive({ hard: true }),
  ...[0.25, 0.5, 0.75].map((alpha) => confidence({ alpha })),
  ...[0.6, 0.75, 0.85].map((threshold) => confidentLabels({ threshold })),
  strongOnTeacherLabels(),
];

export function labPlan(options: LabOptions): LabPlan {
  const unknown = Object.keys(options).find((key) => !(known as readonly string[]).includes(key));
  if (unknown !== undefined) throw bad(`unknown option "${unknown}"; there are ${known.join(", ")}.`);
  const { testbed, budget, agents } = options;
  if (typeof options.dir !== "string" || options.dir === "") throw bad("dir: expected a folder, such as runs/first.");
  const testbeds = options.testbeds ?? (testbed ? [testbed] : []);
  if (testbeds.length === 0) throw bad("testbed: expected one, such as `await brown()`, found none.");
  if (testbed && options.testbeds) throw bad("testbed, testbeds: expected one of the two, found both.");
  const promised = testbeds.find((one) => typeof one?.splits !== "object");
  if (promised !== undefined)
    throw bad(
      `testbed: expected one made by loadTestbed, createTestbed, digits or brown, found ${(promised as unknown) instanceof Promise ? "a promise of one; write `await digits()`" : typeof promised}.`,
    );
  const names = testbeds.map(({ name }) => name);
  const strange = names.find((name) => !/^[\w.-]{1,64}$/.test(name) || name.startsWith("."));
  if (strange !== undefined)
    throw bad(`testbeds: expected names of letters, digits, "-", "_" and ".", found ${JSON.stringify(strange)}.`);
  if (new Set(names).size < names.length) throw bad(`testbeds: expected different names, found ${names.join(", ")}.`);
  if (typeof options.trainer !== "function") {
    throw bad(
      'trainer: expected a function that makes one, such as `trainer: pythonTrainer` (without parentheses) or `({ store }) => pythonTrainer({ store, devices: ["cuda:0"] })`: the lab makes two, one of them for fits with truth alone.',
    );
  }
  if (!Array.isArray(agents) || agents.length === 0)
    throw bad("agents: expected at least one, such as claude({ ... }).");
  const notOne = agents.findIndex((agent) => typeof agent?.start !== "function");
  if (notOne >= 0)
    throw bad(
      `agents[${notOne}]: expected an Agent, found ${typeof agents[notOne]}${typeof agents[notOne] === "function" ? "; scripted(fn) makes one of a function" : ""}.`,
    );
  if (options.sandbox !== undefined && typeof options.sandbox.capabilities !== "function")
    throw bad(
      `sandbox: expected a provider, such as bubblewrap(), found ${typeof options.sandbox}; call it, with parentheses.`,
    );
  const odd = options.baselines?.findIndex((method) => typeof method !== "function") ?? -1;
  if (odd >= 0)
    throw bad(
      `baselines[${odd}]: expected a method, such as naive(), found ${JSON.stringify(options.baselines![odd])}.`,
    );
  checkSandboxLimits(options.limits ?? {});
  const { agent: each, ...labLimits } = budget ?? {};
  checkLimits("budget", labLimits);
  checkLimits("budget.agent", each ?? {});
  if (labLimits.hours === undefined)
    throw bad(
      "budget: expected `hours` among its limits, so that the lab comes to an end by itself, whatever its agents do.",
    );
  const development = options.development ?? 0.5;
  if (!(development > 0 && development < 1))
    throw bad(`development: expected a share between 0 and 1, found ${development}.`);
  return {
    ...options,
    dir: resolve(options.dir),
    testbeds,
    seeds: seedsOf(options.seeds ?? 3),
    development,
    baselines: options.baselines ?? defaultBaselines(),
    briefing: options.briefing ?? defaultBriefing,
    ids: agents.map((_, index) => `agent-${index + 1}`),
    labLimits,
    agentLimits: { ...sharesOf(labLimits, agents.length), ...each },
  };
}

/** What a lab is, for the journal: the same each time that it is started in its folder. */
export function planRecord(plan: LabPlan): { readonly [key: string]: Json } {
  return {
    testbeds: plan.testbeds.map(({ name }) => name),
    data: Object.fromEntries(plan.testbeds.map(({ name, hash }) => [name, hash])),
    seeds: plan.seeds,
    development: plan.development,
    teacherLabels: plan.teacherLabels ?? false,
    controls: controlsOf(plan),
    agents: plan.agents.map(({ name, direction, model }, index) => ({
      id: plan.ids[index]!,
      name,
      ...(direction !== undefined && { direction }),
      ...(model !== undefined && { model }),
    })),
  };
}

/** Names of the baselines that see truth, which nobody has in earnest. */
export function controlsOf({ baselines }: LabPlan): string[] {
  return baselines.filter(({ control }) => control).map(({ methodName, name }) => methodName ?? name);
}

function sharesOf({ hours, ...limits }: Limits, agents: number): Limits {
  const shares = Object.entries(limits).map(([name, limit]) => {
    const share = limit / agents;
    // Rounded up: the lab's own limit holds anyway.
    return [name, name === "usd" || name === "trainerSeconds" ? share : Math.ceil(share)];
  });
  return { ...Object.fromEntries(shares), ...(hours !== undefined && { hours }) };
}

function checkSandboxLimits(limits: SandboxLimits): void {
  const names = ["memory", "processes", "disk", "tmp"];
  for (const [name, limit] of Object.entries(limits)) {
    if (!names.includes(name)) throw bad(`limits: unknown limit "${name}"; there are ${names.join(", ")}.`);
    if (!Number.isInteger(limit) || limit <= 0)
      throw bad(
        `limits.${name}: expected a whole number above 0 (bytes, or processes), found ${JSON.stringify(limit)}.`,
      );
  }
}

function checkLimits(where: string, limits: Limits): void {
  for (const [name, limit] of Object.entries(limits)) {
    if (!Object.hasOwn(budgetWords, name))
      throw bad(`${where}: unknown limit "${name}"; there are ${Object.keys(budgetWords).join(", ")}.`);
    if (typeof limit !== "number" || !(limit >= 0) || limit === Infinity)
      throw bad(
        `${where}.${name}: expected a number of ${budgetWords[name as BudgetName]} of at least 0, found ${JSON.stringify(limit)}.`,
      );
  }
}

function seedsOf(seeds: number | readonly number[]): readonly number[] {
  const list = typeof seeds === "number" ? Array.from({ length: Math.max(0, seeds) }, (_, seed) => seed) : seeds;
  const valid = list.length > 0 && list.every((seed) => Number.isSafeInteger(seed) && seed >= 0);
  if (valid && new Set(list).size === list.length) return list;
  throw bad(
    `seeds: expected a number of at least 1, or different non-negative integers, found ${JSON.stringify(seeds)}.`,
  );
}

function bad(message: string): WeakToStrongError {
  return new WeakToStrongError("bad_input", `Lab: ${message}`);
}
