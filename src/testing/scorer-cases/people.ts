import assert from "node:assert/strict";
import type { AuditFinding, Confirmation, PGRScorer, Standing, Submission } from "../../scorer.js";
import { verifyReceipt } from "../../scorers/sealed/ledger/receipt.js";
import type { SuiteCase } from "../suite.js";
import { refuses } from "../trainer-cases/assertions.js";
import { expectedScore, sameScore } from "./answers.js";
import { type Bench, told } from "./bench.js";
import { handIn } from "./room.js";
import { grouped, guesses, plain, request } from "./samples.js";

/** What people see and decide, the vault, and receipts. */
export function peopleCases({ test }: Bench): SuiteCase[] {
  return [
    test("shows people every submission with its code, write-up and runs", async (open) => {
      const scorer = await open();
      const asked = handIn(plain, { share: 0.8 });
      const answer = await scorer.submit(asked);
      const [result] = await scorer.results();
      const { writeUp, program, runs, scores, audits, standing, ...rest } = result!;
      assert.deepEqual(told(rest), told(answer), "as it was answered");
      assert.ok(scores, "scores");
      assert.deepEqual([writeUp, program], [asked.writeUp, asked.code]);
      assert.deepEqual([audits, standing], [[], "unaudited"]);
      for (const run of runs) {
        assert.deepEqual(run.predictions, guesses(plain, 0.8, { rows: run.rows, seed: 0 }), "predictions, by rows");
        assert.deepEqual(run.seconds, { fit: 0.7, predict: 0.4 });
        assert.deepEqual(
          run.traces,
          { canaries: [], processes: {}, refused: [], opened: ["reads /usr/share/words"] },
          "traces, as the clean room told them",
        );
      }
    }),
    test("shows people every evaluation with the predictions that were asked about and all that they score", async (open) => {
      const scorer = await open({ feedback: "ladder" });
      for (const share of [0.8, 0.6]) await scorer.evaluate(request(plain, share));
      for (const [at, share] of [0.8, 0.6].entries()) {
        const { predictions: asked, exact, ...rest } = (await scorer.queries())[at]!;
        const { predictions } = request(plain, share);
        assert.deepEqual(told(rest), told((await scorer.records())[at]!), "as it was answered");
        assert.deepEqual(
          asked.map(({ accuracy: _, ...one }) => one),
          predictions,
          "the predictions",
        );
        const of = (some: typeof predictions) => ({
          ...({ part: "development", seeds: some.map(({ seed }) => seed) } as const),
          predictions: some.map(({ probabilities }) => probabilities),
        });
        sameScore(exact, expectedScore(plain, of(predictions)));
        for (const [i, { accuracy }] of asked.entries()) {
          const expected = expectedScore(plain, of(predictions.slice(i, i + 1))).accuracy;
          assert.ok(Math.abs(accuracy - expected) < 1e-9, "the accuracy with each seed");
        }
      }
    }),
    test("keeps audits and verdicts: the last verdict stands, else the worst finding", async (open) => {
      const scorer = await open();
      const { id } = await scorer.submit(handIn(plain, { share: 0.8 }));
      const audit = (detector: string, verdict: AuditFinding["verdict"]): Promise<unknown> =>
        scorer.audited({ submission: id, findings: [{ detector, verdict, words: "Because.", evidence: [] }] });
      const seen = await scorer.records();
      const stands: Standing[] = [];
      const look = async (): Promise<number> => stands.push((await scorer.results())[0]!.standing);
      await audit("one", "clean");
      await look();
      await audit("two", "review");
      await look();
      await audit("three", "disqualified");
      await look();
      for (const verdict of ["elicitation", "clean"] as const) {
        await scorer.decide({ submission: id, verdict, reason: "I looked.", by: "ann" });
        await look();
      }
      assert.deepEqual(stands, ["clean", "review", "disqualified", "elicitation", "clean"]);
      const [result] = await scorer.results();
      assert.deepEqual(result?.verdict, { submission: id, verdict: "clean", reason: "I looked.", by: "ann" });
      assert.equal(result?.audits.length, 3, "what was found stays");
      assert.deepEqual((await scorer.records()).map(told), seen.map(told), "agents see nothing of it");
    }),
    test("refuses audits and verdicts of what was not submitted", async (open) => {
      const scorer = await open();
      await refuses(scorer.audited({ submission: "s9", findings: [] }), ["not_found"]);
      const verdict = { submission: "s9", verdict: "clean", reason: "I looked.", by: "ann" } as const;
      await refuses(scorer.decide(verdict), ["not_found"]);
      await refuses(scorer.decide({ ...verdict, reason: "" }), ["bad_input"]);
    }),
    test("opens the vault once, for the best of each author, disqualified ones left out", async (open) => {
      const scorer = await open();
      const [ada, bo, cheat] = await submitted(scorer, { ada: 0.9, bo: 0.75, cheat: 0.99 });
      await scorer.submit(handIn(plain, { share: 0.6 }, { author: "ada" }));
      await scorer.submit(handIn(plain, { share: 0.9, goes: "fit" }, { author: "dee" }));
      const best = await scorer.evaluate(request(plain, 0.93, { author: "ada" }));
      await scorer.decide({ submission: cheat!, verdict: "disqualified", reason: "A table.", by: "ann" });
      const confirmed = await scorer.confirm({ top: 5, by: "ann" });
      assert.deepEqual(
        confirmed.rows.map(({ submission }) => submission),
        [ada, bo],
      );
      const { runs, scores } = (await scorer.results()).find(({ id }) => id === ada)!;
      const seeds = runs.map(({ teacherSeed }) => teacherSeed);
      const given = seeds.map(() => guesses(plain, 0.9, { rows: plain.parts.vault, seed: 0 }));
      const expected = expectedScore(plain, { part: "vault", seeds, predictions: given });
      const [row] = confirmed.rows;
      assert.ok(row!.vault.pgr.status === "ok" && expected.pgr.status === "ok" && best.score?.pgr.status === "ok");
      assert.ok(Math.abs(row!.vault.pgr.estimate - expected.pgr.estimate) < 1e-9, "the vault's PGR");
      assert.ok(Math.abs(row!.vault.pgr.level - (1 - 0.05 / 2)) < 1e-9, "an interval for two rows together");
      assert.ok(Math.abs(row!.optimism! - (best.score.pgr.estimate - row!.vault.pgr.estimate)) < 1e-9, "optimism");
      assert.equal(confirmed.rows[1]?.optimism, null, "no optimism without an evaluation");
      assert.deepEqual(scores?.vault, row!.vault, "in results, too");
    }),
    test("gives the same confirmation when it is asked again, whatever has come since", async (open) => {
      const scorer = await open();
      await submitted(scorer, { ada: 0.9 });
      const first = await scorer.confirm({ top: 1, by: "ann" });
      await submitted(scorer, { bo: 0.97 });
      const rest = ({ receipt, ...said }: Confirmation): object => ({ ...said, entry: receipt.entry });
      assert.deepEqual(rest(await scorer.confirm({ top: 5, by: "bob" })), rest(first));
      await scorer[Symbol.asyncDispose]();
      const next = await open();
      assert.deepEqual(rest(await next.confirm({ top: 5, by: "bob" })), rest(first), "by the next scorer, too");
    }),
    test("opens no vault where there is none, and none for nobody", async (open) => {
      const { parts } = plain;
      const [scorer, without] = [
        await open(),
        await open({ dir: "without", testbeds: [{ ...plain, parts: { ...parts, vault: new Int32Array() } }] }),
      ];
      await submitted(without, { ada: 0.9 });
      await refuses(without.confirm({ top: 1, by: "ann" }), ["unsupported"]);
      await refuses(scorer.confirm({ top: 1, by: "ann" }), ["not_found"]);
      await refuses(scorer.confirm({ top: 0, by: "ann" }), ["bad_input"]);
      const [ada] = await submitted(scorer, { ada: 0.9 });
      const [row] = (await scorer.confirm({ top: 1, by: "ann" })).rows;
      assert.equal(row?.submission, ada, "it stayed closed");
    }),
    test("confirms submissions on several testbeds, each on its own vault", async (open) => {
      const scorer = await open();
      for (const testbed of [plain, grouped]) await scorer.submit(handIn(testbed, { share: 0.9 }));
      const { rows } = await scorer.confirm({ top: 5, by: "ann" });
      assert.deepEqual(rows.map(({ testbed }) => testbed).sort(), ["grouped", "plain"]);
      const seeds = [...grouped.sealedSeeds];
      const given = seeds.map(() => guesses(grouped, 0.9, { rows: grouped.parts.final, seed: 0 }));
      const expected = expectedScore(grouped, { part: "final", seeds, predictions: given });
      const final = rows.find(({ testbed }) => testbed === "grouped")!.final;
      const [one] = (await scorer.results()).filter(({ testbed }) => testbed === "grouped");
      assert.equal(final.accuracy, one!.scores!.final.accuracy);
      sameScore(one?.scores?.final, expected);
    }),
    test("signs a receipt for every answer, which holds what was answered and nothing that is hidden", async (open) => {
      const scorer = await open({ feedback: "ladder" });
      const { id, publicKey } = (await scorer.describe()).ledger;
      const answers = [
        await scorer.evaluate(request(plain, 0.8)),
        await scorer.evaluate(request(plain, 0.3)),
        await scorer.submit(handIn(plain, { share: 0.8 })),
      ];
      for (const [at, { receipt, ...answer }] of answers.entries()) {
        const { logs: _, ...released } = answer as Partial<Submission>;
        assert.deepEqual(verifyReceipt(receipt, publicKey), { ok: true });
        assert.deepEqual(receipt.released, released, "what was answered");
        assert.equal(receipt.ledger, id, "the ledger");
        const forged = { ...receipt, released: { ...released, improved: true, outcome: "better", left: 99 } };
        assert.ok(!verifyReceipt(forged, publicKey).ok, "a forged one does not verify");
        const before = answers[at - 1]?.receipt;
        assert.ok(!before || receipt.seq > before.seq, "numbers go up");
      }
      const audit = await scorer.audited({ submission: answers[2]!.id, findings: [] });
      const { receipt } = await scorer.confirm({ top: 1, by: "ann" });
      for (const one of [audit, receipt]) assert.deepEqual(verifyReceipt(one, publicKey), { ok: true });
    }),
  ];
}

/** Submits on `plain`, an author each with its share of right rows; returns the ids. */
async function submitted(scorer: PGRScorer, shares: Readonly<Record<string, number>>): Promise<string[]> {
  const ids: string[] = [];
  for (const [author, share] of Object.entries(shares)) {
    ids.push((await scorer.submit(handIn(plain, { share }, { author }))).id);
  }
  return ids;
}
