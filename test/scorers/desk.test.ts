import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { SubmissionResult } from "../../src/scorer.js";
import { openDesk, sealedScorer, verifyReceipt } from "../../src/scorers/sealed/index.js";
import { handIn } from "../../src/testing/scorer-cases/room.js";
import { plain, request } from "../../src/testing/scorer-cases/samples.js";
import { scorerFolders } from "./folders.js";

vi.mock("../../src/scorers/sealed/child.js", () => import("./in-process.js"));

let place: ReturnType<typeof scorerFolders>;
beforeEach(() => {
  place = scorerFolders();
});
afterEach(() => place[Symbol.dispose]());

const verdict = { submission: "s0", verdict: "disqualified", reason: "It has a table of answers.", by: "ann" } as const;

/** Two submissions, one with an audit; returns what the scorer's own results are. */
async function filled(): Promise<readonly SubmissionResult[]> {
  await using scorer = sealedScorer(place);
  await scorer.evaluate(request(plain, 0.7));
  await scorer.submit(handIn(plain, { share: 0.9 }));
  await scorer.submit(handIn(plain, { share: 0.8, goes: "predict", on: 4 }));
  const finding = {
    detector: "one",
    verdict: "review",
    words: "Odd.",
    evidence: [{ what: "row", value: "7" }],
  } as const;
  await scorer.audited({ submission: "s1", findings: [finding] });
  return scorer.results();
}

const withoutReceipts = (results: readonly SubmissionResult[]) => results.map(({ receipt: _, ...rest }) => rest);

test("shows what the scorer shows people, and keeps a verdict that the scorer then knows", async () => {
  const results = await filled();
  {
    await using desk = await openDesk(place);
    expect(withoutReceipts(await desk.results())).toEqual(withoutReceipts(results));
    const receipt = await desk.decide(verdict);
    const { publicKey } = JSON.parse(readFileSync(join(place.dir, "ledger.jsonl"), "utf8").split("\n")[0]!).released;
    expect(verifyReceipt(receipt, publicKey)).toEqual({ ok: true });
    expect((await desk.results()).map(({ standing }) => standing)).toEqual(["disqualified", "review"]);
  }
  await using scorer = sealedScorer(place);
  expect(await scorer.results()).toMatchObject([{ verdict, standing: "disqualified" }, { standing: "review" }]);
  await expect(scorer.confirm({ top: 1, by: "ann" })).rejects.toMatchObject({ code: "not_found" });
});

test("is refused while a scorer has the ledger, and refuses one in turn", async () => {
  await filled();
  {
    await using scorer = sealedScorer(place);
    await scorer.describe();
    await expect(openDesk(place)).rejects.toMatchObject({ code: "busy" });
  }
  await using _desk = await openDesk(place);
  await using scorer = sealedScorer(place);
  await expect(scorer.describe()).rejects.toMatchObject({ code: "busy" });
});

test("refuses verdicts of what was not submitted, or without a reason", async () => {
  await filled();
  await using desk = await openDesk(place);
  await expect(desk.decide({ ...verdict, submission: "s7" })).rejects.toMatchObject({ code: "not_found" });
  await expect(desk.decide({ ...verdict, reason: "" })).rejects.toMatchObject({
    code: "bad_input",
    message: expect.stringContaining("reason"),
  });
  expect((await desk.results()).map(({ verdict }) => verdict)).toEqual([undefined, undefined]);
});

test("opens no folder without a ledger, without its key, or with a changed one", async () => {
  const [elsewhere, empty] = [join(place.keys, "elsewhere"), join(place.dir, "..", "empty")];
  mkdirSync(empty, { recursive: true });
  await expect(openDesk({ dir: empty })).rejects.toMatchObject({ code: "not_found" });
  await filled();
  await expect(openDesk({ dir: place.dir, keys: elsewhere })).rejects.toMatchObject({ code: "bad_input" });
  const ledger = join(place.dir, "ledger.jsonl");
  writeFileSync(ledger, readFileSync(ledger, "utf8").replace('"outcome":"failed"', '"outcome":"better"'));
  await expect(openDesk(place)).rejects.toMatchObject({
    code: "bad_input",
    message: expect.stringContaining("written"),
  });
});
