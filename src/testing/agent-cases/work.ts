import assert from "node:assert/strict";
import { type SuiteCase, suiteCase } from "../suite.js";
import { assertFollowed, calledIn, live, type MakeAgent, modelCalls, outputsIn, plan, withCalls } from "./bench.js";

/** Calling tools, and telling of it. */
export function workCases(make: MakeAgent): SuiteCase[] {
  return [
    suiteCase("calls tools one after the other and says what it did", async () => {
      const { journal, result } = await live(await make(plan));
      assertFollowed(journal, plan);
      assert.equal(typeof result.summary, "string");
      assert.ok(result.summary.length > 0, "the summary says something");
    }),
    suiteCase("tells of each call before and after it, in order", async () => {
      const { events, journal } = await live(await make(plan));
      const told = events.filter(({ type }) => type === "tool-call" || type === "tool-result");
      for (const [i, event] of told.entries())
        assert.equal(event.type, i % 2 === 0 ? "tool-call" : "tool-result", "call and result alternate");
      const calls = events.flatMap((e) => (e.type === "tool-call" ? [{ tool: e.tool, input: e.input }] : []));
      assert.deepEqual(calls, calledIn(journal), "the events are the calls");
      const outputs = journal.flatMap((e) => (e.type === "tool-ended" ? [{ tool: e.tool, ...e.output }] : []));
      assert.deepEqual(
        outputsIn(events),
        outputs.map(({ tool, isError, content }) => ({ tool, isError, content })),
        "the events are the results",
      );
    }),
    suiteCase("goes on after a tool that fails", async () => {
      const failing = withCalls([{ tool: "fail", input: {} }], [{ tool: "add", input: { a: 1, b: 1 } }]);
      const { events, journal } = await live(await make(failing));
      assertFollowed(journal, failing);
      assert.equal(outputsIn(events)[0]?.isError, true, "the failure is told as one");
    }),
    suiteCase("goes on after invalid input, a hundred times", async () => {
      const wrong = Array.from({ length: 100 }, (_, i) => [{ tool: "add", input: { a: "one", b: i } }]);
      const invalid = withCalls(...wrong, [{ tool: "add", input: { a: 1, b: 1 } }]);
      const { events, journal, performed } = await live(await make(invalid));
      assertFollowed(journal, invalid);
      const outputs = outputsIn(events);
      assert.ok(
        outputs.slice(0, 100).every(({ isError }) => isError),
        "each is told as an error",
      );
      assert.deepEqual(performed[0], { tool: "add", input: { a: 1, b: 1 } }, "none of them ran");
    }),
    suiteCase("goes on after a tool that does not exist", async () => {
      const unknown = withCalls([{ tool: "no_such_tool", input: {} }], [{ tool: "add", input: { a: 1, b: 1 } }]);
      const { journal, events } = await live(await make(unknown));
      assertFollowed(journal, unknown);
      assert.equal(outputsIn(events)[0]?.isError, true);
    }),
    suiteCase("pays no more for a call than it had reserved", async () => {
      const { journal } = await live(await make(plan));
      for (const began of journal) {
        if (began.type !== "model-began") continue;
        const paid = journal.flatMap((e) => (e.type === "model-paid" && e.step === began.step ? [e.usage] : []));
        const usd = paid.reduce((sum, usage) => sum + usage.usd, 0);
        assert.ok(usd <= began.maximum.usd, `step ${began.step} cost ${usd} dollars of at most ${began.maximum.usd}`);
      }
    }),
    suiteCase("does the same each time", async () => {
      const agent = await make(plan);
      const [one, other] = [await live(agent), await live(agent)];
      // What a model answers is its own: only the first call has to be the same.
      const first = ({ journal }: typeof one) => journal.find((e) => e.type === "model-began")?.key;
      assert.deepEqual(calledIn(other.journal), calledIn(one.journal), "the same tool calls");
      assert.equal(first(other), first(one), "the same first model call: nothing is kept from one start to the next");
      assert.equal(modelCalls(other.journal), modelCalls(one.journal), "as many model calls");
      assert.deepEqual(other.result, one.result, "the same result");
    }),
  ];
}
