import type { AgentEvent } from "../agent.js";
import type { ExperimentEvent } from "../experiment/events.js";
import type { Evaluation, Submission } from "../scorer.js";
import type { TransferEvent } from "../transfer/transfer.js";
import type { BudgetName } from "./entries.js";

/** What a lab tells while it runs. */
export type LabEvent =
  /** The first one. `life` counts the starts of this lab in its folder, from 1. */
  | { readonly type: "started"; readonly life: number; readonly agents: readonly string[] }
  /** While teachers, ceilings and baselines are fitted. */
  | { readonly type: "preparing"; readonly testbed: string; readonly event: ExperimentEvent }
  /** A testbed is ready; its baselines stand in the standings. */
  | { readonly type: "prepared"; readonly testbed: string; readonly seconds: number }
  | { readonly type: "agent-started"; readonly agent: string; readonly name: string }
  /** Something that an agent says or does. What it did in an earlier life comes again when it is started again. */
  | { readonly type: "agent"; readonly agent: string; readonly event: AgentEvent }
  | { readonly type: "evaluated"; readonly agent: string; readonly evaluation: Evaluation }
  | { readonly type: "submitted"; readonly agent: string; readonly submission: Submission }
  /** Agents have ended; a submission is looked at. */
  | { readonly type: "auditing"; readonly submission: string; readonly detectors: readonly string[] }
  /** The best methods are run on held-out testbeds. */
  | { readonly type: "transferring"; readonly event: TransferEvent }
  | {
      readonly type: "budget";
      readonly agent: string;
      readonly budget: BudgetName;
      readonly of: "agent" | "lab";
      readonly state: "warning" | "stop";
    }
  | {
      readonly type: "agent-ended";
      readonly agent: string;
      readonly state: "finished" | "stopped" | "failed";
      readonly summary: string;
    }
  /** Something that a person should know: a limit that is not enforced, a sandbox made again. */
  | { readonly type: "notice"; readonly message: string; readonly agent?: string }
  /** The last one. */
  | { readonly type: "finished" };
