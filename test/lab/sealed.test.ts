import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { naive } from "weak-to-strong";
import { type LabEvent, type LabOptions, type LabOutcome, lab } from "weak-to-strong/lab";
import { mine } from "../../examples/own-trainer/trainer.js";
import type { AuditCase, Detector } from "../../src/audit/case.js";
import type { Matrix } from "../../src/data/matrix.js";
import { shownStanding } from "../../src/lab/best.js";
import { type LabRecord, parseLabRecord } from "../../src/lab/record.js";
import { verifyLab } from "../../src/lab/verify.js";
import { handsIn } from "./fixtures/hands-in.js";
import { smallLab, tiny } from "./fixtures/small-lab.js";

// One lab in all its stages, in order: an agent's work, audits, a person's verdict, the vault, and somebody who tampers.

let folder: string;
let dir: string;
let options: LabOptions;
/** What the agent was told, by what it had asked. */
const told: Record<string, string> = {};
let outcome: LabOutcome;
const cases: AuditCase[] = [];
let again: Matrix | undefined;

const looks: Detector = {
  name: "looks",
  about: "keeps what it is shown",
  reruns: false,
  async audit(subject) {
    cases.push(subject);
    const verdict = subject.submission.method === "constant" ? "review" : "clean";
    const evidence = [{ what: "place", value: "line 7" }];
    return { detector: "looks", verdict, words: "It guesses the same each time.", evidence };
  },
};
const repeats: Detector = {
  name: "repeats",
  about: "runs the first run again",
  reruns: true,
  async audit({ rerun, references }) {
    again = await rerun({ run: 0, weakLabels: references[0]!.weakLabels });
    return { detector: "repeats", verdict: "clean", words: "It was run again.", evidence: [] };
  },
};

async function start(more: Partial<LabOptions> = {}): Promise<LabEvent[]> {
  const events: LabEvent[] = [];
  await using team = lab({ ...options, ...more });
  for await (const event of team) events.push(event);
  outcome = await team.result();
  return events;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "w2s-sealed-"));
  dir = join(folder, "lab");
  process.env.W2S_KEYS = join(folder, "keys");
  // A lab draws it once. Given, the parts are the same each time, and so are all scores.
  mkdirSync(dir);
  writeFileSync(join(dir, "secret"), "5".repeat(64));
  options = {
    ...(await smallLab(dir, [handsIn(dir, told)])),
    feedback: "ladder",
    seeds: 2,
    sealedSeeds: 2,
    baselines: [naive()],
    budget: { hours: 1, evaluations: 60, submissions: 3 },
    audits: [looks, repeats],
  };
  await start();
}, 300_000);
afterAll(() => {
  delete process.env.W2S_KEYS;
  rmSync(folder, { recursive: true, force: true });
});

const submissionOf = (method: string) => outcome.record.submissions.find((one) => one.method === method)!;

