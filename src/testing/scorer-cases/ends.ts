import assert from "node:assert/strict";
import type { SuiteCase } from "../suite.js";
import { is, refuses } from "../trainer-cases/assertions.js";
import type { Bench } from "./bench.js";
import { handIn } from "./room.js";
import { plain, request } from "./samples.js";

/** Aborting, disposing, and two at once. */
export function endCases({ test }: Bench): SuiteCase[] {
  return [
    test("does not begin when it is aborted beforehand", async (open) => {
      const scorer = await open();
      const reason = new Error("changed my mind");
      const signal = AbortSignal.abort(reason);
      await assert.rejects(scorer.evaluate(request(plain, 0.7), { signal }), is(reason));
      await assert.rejects(scorer.submit(handIn(plain, { share: 0.7 }), { signal }), is(reason));
      await assert.rejects(scorer.standings({ signal }), is(reason));
      assert.deepEqual(await scorer.records(), [], "no record");
    }),
    test("refuses a second scorer on its folder", async (open) => {
      const [one, other] = [await open(), await open()];
      await one.evaluate(request(plain, 0.7));
      await refuses(other.records(), ["busy"]);
    }),
    test("refuses calls after it was disposed of", async (open) => {
      const scorer = await open();
      await scorer.evaluate(request(plain, 0.7));
      await scorer[Symbol.asyncDispose]();
      await refuses(scorer.evaluate(request(plain, 0.7)), ["disposed"]);
      await refuses(scorer.submit(handIn(plain, { share: 0.7 })), ["disposed"]);
      await refuses(scorer.records(), ["disposed"]);
    }),
  ];
}
