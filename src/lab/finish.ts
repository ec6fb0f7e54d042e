import { join } from "node:path";
import type { Snapshot } from "../data/snapshot.js";
import { WeakToStrongError } from "../errors.js";
import type { Forum, Post } from "../forum.js";
import type { Confirmation, Evaluation, PGRScorer, ScoredTestbed, SubmissionResult } from "../scorer.js";
import { detectorsOf } from "./auditing.js";
import { type Journal, readJournal } from "./journal.js";
import { LabOutcome } from "./outcome.js";
import { controlsOf, type LabPlan } from "./plan.js";
import { tallyLab } from "./tally.js";

/** Ends the journal and makes the outcome of it, the scorer's records, and the forum; keeps it in the lab's folder. */
export async function outcomeOf(
  plan: LabPlan,
  sources: {
    readonly journal: Journal;
    readonly scorer: PGRScorer;
    readonly forum: Forum;
    /** As the scorer described them, and what it has answered to this process. */
    readonly testbeds: readonly ScoredTestbed[];
    readonly evaluations: readonly Evaluation[];
    readonly confirmation?: Confirmation;
    readonly signal: AbortSignal;
  },
): Promise<LabOutcome> {
  const { journal, forum, testbeds, signal } = sources;
  journal.append({ type: "lab-ended" });
  await journal.durable();
  const evaluations = await evaluationsOf(sources);
  const results = await sources.scorer.results({ signal });
  const confirmation = sources.confirmation ?? (await confirmedBefore(results, sources));
  const posts = await allPosts(forum, signal);
  const wanted = new Set([...evaluations, ...posts].flatMap(({ snapshot }) => (snapshot ? [snapshot] : [])));
  const snapshots = new Map<string, Snapshot>();
  for (const hash of wanted) {
    try {
      snapshots.set(hash, await forum.snapshots.get(hash, { signal }));
    } catch (error) {
      if (!WeakToStrongError.isInstance(error)) throw error;
      signal.throwIfAborted(); // what cannot be had is judged by name and posts
    }
  }
  const { entries } = readJournal(journal.file);
  const record = await tallyLab({
    ...{ entries, evaluations, results, posts, snapshots, testbeds },
    feedback: plan.feedback,
    ...(confirmation && { confirmation }),
    detectors: detectorsOf(plan).map(({ name }) => name),
    controls: controlsOf(plan),
    ...(plan.human && { human: plan.human }),
    ...(plan.families && { families: plan.families }),
    ...(plan.complexity && { complexity: plan.complexity }),
  });
  const outcome = new LabOutcome(record);
  await outcome.writeReport(join(plan.dir, "outcome.json"));
  await outcome.writeReport(join(plan.dir, "report.html"));
  return outcome;
}

/** With their scores in full, since an outcome is for people; where the scorer has died, what it had answered. */
async function evaluationsOf({ scorer, evaluations, signal }: Parameters<typeof outcomeOf>[1]) {
  try {
    const asked = await scorer.queries({ signal });
    return asked.map(({ predictions: _, exact, ...one }) => ({ ...one, score: exact, told: one.score !== undefined }));
  } catch (error) {
    if (!WeakToStrongError.isInstance(error) || error.code !== "worker_died") throw error;
    return evaluations.map((one) => ({ ...one, told: one.score !== undefined }));
  }
}

/** What the vault said where it is open: asked again, whatever for, it gives what it gave. */
async function confirmedBefore(
  results: readonly SubmissionResult[],
  { scorer, signal }: Pick<Parameters<typeof outcomeOf>[1], "scorer" | "signal">,
): Promise<Confirmation | undefined> {
  if (!results.some(({ scores }) => scores?.vault)) return undefined;
  return await scorer.confirm({ top: 1, by: "the lab" }, { signal });
}

async function allPosts(forum: Forum, signal: AbortSignal): Promise<readonly Post[]> {
  const all: Post[] = [];
  for (let before: number | undefined; ; ) {
    const { posts, next } = await forum.list({ limit: 200, ...(before !== undefined && { before }) }, { signal });
    all.push(...posts);
    if (next === undefined) return all;
    before = next;
  }
}