describe("what an agent is told", () => {
  test("of predictions that are not better: no number", () => {
    expect(told["not better"]!.trim().split("\n").at(-1)).toMatch(
      /^`constant` is not better, by more than noise, than the best before it: no score is given, evaluation e1, snapshot [0-9a-f]{64}\. 59 evaluations left\.$/,
    );
    // The outcome is for people: it has the score, and says that nobody was told.
    const [, e1, e2] = outcome.record.evaluations;
    expect(e1).toMatchObject({ id: "e1", improved: false, told: false, score: { pgr: { n: 400, seeds: 2 } } });
    expect(outcome.toCsv().split("\r\n")[2]).toContain(`,400,false,${e1!.score!.accuracy},`);
    // What is better is told, on a grid that is as coarse as the noise.
    expect(e2).toMatchObject({ id: "e2", improved: true, told: true });
    const shown = Number(/accuracy (0\.\d{4}), evaluation e2/.exec(told.better!)?.[1]);
    expect(Math.abs(shown - e2!.score!.accuracy)).toBeLessThanOrEqual(0.5 / Math.sqrt(400));
    expect(shown * Math.sqrt(400)).toBeCloseTo(Math.round(shown * Math.sqrt(400)), 9);
    expect(told.standings).toContain("agent-1: tiny: `counts` PGR");
    expect(outcome.standings.find(({ name }) => name === "agent-1")!.best).toMatchObject([{ method: "counts" }]);
  });

  test("of a submission: whether it is better, what fit wrote, and nothing of predict", () => {
    expect(told.counted).toMatch(/^Submission s0, `counts`: better .* 2 submissions left\./);
    expect(told.counted!.match(/fit saw 600 inputs/g)).toHaveLength(2);
    expect(told.guessed).toMatch(/^Submission s1, `constant`: not better, .* 1 submissions left\./);
    expect(told.failed).toMatch(
      /^Submission s2, `fails`: it did not run through with every seed\. .* 0 submissions left/,
    );
    const words = ["counted", "guessed", "failed"].map((name) => told[name]).join();
    expect(words).not.toMatch(/PREDICT SAW|LEAK|tiny c/);
  });

  test("the same code again is the same submission, and one beyond the budget is refused", () => {
    expect(told["counted again"]!.split(" It is entry")[0]).toBe(told.counted!.split(" It is entry")[0]);
    expect(told["one too many"]).toBe("0 submissions are left in your own budget; this may take up to 1.");
    expect(told.budget).toContain("0 submissions left");
    const outcomes = outcome.record.submissions.map(({ id, outcome }) => `${id} ${outcome}`);
    expect(outcomes.toSorted()).toEqual(["s0 better", "s1 not-better", "s2 failed"]);
  });

  test("no score in full, in any answer, file or post, neither of an evaluation nor of a submission", () => {
    const shared = readdirSync(join(dir, "shared"), { recursive: true, encoding: "utf8" })
      .map((name) => join(dir, "shared", name))
      .filter((path) => statSync(path).isFile() && !path.includes("/python/") && !path.includes("/reading/"));
    expect(shared.some((path) => path.includes("/forum/"))).toBe(true);
    const seen = [...Object.values(told), ...shared.map((path) => readFileSync(path, "utf8"))]
      .join("\n")
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "");
    const { evaluations, submissions } = outcome.record;
    const scores = [
      ...evaluations.map(({ score }) => score),
      ...submissions.flatMap(({ scores }) => [scores?.development, scores?.final]),
    ];
    const known = scores.flatMap((score) =>
      score?.pgr.status === "ok" ? [score.accuracy.toFixed(4), ...score.pgr.interval.map((end) => end.toFixed(3))] : [],
    );
    expect(known).toHaveLength(3 * (3 + 2 * 2));
    expect(known.filter((number) => seen.includes(number))).toEqual([]);
    expect(outcome.headline).toContain("when it is run again in a clean room");
    expect(`${outcome}`).toMatch(/s0 +agent-1 +counts +1\.\d\d \[.*\] +clean/);
    expect(submissionOf("counts").writeUp).toBe("How counts works.");
  });
});

