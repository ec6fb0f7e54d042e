import assert from "node:assert/strict";
import type { SuiteCase } from "../suite.js";
import { refuses } from "../trainer-cases/assertions.js";
import { type Bench, budget, told } from "./bench.js";
import { grouped, plain, request } from "./samples.js";

/** Budgets, keys, and what a scorer that is opened again goes on with. */
export function accountCases({ test }: Bench): SuiteCase[] {
  return [
    test("gives each author its evaluations and no more, over all testbeds", async (open) => {
      const scorer = await open();
      for (let i = 1; i <= budget; i++) {
        const { left } = await scorer.evaluate(request(i % 2 ? plain : grouped, 0.7));
        assert.equal(left, budget - i, "what is left");
      }
      await refuses(scorer.evaluate(request(plain, 0.7)), ["exhausted"]);
      assert.equal((await scorer.evaluate(request(plain, 0.7, { author: "bo" }))).left, budget - 1, "another author");
      assert.equal((await scorer.records()).length, budget + 1, "records");
    }),
    test("keeps to the budget when a hundred evaluations are asked for at once", async (open) => {
      const scorer = await open();
      const asked = await Promise.allSettled(Array.from({ length: 100 }, () => scorer.evaluate(request(plain, 0.7))));
      const left = asked.flatMap((one) => (one.status === "fulfilled" ? one.value.left : []));
      assert.deepEqual(
        left.sort(),
        Array.from({ length: budget }, (_, i) => i),
        "what each answer says is left",
      );
      assert.equal((await scorer.records()).length, budget, "records");
    }),
    test("charges nobody for baselines", async (open) => {
      const scorer = await open();
      for (let i = 0; i <= budget; i++) await scorer.evaluate(request(plain, 0.6, { author: "naive", baseline: true }));
      assert.equal((await scorer.evaluate(request(plain, 0.7, { author: "naive" }))).left, budget - 1);
    }),
    test("answers a key that was used before with the same evaluation, for nothing", async (open) => {
      const scorer = await open();
      const first = await scorer.evaluate(request(plain, 0.7, { key: "k" }));
      const again = await Promise.all([0.7, 0.9].map((share) => scorer.evaluate(request(plain, share, { key: "k" }))));
      assert.deepEqual(again.map(told), [told(first), told(first)], "the same evaluation");
      const other = await scorer.evaluate(request(plain, 0.7, { key: "k", author: "bo" }));
      assert.notEqual(other.id, first.id, "a key is its author's own");
      assert.equal((await scorer.evaluate(request(plain, 0.7))).left, budget - 2, "charged once");
      assert.equal((await scorer.records()).length, 3, "records");
    }),
    test("answers a key that is used many times at once with one evaluation", async (open) => {
      const scorer = await open();
      const asked = await Promise.all(
        Array.from({ length: 20 }, () => scorer.evaluate(request(plain, 0.7, { key: "k" }))),
      );
      assert.equal(new Set(asked.map(({ id }) => id)).size, 1, "one evaluation");
      assert.equal((await scorer.records()).length, 1, "one record");
    }),
    test("numbers its records in order and gives them as it answered", async (open) => {
      const scorer = await open();
      const asked = [];
      for (const share of [0.6, 0.8, 0.7])
        asked.push(await scorer.evaluate(request(plain, share, { snapshot: "abc" })));
      assert.deepEqual((await scorer.records()).map(told), asked.map(told));
      assert.deepEqual(
        asked.map(({ index }) => index),
        [0, 1, 2],
        "numbers",
      );
      assert.equal(new Set(asked.map(({ id }) => id)).size, 3, "ids");
      assert.equal(asked[0]?.snapshot, "abc", "the snapshot");
    }),
    test("goes on where it was: records, standings, budgets and keys", async (open) => {
      const scorer = await open();
      const first = await scorer.evaluate(request(plain, 0.7, { key: "k" }));
      await scorer.evaluate(request(plain, 0.6, { author: "naive", baseline: true }));
      const [records, standings] = [await scorer.records(), await scorer.standings()];
      await scorer[Symbol.asyncDispose]();
      const again = await open();
      assert.deepEqual(await again.records(), records, "the records");
      assert.deepEqual(await again.standings(), standings, "the standings");
      assert.deepEqual(told(await again.evaluate(request(plain, 0.7, { key: "k" }))), told(first), "the key");
      const next = await again.evaluate(request(plain, 0.9));
      assert.deepEqual([next.left, next.index], [budget - 2, 2], "budget and number go on");
      assert.notEqual(next.id, first.id, "a new id");
    }),
  ];
}
