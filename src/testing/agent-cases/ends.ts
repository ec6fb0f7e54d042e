import assert from "node:assert/strict";
import type { Agent, AgentResult, Assignment } from "../../agent.js";
import { WeakToStrongError } from "../../errors.js";
import type { Run } from "../../run.js";
import { testAssignment } from "../assignment.js";
import { Skip, type SuiteCase, suiteCase } from "../suite.js";
import { calledIn, live, type MakeAgent, modelCalls, plan, tools } from "./bench.js";

/** Milliseconds after an abort by which a run has to be over. */
const soon = 1000;

/** Aborts, and budgets that come to their end. */
export function endCases(make: MakeAgent): SuiteCase[] {
  return [
    suiteCase("does not begin when it is aborted beforehand", async () => {
      const reason = new Error("changed my mind");
      const { assignment, journal } = testAssignment({ tools, signal: AbortSignal.abort(reason) });
      const run = (await make(plan)).start(assignment);
      await endsWith(run, reason);
      assert.deepEqual(calledIn(journal), [], "no tool was called");
    }),
    suiteCase("stops at an abort while a tool runs, with its reason", async () => {
      const controller = new AbortController();
      const reason = new Error("changed my mind");
      const begun = Promise.withResolvers<void>();
      const hanging = {
        ...tools.add!,
        run: () => {
          begun.resolve();
          return new Promise<string>(() => undefined);
        },
      };
      const { assignment, journal } = testAssignment({ tools: { ...tools, add: hanging }, signal: controller.signal });
      const run = (await make(plan)).start(assignment);
      const over = run.result().then(() => assert.fail("it ended before it called the tool that was planned"));
      await Promise.race([begun.promise, over]);
      over.catch(() => undefined);
      controller.abort(reason);
      await endsWith(run, reason);
      await new Promise(setImmediate);
      assert.equal(calledIn(journal).length, 1, "nothing was called after the abort");
    }),
    suiteCase("stops at an abort while the model answers, with its reason", async () => {
      const agent = await make(plan);
      await needsModel(agent);
      const controller = new AbortController();
      const reason = new Error("changed my mind");
      const { assignment, journal } = testAssignment({
        tools,
        signal: controller.signal,
        written: ({ type }) => {
          if (type === "model-began") setImmediate(() => controller.abort(reason));
        },
      });
      await endsWith(agent.start(assignment), reason);
      await new Promise(setImmediate);
      assert.equal(modelCalls(journal), 1, "no model was called after the abort");
    }),
    suiteCase("stops when its run is cancelled", async () => {
      const reason = new Error("changed my mind");
      const { assignment } = testAssignment({ tools });
      const run = (await make(plan)).start(assignment);
      run.cancel(reason);
      await endsWith(run, reason);
    }),
    suiteCase("ends with a summary when its budget is spent, and does no work then", async () => {
      const agent = await make(plan);
      const calls = await needsModel(agent);
      for (let allowed = 0; allowed < calls; allowed++) {
        const controller = new AbortController();
        const { assignment, journal } = testAssignment({ tools, signal: controller.signal });
        let refused = 0;
        let end = 0;
        const model: Assignment["model"] = async (call) => {
          if (modelCalls(journal) < allowed) return assignment.model(call);
          if (refused++ === 0) end = journal.length;
          if (refused > mostRefusals)
            controller.abort(new assert.AssertionError({ message: "it stops asking for what it cannot pay" }));
          throw new WeakToStrongError("exhausted", "0 dollars are left in your own budget.");
        };
        const { summary } = await within(agent.start({ ...assignment, model }).result(), 5000, "it ended");
        assert.equal(typeof summary, "string");
        assert.ok(refused > 0, "it had asked for more");
        const worked = calledIn(journal.slice(end)).filter(({ tool }) => tool !== "finish");
        assert.deepEqual(worked, [], "no work was done after the budget was spent");
      }
    }),
  ];
}

/** So often an agent may ask for what it cannot pay: it may try smaller calls. */
const mostRefusals = 5;

async function endsWith(run: Run<unknown, AgentResult>, reason: Error): Promise<void> {
  const outcome = await within(
    run.result().then(
      () => "a result",
      (error: unknown) => error,
    ),
    soon,
    "it stopped within a second",
  );
  assert.equal(outcome, reason, "it rejects with the reason itself");
}

async function within<T>(promise: Promise<T>, milliseconds: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new assert.AssertionError({ message: `expected that ${what}` })), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** How many model calls the agent makes. */
async function needsModel(agent: Agent): Promise<number> {
  const calls = modelCalls((await live(agent)).journal);
  if (calls === 0) throw new Skip("the agent calls no model");
  return calls;
}
