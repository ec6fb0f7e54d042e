import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createTestbed, scripted } from "weak-to-strong";
import { type LabEvent, type LabOptions, lab } from "weak-to-strong/lab";
import type { Detector } from "../../src/audit/case.js";
import type { Matrix } from "../../src/data/matrix.js";
import { readJournal } from "../../src/lab/journal.js";
import { parseLabRecord } from "../../src/lab/record.js";
import { keptRooms } from "../../src/lab/room-files.js";
import { openDesk } from "../../src/scorers/sealed/index.js";
import { texts } from "../fixtures/texts.js";
import { smallLab, tiny } from "./fixtures/small-lab.js";

let folder: string;
let dir: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "w2s-sealed-"));
  dir = join(folder, "lab");
  process.env.W2S_KEYS = join(folder, "keys");
});
afterEach(() => {
  delete process.env.W2S_KEYS;
  rmSync(folder, { recursive: true, force: true });
});

test("parts, carving and sealed seeds are as asked for, and what they resolve is said", {
  timeout: 120_000,
}, async () => {
  const told: string[] = [];
  const agent = scripted(async (seat) => {
    const library = { name: "confident-labels", options: { threshold: 0.6 } };
    const input = { library, method: "kept", write_up: "Only what the teacher is sure of." };
    told.push((await seat.call("submit", input)).content);
  });
  const parts = { development: 0.5, final: 0.3, vault: 0.2 };
  const options = { ...(await smallLab(dir, [agent])), sealedSeeds: 3, carve: 0.25, parts, audits: [] };
  await using team = lab(options);
  const events: LabEvent[] = [];
  for await (const event of team) events.push(event);
  const { record } = await team.result();

  const rows = { development: 575, final: 345, vault: 230 };
  expect(record.testbeds).toMatchObject([{ examples: 575, rows, seeds: [0, 1, 2] }]);
  const notices = events.flatMap((event) => (event.type === "notice" ? [event.message] : []));
  expect(notices.find((message) => message.startsWith("On tiny: "))).toMatch(
    /^On tiny: development: 575 rows resolve (a|no) difference of .*PGR.*; final: 345 rows .*; vault: 230 rows /,
  );
  expect(record.notices.some(({ message }) => message.startsWith("On tiny: "))).toBe(true);

  const [room] = keptRooms(join(dir, "scorer", "room"));
  expect(new Set([0, 1, 2, ...room!.sealedSeeds]).size).toBe(6);
  expect(room!.weakLabels.map(({ rows }) => rows)).toEqual([450, 450, 450]);
  const shared = join(dir, "shared", "data", "tiny");
  expect(readdirSync(join(shared, "weak_labels")).toSorted()).toEqual(["0.npy", "1.npy", "2.npy"]);
  const lines = (name: string) => readFileSync(join(shared, name), "utf8").trim().split("\n").length;
  expect([lines("train.jsonl"), lines("development.jsonl")]).toEqual([450, 575]);

  // A method of the library's own is handed in by its name. Nobody has audited it.
  expect(told[0]).toMatch(/^Submission s0, `kept`: .* 4 submissions left/);
  expect(record.submissions).toMatchObject([{ method: "kept", standing: "unaudited", findings: [] }]);

  // Killed just before its outcome was written, it is written by the next start, and nothing else is done.
  rmSync(join(dir, "outcome.json"));
  await using again = lab(options);
  expect((await again.result()).record).toMatchObject({ lives: 2, submissions: record.submissions });
  expect(told).toHaveLength(1);

  await using other = lab({ ...options, parts: { development: 0.4, final: 0.4, vault: 0.2 } });
  await expect(other.result()).rejects.toThrow(/folder of a lab whose parts was/);
});

