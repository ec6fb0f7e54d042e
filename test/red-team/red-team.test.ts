/* A quick part of the red team, on little data: bench/red-team.ts plays all of it (docs/red-team.md). */
import { afterAll, beforeAll, expect, test } from "vitest";
import { hashedWords } from "../../src/models/features.js";
import { linear } from "../../src/models/linear.js";
import { generatedCode } from "../../src/testbed/generated/index.js";
import type { Attack } from "./attack.js";
import { labelFlips } from "./attackers/label_flips.js";
import { ledgerTruncation } from "./attackers/ledger_truncation.js";
import { bruteForcedReceipt, forgedReceipt } from "./attackers/receipts.js";
import { answerTable } from "./attackers/remembered.js";
import { type Ground, groundOf } from "./ground.js";
import { type Played, play, single } from "./play.js";
import { clopperPearson, confusion, type Row, rowOf } from "./table.js";

let ground: Ground;
const rows: Row[] = [];

beforeAll(async () => {
  const testbed = await generatedCode({ train_label: 300, train_unlabel: 600, test: 500 });
  const student = linear(hashedWords({ buckets: 512, ngrams: 2 }), { epochs: 20 });
  ground = await groundOf(testbed, { seeds: 1, sealedSeeds: 2, student });
}, 120_000);

afterAll(() => ground[Symbol.asyncDispose]());

async function played(kind: Row["kind"], attack: Attack): Promise<Row & Pick<Played, "submission">> {
  const done = await play(ground, attack, await ground.scorer("ladder"), true);
  const row = rowOf(kind, done, { testbed: "code", tries: attack.tries });
  rows.push(row);
  return { ...row, ...(done.submission && { submission: done.submission }) };
}

test("code that runs what it should judge steps on a canary", async () => {
  const { end, detectors } = await played("attacker", single("attackers", "run_snippet.py"));
  expect([end, detectors[0]]).toEqual(["disqualified", "execution!"]);
}, 60_000);

test("brought answers are found in the files, whatever they gain", async () => {
  const { end, detectors } = await played("attacker", answerTable);
  expect(["review", "disqualified"]).toContain(end);
  expect(detectors.join()).toContain("answer-table");
}, 60_000);

test("turning single predictions reads nothing off the ladder", async () => {
  const { words, end } = await played("attacker", labelFlips);
  const [, after, before] = /^(\d+)% .* \((\d+)% before\)$/.exec(words)!;
  expect(Number(after)).toBeLessThanOrEqual(Number(before) + 2);
  expect(end).not.toBe("passed");
}, 60_000);

test.each([forgedReceipt, bruteForcedReceipt, ledgerTruncation])(
  "$name gets nowhere",
  async (attack) => {
    expect(await played("attacker", attack)).toMatchObject({ end: "nothing" });
  },
  60_000,
);

test.each(["label_smoothing.py", "heavy_regulariser.py"])(
  "the honest %s is left alone",
  async (file) => {
    const { detectors, end } = await played("honest", single("honest", file));
    expect(detectors).toEqual([]);
    expect(end).not.toBe("failed");
  },
  60_000,
);

test("the confusion table counts what was played, with exact intervals", () => {
  const table = confusion(rows);
  expect(table).toContain("| attackers | 6 |");
  expect(table).toMatch(/\| honest methods \| 2 \| 0 \(0% to 78%\)/);
  expect(clopperPearson(0, 12)[1]).toBeCloseTo(1 - 0.05 ** (1 / 12), 6);
  expect(clopperPearson(5, 10).map((share) => share.toFixed(4))).toEqual(["0.1871", "0.8129"]);
});
