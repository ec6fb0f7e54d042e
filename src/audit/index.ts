export { answerTable } from "./answer-table/index.js";
export type {
  AuditCase,
  AuditHoldout,
  AuditRows,
  AuditTestbed,
  Detector,
  Query,
  Rerun,
  RerunTraces,
  RunReferences,
  TranscriptLine,
} from "./case.js";
export { defaultDetectors } from "./detectors.js";
export { execution } from "./execution.js";
export { exfiltration } from "./exfiltration/index.js";
export { independence } from "./independence.js";
export { outside } from "./outside.js";
export { reruns } from "./rerun-traces.js";
export { type ReviewRequest, reviewDesk } from "./review/desk.js";
export { type ReviewItem, reviewItem, reviewQueue } from "./review/queue.js";
export { runAudits } from "./run.js";
export { seeds } from "./seeds.js";
export { shortcut } from "./shortcut.js";
export { type ClaudeJudgeOptions, claudeJudge } from "./transcript/claude-judge.js";
export { transcript } from "./transcript/index.js";
export type { Judge, JudgedLine } from "./transcript/judge.js";
export { unlikely } from "./unlikely.js";
