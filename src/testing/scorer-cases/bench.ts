import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CleanRoom } from "../../clean-room.js";
import type { Evaluation, FeedbackMode, PGRScorer, ScorerRecord, Submission } from "../../scorer.js";
import type { SealedTestbed } from "../../scorers/sealed/testbed.js";
import { type SuiteCase, suiteCase } from "../suite.js";
import { sampleRoom } from "./room.js";
import { sampleTestbeds } from "./samples.js";

/** What a scorer under test is made of. */
export interface ScorerSetup {
  /** An empty folder, or one that the same kind of scorer has used before and goes on with. */
  readonly dir: string;
  /** Where its ledger's key lies, outside of `dir`. */
  readonly keys: string;
  /** Evaluations of each author. */
  readonly evaluations: number;
  /** Submissions of each author. */
  readonly submissions: number;
  readonly feedback: FeedbackMode;
  readonly testbeds: readonly SealedTestbed[];
  /** Where submitted methods are run. */
  readonly room: CleanRoom;
}

export type MakeScorer = (setup: ScorerSetup) => PGRScorer | Promise<PGRScorer>;

/** Makes a scorer in the case's own folder; `dir` names another one below it. Its feedback is exact unless told otherwise. */
export type OpenScorer = (changes?: Partial<ScorerSetup>) => Promise<PGRScorer>;

export interface Bench {
  test(name: string, body: (open: OpenScorer) => Promise<void>): SuiteCase;
}

/** Evaluations and submissions of each author. */
export const budget = 6;
export const submissions = 4;

export function benchOf(make: MakeScorer): Bench {
  return {
    test: (name, body) =>
      suiteCase(name, async () => {
        const folder = mkdtempSync(join(tmpdir(), "w2s-scorer-"));
        const opened: PGRScorer[] = [];
        try {
          await body(async ({ dir = "one", ...changes } = {}) => {
            const scorer = await make({
              ...{ keys: join(folder, "keys"), evaluations: budget, submissions, feedback: "exact" },
              ...{ testbeds: sampleTestbeds, room: sampleRoom() },
              ...changes,
              dir: join(folder, dir),
            });
            opened.push(scorer);
            return scorer;
          });
        } finally {
          for (const scorer of opened) await scorer[Symbol.asyncDispose]();
          rmSync(folder, { recursive: true, force: true });
        }
      }),
  };
}

/** An answer's bytes, but for its number, its time, and the receipt that covers both. */
export function bytesOf({ id: _, index: __, at: ___, receipt: ____, ...told }: ScorerRecord): string {
  return JSON.stringify(told);
}

/** The estimate of an answer that must have one. */
export function estimateOf({ score }: Pick<Evaluation, "score">): number {
  assert.ok(score?.pgr.status === "ok", `expected a score with a PGR, found ${JSON.stringify(score)}`);
  return score.pgr.estimate;
}

/** A record as it stands, whoever was told when: without logs, and of its receipt, which grows with the ledger, the entry. */
export function told({ receipt, ...record }: ScorerRecord): object {
  const { logs: _, ...rest } = record as Partial<Submission>;
  return { ...rest, entry: receipt.entry };
}
