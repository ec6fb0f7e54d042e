import { expect, test } from "vitest";
import type { AuditCase, RerunTraces } from "../../src/audit/case.js";
import { defaultDetectors } from "../../src/audit/detectors.js";
import { reruns } from "../../src/audit/rerun-traces.js";
import type { CleanTraces } from "../../src/clean-room.js";
import { aCase } from "./a-case.js";

const { signal } = new AbortController();
const nothing: CleanTraces = { canaries: [], processes: {}, refused: [], opened: [] };

function seen(where: string, traces: Partial<CleanTraces>): RerunTraces {
  return { where, traces: { ...nothing, ...traces } };
}

/** What it finds of a submission whose own runs showed `own`, on a holdout of texts and on one of pairs. */
async function found(all: readonly RerunTraces[], own: Partial<CleanTraces> = {}) {
  const subject = aCase({ traces: own });
  const { testbed, references, rerun } = subject;
  const holdout = (more: Partial<AuditCase["testbed"]>) => ({ testbed: { ...testbed, ...more }, references, rerun });
  const holdouts = [holdout({ name: "tales" }), holdout({ name: "pairs", kind: "preference" })];
  return await reruns().audit({ ...subject, holdouts, rerunTraces: () => all }, { signal });
}

test("a canary's mark in a rerun is certain, wherever it was", async () => {
  const mark = seen("tales", { canaries: ["k7f3"] });
  expect(await found([seen("reviews", { processes: { curl: 1 } }), mark, mark])).toMatchObject({
    detector: "reruns",
    verdict: "disqualified",
    evidence: [{ what: "canary", value: "mark k7f3, on tales" }],
  });
});

test.each<[string, Partial<CleanTraces>, string, string]>([
  ["a program", { processes: { curl: 2 } }, "program that ran on tales", "curl, 2 times"],
  ["a refused request", { refused: ["GET /x: No."] }, "refused on tales", "GET /x: No."],
  ["an opened file", { opened: ["/data/x"] }, "opened on tales", "/data/x"],
])(
  "%s that its own runs did not show asks for a look, and one that they did show does not",
  async (_, traces, what, value) => {
    expect(await found([seen("reviews", {}), seen("tales", traces)])).toMatchObject({
      verdict: "review",
      words: expect.stringContaining("on tales"),
      evidence: [{ what, value }],
    });
    expect(await found([seen("tales", traces)], traces)).toMatchObject({ verdict: "clean", evidence: [] });
  },
);

test("what is refused where the inputs are of another form is evidence, and no reason", async () => {
  const refused = ["POST /fit: an input has no text."];
  expect(await found([seen("pairs", { refused })])).toMatchObject({
    verdict: "clean",
    evidence: [{ what: "refused on pairs", value: refused[0] }],
  });
  expect(await found([seen("pairs", { refused, opened: ["/data/x"] })])).toMatchObject({
    verdict: "review",
    words: "Run again on pairs: The method opened something that it is not given; see whether it learns from it.",
  });
});

test("interpreters are strange only where code is judged, and what libraries ask the machine never is", async () => {
  expect(await found([seen("tales", { processes: { python3: 1, lscpu: 3 } })])).toMatchObject({ verdict: "clean" });
  const code = Array.from({ length: 4 }, () => ({ question: "Is it right?", choice: "def f():\n    return 1" }));
  const rerunTraces = () => [seen("reviews", { processes: { python3: 1 } })];
  expect(await reruns().audit({ ...aCase({ inputs: code }), rerunTraces }, { signal })).toMatchObject({
    verdict: "review",
    words: "Run again on reviews it ran programs that its own runs did not.",
  });
});

test("without a rerun it says that there was none; it comes after all that make some", async () => {
  expect(await reruns().audit(aCase(), { signal })).toMatchObject({
    verdict: "clean",
    words: expect.stringContaining("not run again"),
  });
  expect(defaultDetectors().at(-1)!.name).toBe("reruns");
});
