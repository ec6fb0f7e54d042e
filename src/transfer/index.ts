export type { FrozenMethod, Holdout, TransferOptions } from "./plan.js";
export type {
  FailedDomain,
  Frozen,
  OpenedBefore,
  TransferComparison,
  TransferDomain,
  TransferRecord,
  TransferRow,
} from "./record.js";
export { TransferResults } from "./results.js";
export { type TransferEvent, transfer } from "./transfer.js";
export { type Trial, type TrialDomain, trial } from "./trial.js";
