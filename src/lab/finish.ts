import { join } from "node:path";
import type { Snapshot } from "../data/snapshot.js";
import { WeakToStrongError } from "../errors.js";
import type { Forum, Post } from "../forum.js";
import type { Evaluation, PGRScorer, ScoredTestbed } from "../scorer.js";
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
    readonly signal: AbortSignal;
  },
): Promise<LabOutcome> {
  const { journal, forum, testbeds, signal } = sources;
  journal.append({ type: "lab-ended" });
  await journal.durable();
  const evaluations = await recordsOf(sources);
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
    ...{ entries, evaluations, posts, snapshots, testbeds },
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

/** From the scorer; where that has died, what it had answered. */
async function recordsOf({ scorer, evaluations, signal }: Parameters<typeof outcomeOf>[1]) {
  try {
    return await scorer.records({ signal });
  } catch (error) {
    if (!WeakToStrongError.isInstance(error) || error.code !== "worker_died") throw error;
    return evaluations;
  }
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
