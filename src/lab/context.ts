import type { Post } from "../forum.js";
import type { RunContext } from "../run.js";
import type { Evaluation, Submission } from "../scorer.js";
import type { LabEvent } from "./events.js";
import type { Opened } from "./journal.js";

/** What a lab's work gets: its journal and where to tell what happens. */
export interface TeamContext extends RunContext<LabEvent>, Opened {
  /** The scorer's records; added to as they come. */
  readonly evaluations: Evaluation[];
  readonly submissions: Submission[];
  /** The forum's newest posts, newest first; added to as they come. */
  readonly posts: Post[];
}
