import assert from "node:assert/strict";
import type { Agent } from "../../agent.js";
import type { JournalEntry } from "../../lab/entries.js";
import { type SuiteCase, suiteCase } from "../suite.js";
import { assertFollowed, calledIn, type Life, live, type MakeAgent, modelCalls, plan } from "./bench.js";

/** What an agent does in a second life, with the journal of a first one that was killed after each of its entries. */
export function resumeCases(make: MakeAgent): SuiteCase[] {
  return [
    suiteCase("goes on after a kill at any moment and repeats no finished step", async () => {
      const first = await live(await make(plan));
      for (let kept = 0; kept <= first.journal.length; kept++) {
        const agent = await make(plan);
        await checkSecondLife(agent, first, first.journal.slice(0, kept));
      }
    }),
    suiteCase(
      "goes on after a kill with the same agent, as a lab that is started twice in a process does",
      async () => {
        const agent = await make(plan);
        const first = await live(agent);
        for (const kept of [3, Math.floor(first.journal.length / 2), first.journal.length])
          await checkSecondLife(agent, first, first.journal.slice(0, kept));
      },
    ),
    suiteCase("does nothing anew when its work had been done", async () => {
      const { journal, result } = await live(await make(plan));
      const again = await live(await make(plan), { journal });
      assert.deepEqual(again.performed, [], "no tool ran");
      assert.equal(again.journal.length, journal.length, "nothing was added to the journal");
      assert.deepEqual(again.result, result);
    }),
    suiteCase("goes on after a third and a fourth life", async () => {
      const whole = await live(await make(plan));
      let journal: readonly JournalEntry[] = [];
      for (const more of [2, 5, 9]) {
        const { journal: longer } = await live(await make(plan), { journal });
        journal = longer.slice(0, Math.min(longer.length, journal.length + more));
      }
      const { journal: last } = await live(await make(plan), { journal });
      assertFollowed(last, plan);
      assert.deepEqual(calledIn(last), calledIn(whole.journal));
    }),
  ];
}

async function checkSecondLife(agent: Agent, first: Life, journal: readonly JournalEntry[]): Promise<void> {
  const where = `killed after entry ${journal.length} of ${first.journal.length}`;
  const second = await live(agent, { journal }).catch((error: unknown) => {
    throw new assert.AssertionError({ message: `${where}: it failed: ${error}` });
  });
  // A call of `finish` that was interrupted may well be made again.
  const work = (calls: readonly { tool: string; input: unknown }[]) => calls.filter(({ tool }) => tool !== "finish");
  const calls = work(calledIn(first.journal));
  assert.deepEqual(work(calledIn(second.journal)), calls, `${where}: the same calls in both lives together`);
  const begun = work(calledIn(journal)).length;
  assert.deepEqual(work(second.performed), calls.slice(begun), `${where}: no call was performed again`);
  const last = journal.at(-1);
  const again =
    last?.type === "model-began" ||
    last?.type === "model-paid" ||
    (last?.type === "tool-began" && last.tool === "finish");
  const most = modelCalls(first.journal) + (again && modelCalls(first.journal) > 0 ? 1 : 0);
  assert.ok(
    modelCalls(second.journal) <= most,
    `${where}: ${modelCalls(second.journal)} model calls were made in both lives together, expected at most ${most}`,
  );
}