test("holdouts that fail leave the outcome; a verdict given since is in it, and changes nothing of what was frozen", {
  timeout: 180_000,
}, async () => {
  let worked = 0;
  const agent = scripted(async (seat) => {
    for (const threshold of [0.6, 0.7]) {
      const library = { name: "confident-labels", options: { threshold } };
      const input = { library, method: `above ${threshold}`, write_up: "What the teacher is sure of." };
      await seat.call("submit", input);
    }
    worked++;
  });
  let broken = true;
  const open = async () => {
    if (broken) throw new Error("The disk with it is away.");
    return tiny("elsewhere");
  };
  const options = { ...(await smallLab(dir, [agent])), seeds: 2, audits: [], holdouts: [{ name: "elsewhere", open }] };
  const start = async (more: Partial<LabOptions> = {}) => {
    await using team = lab({ ...options, ...more });
    return (await team.result()).record;
  };
  const json = (name: string) => JSON.parse(readFileSync(join(dir, name), "utf8"));

  const first = await start({ confirm: { top: 1, by: "Ada" } });
  expect(first.state).toBe("ended");
  expect(json("outcome.json").notices.at(-1).message).toMatch(
    /^The holdouts gave nothing: The disk with it is away\. /,
  );
  const [frozen] = json("transfer/frozen.json").methods;
  const best = first.submissions[0]!;
  expect(frozen.name).toBe(`${best.id} ${best.method}`);
  const entry = (seq: number) => readFileSync(join(dir, "scorer", "ledger.jsonl"), "utf8").split("\n")[seq]!;
  expect(JSON.parse(entry(best.receipt.seq))).toMatchObject({ type: "result", hash: best.receipt.entry });

  // Another is the best by now: what was frozen is measured all the same.
  {
    await using desk = await openDesk({ dir: join(dir, "scorer") });
    await desk.decide({ submission: best.id, verdict: "disqualified", reason: "It guesses.", by: "Ada" });
  }
  broken = false;
  const second = await start();
  expect(second.submissions.find(({ id }) => id === best.id)!.verdict).toMatchObject({ reason: "It guesses." });
  expect(second.confirmation).toEqual(first.confirmation);
  expect(readFileSync(join(dir, "report.html"), "utf8")).toContain("disqualified since");
  expect(second.ledger!.count).toBe(first.ledger!.count + 1);
  expect(JSON.stringify(json("transfer/transfer.json"))).toContain(frozen.name);
  expect(json("transfer/transfer.json").frozen.methods).toEqual([frozen]);

  const journal = readFileSync(join(dir, "journal.jsonl"), "utf8");
  expect(await start()).toEqual(second);
  expect(readFileSync(join(dir, "journal.jsonl"), "utf8")).toBe(journal);
  expect(worked).toBe(1);
});

