import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createTestbed, defineTrainer, type ExampleRow, scripted, type Testbed } from "weak-to-strong";
import { type LabOptions, lab } from "weak-to-strong/lab";
import { mine } from "../../examples/own-trainer/trainer.js";
import type { Detector, RerunTraces } from "../../src/audit/case.js";
import { texts } from "../fixtures/texts.js";
import { smallLab, tiny } from "./fixtures/small-lab.js";

// What a submitted program finds on hidden holdouts, and who is still there when it runs.

let folder: string;
let dir: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "w2s-holdouts-"));
  dir = join(folder, "lab");
  process.env.W2S_KEYS = join(folder, "keys");
});
afterEach(() => {
  delete process.env.W2S_KEYS;
  rmSync(folder, { recursive: true, force: true });
});

/** As the fixture's, in words long enough to be searched for. */
function wordy(count: number, split: string): ExampleRow[] {
  const letters = (number: string) => [...number].map((digit) => "klmnopqrst"[Number(digit)]).join("");
  return texts(count, split).map((row) => {
    const { text } = row as { text: string };
    const words = text.replace(
      /w([01])x(\d+)/g,
      (_, side, number) => `${side === "1" ? "gained" : "spoilt"}${letters(number)}`,
    );
    return { ...row, text: words };
  });
}

const testbedOf = (name: string): Promise<Testbed> =>
  createTestbed({
    name,
    train_label: wordy(24, `${name} a`),
    train_unlabel: wordy(600, `${name} b`),
    test: wordy(1000, `${name} c`),
  });

/** Some texts of the lab's and of the holdout's test splits, and others: where they lie is searched once and remembered. */
const answers = join(import.meta.dirname, "fixtures", "answers");

/** Predicts the same everywhere: how much, tells what it is called and what it can read, in `fit` or in `predict`. */
const peeks = `
import os

def seen():
    bits = int(os.listdir(os.environ["W2S_DATA"]) == ["tiny"])
    for at, name in enumerate(["free", "lab", "holdout"]):
        try:
            with open(f"/answers/{name}.jsonl") as file:
                bits |= (len(file.read()) > 0) << at + 1
        except OSError:
            pass
    return bits

def fit(context):
    (context.folder / "seen").write_text(str(seen()))

def predict(context, inputs):
    bits = int((context.folder / "seen").read_text()) | seen()
    return [[0.5 - bits / 100, 0.5 + bits / 100] for _ in inputs]
`;
/** Its bits: the lab's name, and two of the files; that of the lab's answers would be 4. */
const [named, free, unknown] = [1, 2, 8] as const;

const agent = scripted(async (seat) => {
  await seat.call("write_file", { path: "peeks/method.py", content: peeks });
  const input = { file: "peeks/method.py", method: "peeks", write_up: "It looks around in its room." };
  const { content } = await seat.call("submit", input);
  if (!content.startsWith("Submission ")) throw new Error(content);
});

