import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { reviewDesk } from "../../src/audit/review/desk.js";
import { unifiedDiff } from "../../src/audit/review/diff.js";
import { reviewItem, reviewQueue } from "../../src/audit/review/queue.js";
import type { AuditFinding, SubmissionResult, Verdict } from "../../src/scorer.js";
import { codeOf, submissionOf } from "./a-case.js";

const finding = (verdict: AuditFinding["verdict"], detector = "outside"): AuditFinding => ({
  detector,
  verdict,
  words: "It reads a file of the host.",
  evidence: [{ what: "path", value: "method.py:3: open('/lab/data')" }],
});

const base = submissionOf();

function results(): SubmissionResult[] {
  const program = (text: string) => ({
    type: "program" as const,
    snapshot: codeOf({ "method.py": text }),
    file: "method.py",
  });
  return [
    { ...base, id: "s0", index: 0, standing: "clean", program: program("a\nb\nc\n") },
    { ...base, id: "s1", index: 1, testbed: "other", standing: "clean", program: program("elsewhere\n") },
    { ...base, id: "s2", index: 2, author: "bob", standing: "unaudited", program: program("bob's\n") },
    {
      ...base,
      id: "s3",
      index: 3,
      standing: "review",
      program: program("a\nB\x1b[31m\nc\n"),
      audits: [
        { submission: "s3", findings: [finding("clean", "execution"), finding("disqualified")] },
        { submission: "s3", findings: [finding("review")] },
      ],
    },
    { ...base, id: "s4", index: 4, standing: "disqualified" },
    { ...base, id: "s5", index: 5, standing: "unaudited", baseline: true },
  ];
}

describe("the review queue", () => {
  test("has what is in review or unaudited, with what was found last and the code since the author's last", () => {
    const queue = reviewQueue(results());
    expect(queue.map(({ submission, earlier }) => [submission.id, earlier])).toEqual([
      ["s2", undefined],
      ["s3", "s0"],
    ]);
    expect(queue[1]!.findings.map(({ detector, verdict }) => [detector, verdict])).toEqual([
      ["outside", "review"],
      ["execution", "clean"],
    ]);
    expect(queue[1]!.diff).toContain("@@ -1,3 +1,3 @@\n a\n-b\n+B\x1b[31m\n c");
    expect(queue[0]!.diff).toContain("--- nothing\n+++ b/method.py\n@@ -1,0 +1,1 @@\n+bob's");
  });

  test("an earlier submission on another testbed is better than none", () => {
    const [, elsewhere, , s3] = results();
    expect(reviewItem(s3!, [elsewhere!, s3!])).toMatchObject({ earlier: "s1" });
  });
});

describe("the reviewer's desk", () => {
  function scorer() {
    const decided: Verdict[] = [];
    return {
      decided,
      results: async () => results(),
      decide: async (verdict: Verdict) => {
        decided.push(verdict);
        return { ...base.receipt, seq: 9, entry: "abc" };
      },
    };
  }

  test("lists", async () => {
    const text = await reviewDesk(scorer(), { type: "list" });
    expect(text).toContain("2 submissions of 6 wait for review");
    expect(text).toMatch(/s3 +ada +reviews +mine +failed +review +outside/);
    const none = { ...scorer(), results: async () => [] };
    expect(await reviewDesk(none, { type: "list" })).toBe("Nothing waits for review; there are 0 submissions.");
  });

  test("shows evidence, write-up and code, and nothing that steers a terminal", async () => {
    const text = await reviewDesk(scorer(), { type: "show", submission: "s3" });
    expect(text).toContain("REVIEW  outside: It reads a file of the host.");
    expect(text).toContain("path: method.py:3: open('/lab/data')");
    expect(text).toContain("Code (method.py; changes since s0):");
    expect(text).toContain("+B\ufffd[31m");
    expect(text).not.toContain("\x1b");
    expect(await reviewDesk(scorer(), { type: "show", submission: "s4" })).toContain("standing  disqualified");
  });

  test("takes a verdict to the scorer", async () => {
    const desk = scorer();
    const verdict: Verdict = { submission: "s3", verdict: "clean", reason: "It is a comment.", by: "Grace" };
    expect(await reviewDesk(desk, { type: "decide", ...verdict })).toBe(
      "s3 was review and is now clean, by Grace: entry 9 of the ledger, abc.",
    );
    expect(desk.decided).toEqual([verdict]);
  });

  test("refuses what is unknown or without a reason, and decides nothing then", async () => {
    const desk = scorer();
    const verdict = { type: "decide", submission: "s3", verdict: "clean", reason: " ", by: "Grace" } as const;
    await expect(reviewDesk(desk, verdict)).rejects.toMatchObject({ code: "bad_input" });
    await expect(reviewDesk(desk, { ...verdict, reason: "fine", by: "" })).rejects.toMatchObject({ code: "bad_input" });
    await expect(reviewDesk(desk, { ...verdict, reason: "fine", submission: "s9" })).rejects.toMatchObject({
      code: "not_found",
    });
    await expect(reviewDesk(desk, { type: "show", submission: "s9" })).rejects.toMatchObject({ code: "not_found" });
    expect(desk.decided).toEqual([]);
  });
});

describe("unifiedDiff", () => {
  const line = fc.constantFrom("a", "b", "c", "", "  d");
  const file = fc.array(line, { minLength: 1, maxLength: 30 }).map((lines) => `${lines.join("\n")}\n`);

  /** The new lines that a diff makes of the old ones; throws where they are not those that it names. */
  function applied(diff: string, before: readonly string[]): string[] {
    const out: string[] = [];
    let at = 0;
    for (const line of diff.split("\n").slice(2)) {
      const start = /^@@ -(\d+),\d+ \+(\d+),\d+ @@$/.exec(line);
      if (start) {
        out.push(...before.slice(at, Number(start[1]) - 1));
        at = Number(start[1]) - 1;
        expect(out).toHaveLength(Number(start[2]) - 1);
        continue;
      }
      if (line[0] !== "+") expect(before[at++]).toBe(line.slice(1));
      if (line[0] !== "-") out.push(line.slice(1));
    }
    return [...out, ...before.slice(at)];
  }

  test("law: with it, the old file gives the new one", () => {
    fc.assert(
      fc.property(file, file, (before, after) => {
        const diff = unifiedDiff(codeOf({ f: before }), codeOf({ f: after }));
        if (before === after) {
          expect(diff).toBe("");
          return;
        }
        const lines = (text: string) => text.slice(0, -1).split("\n");
        expect(applied(diff, lines(before))).toEqual(lines(after));
      }),
      { numRuns: 300 },
    );
  });

  test("files that come, go, are binary or long", () => {
    const before = codeOf({ gone: "x\n", same: "s\n", data: Uint8Array.of(0, 1), long: "a\n".repeat(5000) });
    const after = codeOf({ come: "y\n", same: "s\n", data: Uint8Array.of(0, 2, 3), long: "b\n".repeat(5000) });
    const started = performance.now();
    const diff = unifiedDiff(before, after);
    expect(performance.now() - started).toBeLessThan(1000);
    expect(diff).toContain("--- a/gone\n+++ nothing\n@@ -1,1 +1,0 @@\n-x");
    expect(diff).toContain("--- nothing\n+++ b/come\n@@ -1,0 +1,1 @@\n+y");
    expect(diff).toContain("--- a/data\n+++ b/data\n(binary: data, 2 bytes became data, 3 bytes)");
    expect(diff).toContain("@@ -1,5000 +1,5000 @@");
    expect(diff).not.toContain("same");
  });
});