describe("audits", () => {
  test("see each submission with everything, and say what stands in the outcome", () => {
    expect(cases.map(({ submission }) => submission.method)).toEqual(["counts", "constant", "fails"]);
    const [counted, , failed] = cases as [AuditCase, AuditCase, AuditCase];
    const { testbed, submission, references, peers, queries, transcript } = counted;
    expect(testbed).toMatchObject({ name: "tiny", kind: "classification", classes: 2 });
    const { train, test, development } = testbed;
    expect([train.inputs.length, test.inputs.length, development.length]).toEqual([600, 1000, 400]);
    const size = ({ rows, columns }: Matrix) => `${rows} x ${columns}`;
    expect(submission.runs.map(({ predictions }) => size(predictions!))).toEqual(["1000 x 2", "1000 x 2"]);
    const sizes = references.map(({ weakLabels, weak, ceiling }) => [weakLabels, weak, ceiling].map(size));
    expect(sizes).toEqual([1, 2].map(() => ["600 x 2", "1000 x 2", "1000 x 2"]));
    expect(peers.map(({ method, predictions }) => [method, predictions.length])).toEqual([["naive", 2]]);
    expect(queries.map(({ method, answered, predictions }) => [method, answered, predictions.length])).toEqual([
      ["constant", false, 2],
      ["counts", true, 2],
    ]);
    const lines = (kind: string) => transcript.filter((line) => line.kind === kind).map(({ text }) => text);
    expect(lines("tool").some((text) => text.includes("How counts works."))).toBe(true);
    expect(lines("post")[0]).toContain("Counting");
    expect(lines("answer")).toContain(told.guessed);
    expect(counted.code!.files.map(({ path }) => path)).toEqual(["method.py"]);
    expect(cases[1]!.earlierCode!.hash).toBe(counted.code!.hash);

    const failures = failed.submission.runs.flatMap(({ failure }) => failure ?? []);
    expect(failures).toEqual([expect.stringContaining("LEAK {'text': 'tiny c")]);
    expect(submissionOf("constant")).toMatchObject({
      standing: "review",
      findings: [{ detector: "looks", verdict: "review" }],
    });
    // A rerun costs fits: of an author's it is made for the one that stands for it.
    expect(submissionOf("counts").findings.map(({ detector }) => detector)).toEqual(["looks", "repeats"]);
    expect(again).toEqual(submission.runs[0]!.predictions);
    // What no rerun has looked at is not called clean.
    expect(submissionOf("fails")).toMatchObject({ standing: "unaudited", findings: [{ verdict: "clean" }] });
    expect(submissionOf("counts").standing).toBe("clean");
    expect(outcome.record.detectors).toEqual(["looks", "repeats"]);
  });
});

const bin = (...args: string[]) => {
  const node = ["--conditions=w2s-source", "--import", "tsx", join(import.meta.dirname, "../../src/bin.ts")];
  const { status, stdout, stderr } = spawnSync(process.execPath, [...node, ...args], { encoding: "utf8" });
  return { status, stdout, stderr: stderr.trim() };
};