test("audits have the holdouts, opened when nothing more can be submitted, with reruns and references there", {
  timeout: 180_000,
}, async () => {
  let submitted = false;
  const openedAfter: boolean[] = [];
  const agent = scripted(async (seat) => {
    const library = { name: "confident-labels", options: { threshold: 0.6 } };
    await seat.call("submit", { library, method: "kept", write_up: "Only what the teacher is sure of." });
    submitted = true;
  });
  const seen: Record<string, unknown>[] = [];
  const looks: Detector = {
    name: "looks",
    about: "measures on the holdouts",
    reruns: true,
    async audit({ holdouts = [], references, rerun, testbed, submission }) {
      for (const { testbed, references, rerun } of holdouts) {
        const { weakLabels, weak } = references[1]!;
        const [own, again, plain] = [
          await rerun({ run: 1, weakLabels }),
          await rerun({ run: 1, weakLabels }),
          await rerun({ run: 1, weakLabels, reference: "naive" }),
        ];
        const mean = (of: Matrix | undefined) =>
          testbed.score(of!, testbed.final).reduce((sum, one) => sum + one, 0) / testbed.final.length;
        const same = Buffer.compare(Buffer.from(own!.data.buffer), Buffer.from(again!.data.buffer)) === 0;
        const scores = [weak, own, plain].map(mean);
        seen.push({ name: testbed.name, teachers: references.length, rows: own!.rows, same, scores });
      }
      const { rows, predictions } = submission.runs[0]!;
      const here = await rerun({ run: 0, weakLabels: references[0]!.weakLabels, reference: "naive" });
      const [reference, told] = [testbed.score(here!, rows), testbed.score(predictions!, rows)];
      expect([reference.length, told.length]).toEqual([rows.length, rows.length]);
      return { detector: "looks", verdict: "clean", words: "It was measured.", evidence: [] };
    },
  };
  const open = async () => {
    openedAfter.push(submitted);
    return tiny("elsewhere");
  };
  const away = async () => {
    throw new Error("The disk with it is away.");
  };
  const holdouts = [
    { name: "never seen", open },
    { name: "gone", open: away },
  ];
  await using team = lab({ ...(await smallLab(dir, [agent])), seeds: 2, sealedSeeds: 2, audits: [looks], holdouts });
  const { record } = await team.result();

  expect(openedAfter.every(Boolean)).toBe(true);
  expect(seen).toMatchObject([{ name: "never seen", teachers: 2, same: true }]);
  const { rows, scores } = seen[0] as { rows: number; scores: number[] };
  expect(rows).toBe((await tiny("elsewhere")).splits.test.ids.length);
  for (const score of scores) expect(score).toBeGreaterThan(0.4);
  expect(record.submissions).toMatchObject([{ method: "kept", standing: "clean" }]);
  const notices = record.notices.map(({ message }) => message).join("\n");
  expect(notices).toContain("Opens 2 holdouts for audits: agents have ended");
  expect(notices).toContain("Audits do without the holdout gone: The disk with it is away.");
  // Nobody reads what was fitted with the holdouts' truth.
  expect(statSync(join(dir, "transfer", "truth")).mode & 0o777).toBe(0o700);
});

test("a testbed whose gap its parts do not resolve is refused", { timeout: 60_000 }, async () => {
  // The teacher has seen as much as the ceiling has.
  const testbed = await createTestbed({
    name: "flat",
    train_label: texts(600, "a"),
    train_unlabel: texts(600, "b"),
    test: texts(1000, "c"),
  });
  // A lab draws it once, and one draw in forty resolves a gap that is not there. Given, it is the same each time.
  mkdirSync(dir);
  writeFileSync(join(dir, "secret"), "5".repeat(64));
  await using team = lab({ ...(await smallLab(dir, [scripted([])])), testbed });
  await expect(team.result()).rejects.toMatchObject({
    code: "bad_input",
    message: expect.stringMatching(
      /^The testbed "flat" cannot be scored on its development part \(400 rows\): .*carve\(testbed, \{ share \}\)/,
    ),
  });
});

/** Starts the program; resolves when it says that the clean room trains, or has ended. */
async function submitting(...more: string[]) {
  const program = join(import.meta.dirname, "fixtures", "submitting.ts");
  const node = ["--conditions=w2s-source", "--import", "tsx", program, dir, ...more];
  const child = spawn(process.execPath, node, { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  await Promise.race([once(child.stdout, "data"), exited]);
  return { child, exited };
}

test("a submission that a kill cuts off goes on, and is charged once", { timeout: 180_000 }, async () => {
  const { child, exited } = await submitting("hang");
  child.kill("SIGKILL");
  expect(await exited).toEqual([null, "SIGKILL"]);
  const second = await submitting();
  expect(await second.exited).toEqual([0, null]);

  const { entries } = readJournal(join(dir, "journal.jsonl"));
  const of = (type: string) => entries.filter((entry) => entry.type === type);
  expect([of("life"), of("submitted"), of("lab-ended")].map(({ length }) => length)).toEqual([2, 1, 1]);
  const ledger = readFileSync(join(dir, "scorer", "ledger.jsonl"), "utf8")
    .trim()
    .split("\n");
  expect(ledger.map((line) => JSON.parse(line).type)).toEqual(["opened", "submission", "result"]);
  const record = parseLabRecord(JSON.parse(readFileSync(join(dir, "outcome.json"), "utf8")));
  expect(record.submissions).toMatchObject([{ id: "s0", method: "one", outcome: "not-better" }]);
});
