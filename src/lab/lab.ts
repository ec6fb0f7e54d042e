import { join } from "node:path";
import type { Post } from "../forum.js";
import { acquireLock } from "../lock.js";
import { type Run, startRun } from "../run.js";
import type { Evaluation, Submission } from "../scorer.js";
import type { LabEvent } from "./events.js";
import { openJournal, unwritable } from "./journal.js";
import type { LabOptions } from "./options.js";
import type { LabOutcome } from "./outcome.js";
import { labPlan } from "./plan.js";
import { Progress } from "./progress.js";
import type { LabStatus } from "./status.js";
import { runTeam } from "./team.js";

/** What the operating system calls a disk that takes no more. */
const troubles = new Set(["ENOSPC", "EDQUOT", "EIO"]);

/** A lab that is running. */
export interface LabRun extends Run<LabEvent, LabOutcome> {
  /** How it stands at this moment. */
  status(): LabStatus;
}

/**
 * A team of automated researchers: each in a sandbox of its own, sharing a forum, scored by a process that alone holds the
 * truth of the test splits, under budgets, with a journal.
 *
 * It starts when it is called. Killed at any moment and called again with the same options, it goes on where it was: no
 * finished step is repeated, no budget refunded. An agent, a sandbox or a trainer that fails does not end it; what happened
 * is in the outcome. Errors are found in `result()`: `bad_input` (an option; the folder is another lab's), `busy` (another
 * process runs it), `missing_dependency` (no sandbox on this machine), `storage`, and what a trainer throws while teachers
 * are fitted.
 */
export function lab(options: LabOptions): LabRun {
  const progress = new Progress();
  const evaluations: Evaluation[] = [];
  const submissions: Submission[] = [];
  const posts: Post[] = [];
  let up = (): number | undefined => undefined;
  const run = startRun<LabEvent, LabOutcome>(async (context) => {
    const plan = labPlan(options);
    try {
      await using _lock = await acquireLock(join(plan.dir, "lock"), { what: "The lab's folder" });
      const opened = openJournal(join(plan.dir, "journal.jsonl"), (entry) => progress.add(entry));
      await using _journal = opened.journal;
      up = opened.journal.up;
      for (const entry of opened.earlier) progress.add(entry);
      return await runTeam(plan, { ...context, ...opened, evaluations, submissions, posts });
    } catch (error) {
      throw troubles.has((error as NodeJS.ErrnoException)?.code ?? "")
        ? unwritable(`The lab's folder ${plan.dir}`, error)
        : error;
    }
  }, options);
  const status = (): LabStatus => {
    const seconds = up();
    return progress.status({ evaluations, submissions, posts, ...(seconds !== undefined && { up: seconds }) });
  };
  return Object.assign(run, { status });
}