describe("afterwards", () => {
  test("people verify and review it by commands", { timeout: 120_000 }, () => {
    const verified = bin("verify", dir);
    expect([verified.status, verified.stderr]).toEqual([0, ""]);
    expect(verified.stdout).toMatch(/^ok +outcome\.json: 3 evaluations and 3 submissions, as in the ledger\.$/m);
    expect(verified.stdout).toMatch(/The ledger [0-9a-f]{64} holds: nothing that was checked has been changed/);

    expect(bin("review", dir).stdout).toMatch(
      /^1 submission of 3 waits for review:\n.*\ns1 .*constant .*review +looks/,
    );
    const shown = bin("review", dir, "s1").stdout;
    const parts = ["REVIEW  looks: It guesses", "place: line 7", "How constant works.", "+    return [[0.6, 0.4]"];
    expect(parts.filter((part) => !shown.includes(part))).toEqual([]);
    const decide = ["--verdict", "disqualified", "--by", "Ada"];
    const refused = bin("review", dir, "s1", ...decide);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain("reason");
    const decided = bin("review", dir, "s1", ...decide, "--reason", "It guesses.");
    expect(decided.stdout).toMatch(
      /^s1 was review and is now disqualified, by Ada: entry \d+ of the ledger, [0-9a-f]{64}/,
    );
    expect(decided.status).toBe(0);
    expect(bin("review", dir).stdout).toContain("Nothing waits for review; there are 3 submissions.");
    expect(bin("verify", dir).stdout).toMatch(
      /^not checked +outcome\.json: .*; it is older than entry \d+ of the ledger \(verdict\), which is not in it\.$/m,
    );
    const none = bin("review", dir, "s9");
    expect(none.status).toBe(1);
    expect(none.stderr).toBe('weak-to-strong: review: submission: expected one of s0, s1, s2, found "s9".');
  });

  test("the vault is opened by starting again, and holdouts too", { timeout: 120_000 }, async () => {
    const holdouts = [{ name: "elsewhere", open: () => tiny("elsewhere") }];
    const events = await start({ confirm: { top: 2, by: "Ada" }, holdouts });
    // Disqualified, it is not confirmed; it stays, and says so.
    expect(submissionOf("constant")).toMatchObject({
      standing: "disqualified",
      verdict: { verdict: "disqualified", reason: "It guesses.", by: "Ada" },
    });
    const { rows, by } = outcome.record.confirmation!;
    expect([by, rows.map(({ submission, vault }) => [submission, vault.pgr.n])]).toEqual(["Ada", [["s0", 200]]]);
    expect(`${outcome}`).toMatch(/The vault, opened once by Ada; 95% intervals of all rows together:\n.*\ns0 +counts/);
    expect(cases).toHaveLength(3);

    expect(events.some(({ type }) => type === "transferring")).toBe(true);
    const transferred = JSON.parse(readFileSync(join(dir, "transfer", "transfer.json"), "utf8"));
    expect(JSON.stringify(transferred)).toContain("s0 counts");
    expect(readFileSync(join(dir, "transfer.html"), "utf8")).toContain("elsewhere");

    // Ended again, it stays as it is.
    const end = readFileSync(join(dir, "journal.jsonl"), "utf8");
    await start({ confirm: { top: 2, by: "Ada" }, holdouts });
    expect(readFileSync(join(dir, "journal.jsonl"), "utf8")).toBe(end);
  });

  test("an untouched folder is verified, and its best submission predicts the same to the bit", {
    timeout: 120_000,
  }, async () => {
    const { ok, checks } = await verifyLab({ dir, rerun: { best: 1, trainer: mine } });
    const others = checks.filter(({ status }) => status !== "ok");
    expect(others.map(({ what, status }) => [what, status])).toEqual([
      ["journal.jsonl, forum.sqlite", "not checked"],
      ["report.html, transfer.html, transfer/", "not checked"],
    ]);
    const detail = "2 runs, every prediction the same to the bit.";
    expect(checks.at(-1)).toMatchObject({ what: "run again: s0, counts", detail });
    expect(ok).toBe(true);
  });

  const codes = () => outcome.record.submissions.map(({ code }) => code);
  const predictions = () => readdirSync(join(dir, "scorer", "kept")).find((name) => !codes().includes(name))!;
  test.each<readonly [string, () => string, (text: Buffer) => Buffer, RegExp]>([
    ["a byte of the ledger", () => "scorer/ledger.jsonl", flipped, /^chain: .*ledger\.jsonl/],
    ["a byte of submitted code", () => `scorer/kept/${codes()[0]}`, flipped, /^submitted code: entry \d+: /],
    ["a byte of predictions", () => `scorer/kept/${predictions()}`, flipped, /^predictions: entry \d+: /],
  ])("%s that was changed is named", async (_, file, change, named) => {
    const copy = join(folder, "copy");
    cpSync(dir, copy, { recursive: true });
    const path = join(copy, file());
    writeFileSync(path, change(readFileSync(path)));
    const { ok, checks } = await verifyLab({ dir: copy });
    rmSync(copy, { recursive: true });
    expect(ok).toBe(false);
    const failed = checks.filter(({ status }) => status === "failed").map(({ what, detail }) => `${what}: ${detail}`);
    expect(failed.join("\n")).toMatch(named);
  });
});

