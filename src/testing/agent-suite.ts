import type { MakeAgent } from "./agent-cases/bench.js";
import { endCases } from "./agent-cases/ends.js";
import { resumeCases } from "./agent-cases/resume.js";
import { workCases } from "./agent-cases/work.js";
import type { SuiteCase } from "./suite.js";

/**
 * The cases that every agent must pass, for any test runner. `make` gives an agent that follows the plan it gets: a script
 * by its calls (`callsOf`), a model's by a loopback server (`messagesServer({ policy: followPlan(plan) })` for Claude).
 *
 * ```ts
 * for (const { name, run } of agentSuite((plan) => scripted(callsOf(plan)))) test(name, run);
 * ```
 */
export function agentSuite(make: MakeAgent): SuiteCase[] {
  return [...workCases(make), ...endCases(make), ...resumeCases(make)];
}