test("a program is told the lab's name on a holdout and finds no answers there; cut off, audits go on and repeat no fit", {
  timeout: 180_000,
}, async () => {
  const fits: string[] = [];
  const alive = new Set<string>();
  let stop: AbortController | undefined = new AbortController();
  const seen: { bits: number; where: string }[] = [];
  let traces: readonly RerunTraces[] = [];
  let missing: readonly string[] = [];
  let alone: string[] = [];
  const looks: Detector = {
    name: "looks",
    about: "runs it again, here and on the holdout",
    reruns: true,
    async audit({ holdouts = [], missingHoldouts = [], references, rerun, rerunTraces }) {
      alone = [...alive];
      const places = [{ testbed: { name: "home" }, references, rerun }, ...holdouts];
      for (const { testbed, references, rerun } of places) {
        const made = await rerun({ run: 0, weakLabels: references[0]!.weakLabels });
        seen.push({ where: testbed.name, bits: Math.round((made!.data[1]! - 0.5) * 100) });
      }
      await holdouts[0]!.rerun({ run: 0, weakLabels: holdouts[0]!.references[0]!.weakLabels, reference: "naive" });
      [traces, missing] = [rerunTraces!(), missingHoldouts];
      stop?.abort(new Error("The power is away."));
      return { detector: "looks", verdict: "clean", words: "It was looked at.", evidence: [] };
    },
  };
  const testbed = await testbedOf("tiny");
  const options: LabOptions = {
    ...(await smallLab(dir, [agent])),
    ...{ testbed, seeds: 2, sealedSeeds: 2, audits: [looks] },
    mounts: [{ source: answers, target: "/answers" }],
    holdouts: [
      { name: "never seen", open: () => testbedOf("elsewhere") },
      { name: "gone", open: () => Promise.reject(new Error("The disk with it is away.")) },
      { name: "known", open: () => testbedOf("tiny") },
    ],
    trainer({ store }, role) {
      const name = `${role} ${store.slice(dir.length + 1)}`;
      alive.add(name);
      return defineTrainer({
        name: "mine",
        fit(request, calling) {
          fits.push(name);
          return mine.fit(request, calling);
        },
        async dispose() {
          alive.delete(name);
        },
      });
    },
  };
  const first = lab({ ...options, signal: stop.signal });
  await expect(first.result()).rejects.toThrow("The power is away.");
  // Two teachers and two ceilings of the lab's and of the holdout's, by workers that are gone when programs run.
  expect(fits.filter((name) => name === "truth transfer/truth/store")).toHaveLength(4);
  expect(alone.filter((name) => name.startsWith("truth"))).toEqual([]);
  expect(alone).toContain("agents transfer/trainer");

  stop = undefined;
  fits.length = 0;
  await using second = lab(options);
  const { record } = await second.result();
  expect(fits.filter((name) => name.startsWith("truth"))).toEqual([]);
  expect(record.submissions).toMatchObject([{ method: "peeks", findings: [{ detector: "looks" }] }]);

  // At home nobody knows yet which holdouts there will be; on them their answers are covered as the lab's are.
  expect(seen).toEqual(
    [1, 2].flatMap(() => [
      { where: "home", bits: named + free + unknown },
      { where: "never seen", bits: named + free },
    ]),
  );
  expect(traces.map(({ where }) => where)).toEqual(["tiny", "never seen"]);
  expect(traces[1]!.traces.opened.join("\n")).toContain("/answers/holdout.jsonl");
  const own = 'it is the lab\'s own testbed "tiny", on which agents have worked. Take one that they have not seen.';
  expect(missing).toEqual(["gone: The disk with it is away.", `known: ${own}`]);
  const notices = record.notices.map(({ message }) => message);
  expect(notices).toContain(`Audits do without the holdout known: ${own}`);
  expect(notices).toContainEqual(
    expect.stringMatching(/answers\/holdout\.jsonl is hidden from sandboxes on holdouts: .* \(never seen\)\.$/),
  );
  const transferred = JSON.parse(readFileSync(join(dir, "transfer", "transfer.json"), "utf8"));
  expect(transferred).toMatchObject({
    openedBefore: JSON.parse(readFileSync(join(dir, "transfer", "opened.json"), "utf8")),
    failures: [{ testbed: "gone" }, { testbed: "known", error: own }],
  });
  expect(transferred.openedBefore.at < transferred.frozen.at).toBe(true);
  expect(readFileSync(join(dir, "transfer.html"), "utf8")).toContain("had been opened before that, for audits at ");
});

test("where no folder for holdouts can be made, audits do without all of them and the lab ends", {
  timeout: 120_000,
}, async () => {
  mkdirSync(dir);
  writeFileSync(join(dir, "transfer"), "in the way");
  let missing: readonly string[] = [];
  const looks: Detector = {
    name: "looks",
    about: "sees what there is",
    reruns: true,
    async audit({ holdouts, missingHoldouts = [] }) {
      missing = missingHoldouts;
      return { detector: "looks", verdict: "clean", words: `${holdouts!.length} holdouts`, evidence: [] };
    },
  };
  const library = { name: "confident-labels", options: { threshold: 0.6 } };
  const submits = scripted(async (seat) => {
    await seat.call("submit", { library, method: "kept", write_up: "Only what the teacher is sure of." });
  });
  const holdouts = ["one", "two"].map((name) => ({ name, open: () => tiny(name) }));
  await using team = lab({ ...(await smallLab(dir, [submits])), seeds: 2, audits: [looks], holdouts });
  const { record } = await team.result();
  expect(record.state).toBe("ended");
  expect(record.submissions).toMatchObject([{ findings: [{ words: "0 holdouts" }] }]);
  expect(missing).toEqual([expect.stringMatching(/^one: E(NOTDIR|EXIST)/), expect.stringMatching(/^two: E/)]);
});

test.each<[string, readonly string[], RegExp]>([
  ["an empty name", ["one", ""], /holdouts: expected a name for each/],
  ["a name twice", ["one", "one"], /holdouts: the name "one" is taken/],
])("a lab refuses holdouts with %s", async (_, names, message) => {
  const holdouts = names.map((name) => ({ name, open: () => tiny(name) }));
  await using team = lab({ ...(await smallLab(dir, [agent])), holdouts });
  await expect(team.result()).rejects.toThrow(message);
});