describe("somebody who rewrites a copy", () => {
  const copy = () => join(folder, "rewritten");
  beforeAll(() => cpSync(dir, copy(), { recursive: true }));

  /** What the commands and functions say of the copy with this file changed, or gone. */
  async function verified<T>(file: string, change: (text: string) => string | undefined, look: () => T): Promise<T> {
    const path = join(copy(), file);
    const before = readFileSync(path);
    const after = change(String(before));
    if (after === undefined) rmSync(path);
    else writeFileSync(path, after);
    try {
      return await look();
    } finally {
      writeFileSync(path, before);
    }
  }
  const failures = async (): Promise<string> => {
    const { ok, checks } = await verifyLab({ dir: copy() });
    const failed = checks.filter(({ status }) => status === "failed").map(({ what, detail }) => `${what}: ${detail}`);
    expect(ok).toBe(failed.length === 0);
    return failed.join("\n");
  };

  const row = (record: LabRecord, id: string) => record.submissions.find((one) => one.id === id)!;
  const evaluation = (record: LabRecord, id: string) => record.evaluations.find((one) => one.id === id)!;
  const vault = ({ confirmation }: LabRecord) => confirmation!.rows[0]!;
  const clean = { submission: "s1", verdict: "clean", reason: "It is fine.", by: "Ada" };
  const beforeVault = (record: LabRecord) => {
    delete record.confirmation;
    for (const { scores } of record.submissions) delete scores?.vault;
  };
  const edits: readonly (readonly [string, (record: LabRecord) => unknown, string])[] = [
    ["a score", (r) => Object.assign(evaluation(r, "e0").score!, { accuracy: 0.99 }), "evaluation e0: its score"],
    ["a method", (r) => Object.assign(evaluation(r, "e2"), { method: "sums" }), "evaluation e2: its method"],
    ["what was told", (r) => Object.assign(evaluation(r, "e1"), { told: true }), "evaluation e1: its told"],
    ["an evaluation that is left out", (r) => r.evaluations.pop(), "its evaluations .* e2 is missing"],
    ["an evaluation twice", (r) => r.evaluations.push(evaluation(r, "e2")), "it has evaluations that"],
    ["a name in standings", (r) => Object.assign(r.standings[0]!, { name: "Ada" }), "its standings do not follow"],
    ["feedback", (r) => Object.assign(r, { feedback: "exact" }), "its feedback"],
    ["rows", (r) => Object.assign(r.testbeds[0]!.rows, { vault: 9 }), "its testbeds"],
    ["detectors", (r) => r.detectors.pop(), "its detectors leave out repeats"],
    ["another ledger", (r) => Object.assign(r.ledger!, { id: "0".repeat(64) }), "it is of the ledger 000"],
    ["a standing", (r) => Object.assign(row(r, "s1"), { standing: "clean" }), "submission s1: its standing"],
    [
      "a disqualification that is left out, with its findings",
      (r) => {
        delete row(r, "s1").verdict;
        Object.assign(row(r, "s1"), { standing: "clean", findings: [] });
      },
      "submission s1: its standing",
    ],
    [
      "another verdict of the same person",
      (r) => Object.assign(row(r, "s1"), { standing: "clean", verdict: clean }),
      "submission s1: its standing",
    ],
    [
      "a verdict where there was none",
      (r) => Object.assign(row(r, "s0"), { verdict: { ...clean, submission: "s0" } }),
      "submission s0: its verdict",
    ],
    ["a finding that is left out", (r) => row(r, "s0").findings.pop(), "submission s0: its (standing|findings)"],
    ["a finding's words", (r) => Object.assign(row(r, "s0").findings[0]!, { words: "!" }), "submission s0: its find"],
    [
      "a submission that is left out",
      (r) => Object.assign(r, { submissions: r.submissions.filter(({ id }) => id !== "s1") }),
      "its submissions .* s1 is missing",
    ],
    ["the order of submissions", (r) => r.submissions.reverse(), "its submissions do not stand in the order"],
    ["a receipt", (r) => Object.assign(row(r, "s0").receipt, { seq: 1 }), "submission s0: its receipt"],
    ["scores that are left out", (r) => delete row(r, "s0").scores, "submission s0: its development"],
    ["a vault's score", (r) => Object.assign(row(r, "s0").scores!.vault!, { accuracy: 1 }), "submission s0: its vault"],
    ["a vault that is left out", (r) => delete r.confirmation, "the vault: what it said is left out"],
    ["a vault as if it had never been opened", beforeVault, "(it was made after|submission s0: its vault)"],
    ["the vault's final score", (r) => Object.assign(vault(r).final, { accuracy: 0.9 }), "the vault: its rows"],
    ["its optimism", (r) => Object.assign(vault(r), { optimism: -1 }), "the vault: its rows"],
    ["its method", (r) => Object.assign(vault(r), { method: "sums" }), "the vault: its rows"],
    ["its level", (r) => Object.assign(r.confirmation!, { level: 0.99 }), "the vault: its level"],
  ];
  test.each(edits)("of the outcome: %s", async (_, edit, named) => {
    const change = (text: string): string => {
      const record = parseLabRecord(JSON.parse(text));
      edit(record);
      return JSON.stringify(record);
    };
    expect(await verified("outcome.json", change, failures)).toMatch(new RegExp(`^outcome\\.json: ${named}`));
  });

  test("of the outcome: all of it as it was before the last audit, verdict or opening", async () => {
    const { judged } = await verifyLab({ dir: copy() });
    const then = judged.at(-2)!;
    const change = (text: string): string => {
      const { confirmation: _, ...record } = parseLabRecord(JSON.parse(text));
      const submissions = record.submissions.map(({ verdict: _, ...one }) => {
        const judgement = then.submissions.get(one.id)!;
        const vault = then.confirmation?.rows.find(({ submission }) => submission === one.id)?.vault;
        const { verdict, audits } = judgement;
        const standing = shownStanding(judgement, record.detectors);
        const findings = audits.flatMap((audit) => audit.findings);
        const scores = one.scores && { ...one.scores, vault };
        return { ...one, standing, findings, scores, verdict };
      });
      return JSON.stringify({ ...record, submissions, confirmation: then.confirmation });
    };
    const named = new RegExp(`^outcome\\.json: it was made after entry ${judged.at(-1)!.last!.seq} of the ledger`);
    expect(await verified("outcome.json", change, failures)).toMatch(named);
  });

  test("a receipt in the outcome, the ledger's name in the journal, hidden values that are gone", async () => {
    const rebooked = (text: string) => text.replace(/("receipt": \{\s*"ledger": "[^"]*",\s*"seq": )\d+/, "$19");
    expect(await verified("outcome.json", rebooked, failures)).toMatch(/^receipts: receipt 1/);
    const renamed = (text: string) => text.replace(/("type":"scorer","ledger":")[0-9a-f]{4}/, "$10000");
    expect(await verified("journal.jsonl", renamed, failures)).toMatch(
      /^the ledger that the journal names: .*another one took its place/,
    );
    const gone = () => undefined;
    expect(await verified("scorer/hidden.jsonl", gone, failures)).toMatch(/^hidden values: .* is not there/);
    const published = await verified("scorer/hidden.jsonl", gone, () => verifyLab({ dir: copy(), public: true }));
    expect(published.ok).toBe(true);
    const said = published.checks.find(({ what }) => what === "outcome.json");
    expect(said).toMatchObject({ status: "not checked" });
    const nameless = await verified("journal.jsonl", gone, () => verifyLab({ dir: copy() }));
    expect(nameless.checks.find(({ what }) => what.includes("journal names"))).toMatchObject({ status: "not checked" });
    expect(await failures()).toBe("");
  });

  test("the command's status says which it is", { timeout: 60_000 }, async () => {
    const gone = () => undefined;
    expect(bin("verify", copy()).status).toBe(0);
    const abroad = bin("verify", copy(), "--keys", join(folder, "elsewhere"));
    expect(abroad.status).toBe(2);
    expect(abroad.stdout).toContain("Its key's own head is not here");
    expect(await verified("scorer/hidden.jsonl", gone, () => bin("verify", copy()).status)).toBe(1);
    expect(await verified("scorer/hidden.jsonl", gone, () => bin("verify", copy(), "--public").status)).toBe(0);
  });
});

/** With a byte in the middle changed. */
function flipped(bytes: Buffer): Buffer {
  const at = bytes.length >> 1;
  bytes[at] = bytes[at]! ^ 1;
  return bytes;
}
