import { expect, test } from "vitest";
import type { Detector, Rerun } from "../../src/audit/case.js";
import { defaultDetectors } from "../../src/audit/detectors.js";
import { runAudits } from "../../src/audit/run.js";
import { matrix } from "../../src/data/matrix.js";
import { aCase } from "./a-case.js";

const weakLabels = matrix([[0.3, 0.7]]);

/** Reruns what it is told to, and says how many answers it got. */
function asking(name: string, requests: readonly Rerun[]): Detector {
  return {
    name,
    about: "asks",
    reruns: true,
    async audit(subject) {
      const answers = await Promise.all(requests.map((request) => subject.rerun(request)));
      return { detector: name, verdict: "clean", words: `${answers.filter(Boolean).length} answers`, evidence: [] };
    },
  };
}

test("equal reruns are run once for all detectors, whether they name the run's own seed or not", async () => {
  const made: Rerun[] = [];
  const rerun = async (request: Rerun) => {
    made.push(request);
    return matrix([[1, 0]]);
  };
  const copy = matrix([[0.3, 0.7]]);
  const detectors = [
    asking("one", [
      { run: 0, weakLabels },
      { run: 0, weakLabels: copy, seed: 77 },
    ]),
    asking("two", [
      { run: 0, weakLabels: copy },
      { run: 0, weakLabels, seed: 78 },
      { run: 0, weakLabels: matrix([[0.7, 0.3]]) },
    ]),
  ];
  const { findings, submission } = await runAudits({ ...aCase(), rerun }, { detectors });
  expect(submission).toBe("s0");
  expect(findings.map(({ words }) => words)).toEqual(["2 answers", "3 answers"]);
  expect(made).toHaveLength(3);
});

test("so are reruns on a holdout, a reference apart from the submission", async () => {
  const made: Rerun[] = [];
  const rerun = async (request: Rerun) => {
    made.push(request);
    return matrix([[1, 0]]);
  };
  const { testbed, references } = aCase();
  const there: Detector = {
    ...asking("there", []),
    async audit({ holdouts = [] }) {
      for (const reference of [undefined, "naive"]) {
        await holdouts[0]!.rerun({ run: 0, weakLabels, ...(reference && { reference }) });
      }
      return { detector: "there", verdict: "clean", words: `${holdouts.length} holdouts`, evidence: [] };
    },
  };
  const subject = { ...aCase(), holdouts: [{ testbed, references, rerun }] };
  const { findings } = await runAudits(subject, { detectors: [there, there] });
  expect(findings.map(({ words }) => words)).toEqual(["1 holdouts", "1 holdouts"]);
  expect(made).toEqual([
    { run: 0, weakLabels },
    { run: 0, weakLabels, reference: "naive" },
  ]);
});

test("a detector that throws asks for a person and stops no other; its rerun is made again", async () => {
  let made = 0;
  const rerun = async () => {
    made += 1;
    if (made === 1) throw new Error("the room is on fire");
    return undefined;
  };
  const detectors = [asking("one", [{ run: 0, weakLabels }]), asking("two", [{ run: 0, weakLabels }])];
  const { findings } = await runAudits({ ...aCase(), rerun }, { detectors });
  expect(findings).toMatchObject([
    { detector: "one", verdict: "review", evidence: [{ what: "error", value: "the room is on fire" }] },
    { detector: "two", verdict: "clean", words: "0 answers" },
  ]);
});

test("an abort is thrown as its reason", async () => {
  const reason = new Error("enough");
  const controller = new AbortController();
  const waiting: Detector = {
    ...asking("waits", []),
    audit: async (_, { signal }) => {
      controller.abort(reason);
      signal.throwIfAborted();
      throw new Error("not aborted");
    },
  };
  const run = runAudits(aCase(), { detectors: [waiting], signal: controller.signal });
  await expect(run).rejects.toBe(reason);
  await expect(runAudits(aCase(), { detectors: [], signal: AbortSignal.abort(reason) })).resolves.toMatchObject({
    findings: [],
  });
  await expect(runAudits(aCase(), { detectors: [waiting], signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

test("the default has ten detectors of different names, those with reruns last", () => {
  const detectors = defaultDetectors();
  expect(new Set(detectors.map(({ name }) => name)).size).toBe(10);
  const reruns = detectors.map((detector) => Number(detector.reruns));
  expect(reruns).toEqual(reruns.toSorted());
});
