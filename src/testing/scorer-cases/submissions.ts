import assert from "node:assert/strict";
import type { SuiteCase } from "../suite.js";
import { is, refuses } from "../trainer-cases/assertions.js";
import { expectedScore, sameScore } from "./answers.js";
import { type Bench, bytesOf, told as recorded, submissions } from "./bench.js";
import { handIn, program, sampleRoom } from "./room.js";
import { grouped, guesses, plain } from "./samples.js";

/** Methods that are run again from their code. */
export function submissionCases({ test }: Bench): SuiteCase[] {
  return [
    test("says of a submission whether it is better than the author's best, and no more", async (open) => {
      const scorer = await open();
      const outcomes: string[] = [];
      for (const [author, share] of [
        ["ada", 0.8],
        ["ada", 0.7],
        ["ada", 0.97],
        ["bo", 0.8],
      ] as const) {
        const answer = await scorer.submit(handIn(plain, { share }, { author }));
        outcomes.push(answer.outcome);
        assert.ok(!("score" in answer || "scores" in answer), "no score");
      }
      assert.deepEqual(outcomes, ["better", "not-better", "better", "better"]);
    }),
    test("answers what is not better with the same bytes, whatever it is worth", async (open) => {
      const scorer = await open();
      await scorer.submit(handIn(plain, { share: 0.9 }, { author: "ada" }));
      const told = new Set<string>();
      for (const share of [0.8, 0.3]) {
        const { left, code, ...rest } = await scorer.submit(handIn(plain, { share }));
        told.add(bytesOf({ ...rest, left: 0, code: "" }));
      }
      assert.equal(told.size, 1);
    }),
    test("begins from the lab's baseline where there is one", async (open) => {
      const scores = plain.sealedSeeds.map(() => Float64Array.from(plain.labels, (_, row) => (row % 10 < 8 ? 1 : 0)));
      const scorer = await open({ testbeds: [{ ...plain, baselines: [{ method: "naive", scores }] }] });
      assert.equal((await scorer.submit(handIn(plain, { share: 0.75 }))).outcome, "not-better");
      assert.equal((await scorer.submit(handIn(plain, { share: 0.97 }))).outcome, "better");
    }),
    test("runs a method on several sealed seeds, with their weak labels, on all rows shuffled", async (open) => {
      const room = sampleRoom();
      const scorer = await open({ room });
      for (const testbed of [plain, grouped]) {
        const before = room.asked.length;
        const { id } = await scorer.submit(handIn(testbed, { share: 0.8 }));
        const asked = room.asked.slice(before);
        const result = (await scorer.results()).find((one) => one.id === id)!;
        assert.ok(asked.length > 1, "more than one run");
        assert.equal(new Set(result.runs.map(({ teacherSeed }) => teacherSeed)).size, asked.length, "other teachers");
        const every = Object.values(testbed.parts).flatMap((rows) => [...rows]);
        for (const [at, { testbed: name, weakLabels, rows, seed }] of asked.entries()) {
          const run = result.runs[at]!;
          assert.equal(name, testbed.name);
          assert.deepEqual(weakLabels, testbed.weakLabels[testbed.sealedSeeds.indexOf(run.teacherSeed)], "labels");
          assert.deepEqual([...rows].sort(), every.toSorted(), "every row of every part, once");
          assert.notDeepEqual(
            [...rows],
            every.toSorted((a, b) => a - b),
            "shuffled",
          );
          assert.deepEqual([[...run.rows], run.seed], [[...rows], seed], "what the result says of it");
        }
        assert.notDeepEqual([...asked[0]!.rows], [...asked[1]!.rows], "each run in an order of its own");
      }
    }),
    test("draws other seeds and orders for the same code the next time", async (open) => {
      const room = sampleRoom();
      const scorer = await open({ room });
      for (let i = 0; i < 2; i++) await scorer.submit(handIn(plain, { share: 0.8 }));
      const half = room.asked.length / 2;
      const drawn = [room.asked.slice(0, half), room.asked.slice(half)];
      const seeds = drawn.map((runs) => runs.map(({ seed }) => seed));
      assert.notDeepEqual(seeds[0], seeds[1], "seeds");
      assert.notDeepEqual([...drawn[0]![0]!.rows], [...drawn[1]![0]!.rows], "orders");
    }),
    test("scores a submission on development and final, against the sealed seeds' teachers and ceilings", async (open) => {
      const scorer = await open();
      for (const testbed of [plain, grouped]) {
        const { id } = await scorer.submit(handIn(testbed, { share: 0.8 }));
        const { runs, scores } = (await scorer.results()).find((one) => one.id === id)!;
        const seeds = runs.map(({ teacherSeed }) => teacherSeed);
        for (const part of ["development", "final"] as const) {
          const given = seeds.map(() => guesses(testbed, 0.8, { rows: testbed.parts[part], seed: 0 }));
          sameScore(scores?.[part], expectedScore(testbed, { part, seeds, predictions: given }));
        }
        assert.equal(scores?.vault, undefined, "the vault is closed");
      }
    }),
    test("takes a method that fails with one seed for failed, as a result, in the same words however it failed", async (open) => {
      const room = sampleRoom();
      const scorer = await open({ room });
      const answers = new Set<string>();
      const logs = new Set<string>();
      for (const [at, goes] of (["fit", "predict", "shape", "sum"] as const).entries()) {
        const play = { share: 0.9, goes, on: room.asked.length + 1 };
        const { logs: log, code: _, left, ...rest } = await scorer.submit(handIn(plain, play));
        answers.add(bytesOf({ ...rest, code: "", left: 0 }));
        logs.add(JSON.stringify(log));
        assert.equal(rest.outcome, "failed", goes);
        assert.equal(left, submissions - 1 - at, "charged");
        const { runs, scores } = (await scorer.results())[at]!;
        assert.deepEqual(runs.map(({ failure }) => failure !== undefined).slice(0, 2), [false, true], goes);
        assert.equal(scores, undefined, "no scores");
        assert.ok(runs[0]?.predictions && !runs[1]?.predictions, "predictions of the runs that went well");
      }
      assert.deepEqual([answers.size, logs.size], [1, 1], "the same words and logs");
    }),
    test("tells only the author, and only of fitting, what a method wrote; seconds rounded up", async (open) => {
      const scorer = await open();
      const answer = await scorer.submit(handIn(plain, { share: 0.9 }));
      assert.equal(answer.logs?.[0], "fitted on 4 examples");
      const runs = answer.logs!.length;
      assert.equal(
        answer.seconds,
        [2, 5].find((step) => step >= 1.1 * runs),
        "1.1 s a run, to 1, 2 or 5",
      );
      const seen = [await scorer.records(), await scorer.standings(), await scorer.results()];
      assert.ok(!JSON.stringify(seen).includes("fitted on"), "not kept");
    }),
    test("gives each author its submissions and no more, baselines aside", async (open) => {
      const scorer = await open();
      for (let i = 1; i <= submissions; i++) {
        const goes = i === 2 ? { goes: "fit" as const } : {};
        assert.equal((await scorer.submit(handIn(plain, { share: 0.5, ...goes }))).left, submissions - i);
      }
      await refuses(scorer.submit(handIn(plain, { share: 0.5 })), ["exhausted"]);
      await scorer.submit(handIn(plain, { share: 0.5 }, { author: "lab", baseline: true }));
      assert.equal((await scorer.submit(handIn(plain, { share: 0.5 }, { author: "lab" }))).left, submissions - 1);
    }),
    test("answers a submission's key that was used before with the same submission, for nothing", async (open) => {
      const room = sampleRoom();
      const scorer = await open({ room });
      const first = await scorer.submit(handIn(plain, { share: 0.8 }, { key: "k" }));
      const runs = room.asked.length;
      const again = await scorer.submit(handIn(plain, { share: 0.9 }, { key: "k" }));
      assert.deepEqual(recorded(again), recorded(first), "the same submission");
      assert.equal(room.asked.length, runs, "and not run again");
      const other = await scorer.submit(handIn(plain, { share: 0.8 }, { key: "k", author: "bo" }));
      assert.notEqual(other.id, first.id, "a key is its author's own");
      assert.equal((await scorer.submit(handIn(plain, { share: 0.8 }))).left, submissions - 2, "charged once");
    }),
    test("goes on with a submission that was cut off: the same code, seeds and rows, charged once", async (open) => {
      const room = sampleRoom();
      const scorer = await open({ room });
      const code = program({ "method.py": JSON.stringify({ share: 0.9, goes: "hangs", on: 1 }) });
      const asked = handIn(plain, { share: 0.9 }, { key: "k", code });
      const stop = new AbortController();
      const cut = scorer.submit(asked, { signal: stop.signal });
      await Promise.race([room.begun(2), cut]);
      const reason = new Error("changed my mind");
      stop.abort(reason);
      await assert.rejects(cut, is(reason));
      assert.deepEqual(await scorer.records(), [], "no answer yet");
      await scorer[Symbol.asyncDispose]();
      const again = await open({ room });
      const answer = await again.submit(asked);
      const [before, after] = [room.asked.slice(0, 2), room.asked.slice(2, 4)];
      assert.deepEqual(after, before, "the same runs");
      assert.deepEqual([answer.outcome, answer.left], ["better", submissions - 1]);
      assert.equal((await again.records()).length, 1, "one record");
    }),
    test("settles what was cut off, once", async (open) => {
      const room = sampleRoom();
      const scorer = await open({ room });
      const code = program({ "method.py": JSON.stringify({ share: 0.9, goes: "hangs", on: 1 }) });
      const stop = new AbortController();
      const cut = scorer.submit(handIn(plain, { share: 0.9 }, { key: "k", code }), { signal: stop.signal });
      await Promise.race([room.begun(2), cut]);
      stop.abort(new Error("no time left"));
      await assert.rejects(cut);
      assert.deepEqual([await scorer.settle(), await scorer.settle()], [1, 0], "how many were open");
      const [only, ...more] = await scorer.results();
      assert.deepEqual([only?.outcome, more.length], ["better", 0], "its result");
    }),
    test("names a submission by its code", async (open) => {
      const scorer = await open();
      const file = JSON.stringify({ share: 0.8 });
      const hashes: string[] = [];
      for (const files of [{ "method.py": file }, { "method.py": `${file} ` }, { "method.py": file }]) {
        hashes.push((await scorer.submit(handIn(plain, { share: 0.8 }, { code: program(files) }))).code);
      }
      assert.equal(hashes[0], hashes[2], "the same code");
      assert.notEqual(hashes[0], hashes[1], "other code");
    }),
  ];
}
