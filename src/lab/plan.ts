import { resolve } from "node:path";
import type { Json } from "../agent.js";
import { WeakToStrongError } from "../errors.js";
import { confidence } from "../methods/confidence.js";
import { confidentLabels } from "../methods/confident-labels.js";
import type { Method } from "../methods/method.js";
import { naive } from "../methods/naive.js";
import { strongOnTeacherLabels } from "../methods/strong-on-teacher-labels.js";
import type { SandboxLimits } from "../sandbox.js";
import type { FeedbackMode } from "../scorer.js";
import type { Testbed } from "../testbed/testbed.js";
import { flawOfNames } from "../transfer/plan.js";
import type { BriefingFacts } from "./briefing.js";
import { defaultBriefing } from "./briefing.js";
import type { Limits } from "./budget.js";
import { defaultFractions } from "./defaults.js";
import type { BudgetName } from "./entries.js";
import { knownOptions, type LabOptions } from "./options.js";
import { budgetWords } from "./status.js";

/** The options with every default filled in. */
export interface LabPlan extends Omit<LabOptions, "testbed" | "seeds" | "sealedSeeds" | "feedback"> {
  readonly testbeds: readonly Testbed[];
  readonly seeds: readonly number[];
  readonly sealedSeeds: number;
  readonly feedback: FeedbackMode;
  readonly baselines: readonly Method[];
  readonly briefing: (facts: BriefingFacts) => string;
  readonly ids: readonly string[];
  readonly labLimits: Limits;
  readonly agentLimits: Limits;
}

/** Submissions of each agent where the budget names no number. */
const defaultSubmissions = 5;

/** Settings at which the lab tries each kind of baseline: nine fits a seed, each scored once. */
const defaultBaselines = (): Method[] => [
  naive(),
  naive({ hard: true }),
  ...[0.25, 0.5, 0.75].map((alpha) => confidence({ alpha })),
  ...[0.6, 0.75, 0.85].map((threshold) => confidentLabels({ threshold })),
  strongOnTeacherLabels(),
];

export function labPlan(options: LabOptions): LabPlan {
  const unknown = Object.keys(options).find((key) => !(knownOptions as readonly string[]).includes(key));
  if (unknown !== undefined) throw bad(`unknown option "${unknown}"; there are ${knownOptions.join(", ")}.`);
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
      'trainer: expected a function that makes one, such as `trainer: pythonTrainer` (without parentheses) or `({ store }) => pythonTrainer({ store, devices: ["cuda:0"] })`: the lab makes several, of which some are for fits with truth alone.',
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
  const { holdouts = [] } = options;
  const flaw = flawOfNames(holdouts.map(({ name }) => name));
  if (flaw !== undefined) throw bad(`holdouts: ${flaw}`);
  checkSandboxLimits(options.limits ?? {});
  const { agent: each, ...labLimits } = budget ?? {};
  checkLimits("budget", labLimits);
  checkLimits("budget.agent", each ?? {});
  if (labLimits.hours === undefined)
    throw bad(
      "budget: expected `hours` among its limits, so that the lab comes to an end by itself, whatever its agents do.",
    );
  const { sealedSeeds = 3, feedback = "ladder", carve = 0 } = options;
  if (!(Number.isInteger(sealedSeeds) && sealedSeeds > 0))
    throw bad(`sealedSeeds: expected a whole number above 0, found ${sealedSeeds}.`);
  const { canaries = 0 } = options;
  if (!(Number.isInteger(canaries) && canaries >= 0))
    throw bad(`canaries: expected a whole number, found ${canaries}.`);
  if (!["ladder", "rounded", "exact"].includes(feedback))
    throw bad(`feedback: expected "ladder", "rounded" or "exact", found ${JSON.stringify(feedback)}.`);
  if (!(carve >= 0 && carve < 1)) throw bad(`carve: expected a share from 0 to below 1, found ${carve}.`);
  return {
    ...options,
    dir: resolve(options.dir),
    testbeds,
    seeds: seedsOf(options.seeds ?? 3),
    sealedSeeds,
    feedback,
    baselines: options.baselines ?? defaultBaselines(),
    briefing: options.briefing ?? defaultBriefing,
    ids: agents.map((_, index) => `agent-${index + 1}`),
    labLimits,
    agentLimits: { submissions: defaultSubmissions, ...sharesOf(labLimits, agents.length), ...each },
  };
}

/** What a lab is, for the journal: the same each time that it is started in its folder. */
export function planRecord(plan: LabPlan): { readonly [key: string]: Json } {
  return {
    testbeds: plan.testbeds.map(({ name }) => name),
    data: Object.fromEntries(plan.testbeds.map(({ name, hash }) => [name, hash])),
    seeds: plan.seeds,
    sealedSeeds: plan.sealedSeeds,
    parts: { ...(plan.parts ?? defaultFractions) },
    carve: plan.carve ?? 0,
    canaries: plan.canaries ?? 0,
    feedback: plan.feedback,
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
