export type {
  Agent,
  AgentEvent,
  AgentResult,
  Assignment,
  BudgetLeft,
  Json,
  ModelCall,
  ModelUsage,
  Spend,
  ToolDescription,
  ToolOutput,
} from "./agent.js";
export type { AgentDefinition } from "./agents/define.js";
export { defineAgent } from "./agents/define.js";
export type { ScriptFunction, ScriptStep } from "./agents/scripted.js";
export { scripted } from "./agents/scripted.js";
export type { CleanRequest, CleanRoom, CleanRun, CleanShare, CleanTraces, Code } from "./clean-room.js";
export type { Dataset, Input, Kind, Rows } from "./data/dataset.js";
export { dataset } from "./data/dataset.js";
export type { Matrix } from "./data/matrix.js";
export { argmax, matrix, oneHot, row, takeRows } from "./data/matrix.js";
export type { Snapshot, SnapshotFile, SnapshotLimits } from "./data/snapshot.js";
export { snapshot } from "./data/snapshot.js";
export type { ErrorCode } from "./errors.js";
export { WeakToStrongError } from "./errors.js";
export type { ExperimentEvent, Unit } from "./experiment/events.js";
export { experiment } from "./experiment/experiment.js";
export type { ExperimentOptions } from "./experiment/plan.js";
export type { ExperimentRecord, MethodComparison, ResultRow, ResultRun } from "./experiment/record.js";
export { Results } from "./experiment/results.js";
export type {
  Forum,
  ForumCall,
  ForumEvent,
  Found,
  ListQuery,
  NewPost,
  Post,
  PostKind,
  PostPage,
  SearchQuery,
  SnapshotStore,
  StoredSnapshot,
  Thread,
  ThreadQuery,
} from "./forum.js";
export type { ForumCalling, ForumDefinition } from "./forums/define.js";
export { defineForum } from "./forums/define.js";
export { bootstrapping } from "./methods/bootstrapping.js";
export { confidence } from "./methods/confidence.js";
export { confidenceAsReleased } from "./methods/confidence-as-released.js";
export { confidenceWindow } from "./methods/confidence-window.js";
export { confidentLabels } from "./methods/confident-labels.js";
export { earlyStopping } from "./methods/early-stopping.js";
export type { EmPosteriorOptions } from "./methods/em-posterior.js";
export { emPosterior } from "./methods/em-posterior.js";
export { labelSmoothing } from "./methods/label-smoothing.js";
export { lpFt } from "./methods/lp-ft.js";
export type {
  Example,
  Fitted,
  Method,
  MethodContext,
  MethodResult,
  StudentEmbed,
  StudentFit,
  StudentScore,
} from "./methods/method.js";
export { named } from "./methods/method.js";
export { naive } from "./methods/naive.js";
export { probeFilter } from "./methods/probe-filter.js";
export { probeRelabel } from "./methods/probe-relabel.js";
export type { ProbeOptions } from "./methods/probes.js";
export { product } from "./methods/product.js";
export { reverseKl } from "./methods/reverse-kl.js";
export { strongOnTeacherLabels } from "./methods/strong-on-teacher-labels.js";
export { strongToStrong } from "./methods/strong-to-strong.js";
export { weakEnsemble } from "./methods/weak-ensemble.js";
export type { ZeroShotTemplate } from "./methods/zero-shot.js";
export { zeroShotElicitation } from "./methods/zero-shot-elicitation.js";
export type { Features, HashedWords, HiddenStates, Patches, Pixels, Pooling } from "./models/features.js";
export { hashedWords, hiddenStates, patches, pixels } from "./models/features.js";
export type { FineTuneOptimizer, HuggingFaceModel, HuggingFaceOptions, Lora, Tune } from "./models/huggingface.js";
export { huggingFace } from "./models/huggingface.js";
export type { LinearModel, LinearOptimizer } from "./models/linear.js";
export { linear } from "./models/linear.js";
export type { ModelSpec } from "./models/model.js";
export type { Pretrained } from "./models/pretrained.js";
export { minilm, smollm2 } from "./models/pretrained.js";
export type { Run, RunContext } from "./run.js";
export type {
  ExecOptions,
  ExecResult,
  Mount,
  Sandbox,
  SandboxCapabilities,
  SandboxEntry,
  SandboxFiles,
  SandboxLimits,
  SandboxNetwork,
  SandboxProcess,
  SandboxProvider,
  SandboxRequest,
  SnapshotOptions,
  SnapshotTaken,
  SpawnOptions,
} from "./sandbox.js";
export type {
  AskedEvaluation,
  AuditFinding,
  AuditRecord,
  Confirmation,
  ConfirmedRow,
  ConfirmRequest,
  EvaluateRequest,
  Evaluation,
  FeedbackMode,
  PGRScorer,
  Receipt,
  RecordShare,
  Score,
  ScoredTestbed,
  ScorerCall,
  ScorerDescription,
  ScorerRecord,
  Standing,
  Standings,
  StandingsRow,
  Submission,
  SubmissionResult,
  SubmissionRun,
  SubmitRequest,
  Verdict,
} from "./scorer.js";
export type {
  CompareInput,
  Comparison,
  ComparisonBase,
  ComparisonOk,
  ComparisonUndefined,
} from "./stats/compare.js";
export { compare } from "./stats/compare.js";
export { holm } from "./stats/holm.js";
export type { Metric, MetricName } from "./stats/metric.js";
export type { Pgr, PgrBase, PgrInput, PgrOk, PgrUndefined } from "./stats/pgr.js";
export { pgr } from "./stats/pgr.js";
export type { PlanningAssumptions, PowerInput, PowerPlan } from "./stats/power.js";
export { power } from "./stats/power.js";
export type { RatioBase } from "./stats/ratio.js";
export type { MeasuredResolution } from "./stats/resolution.js";
export type { SeedScores } from "./stats/scores.js";
export type { SweepEvent } from "./sweep/events.js";
export type { PairNames, SweepOptions } from "./sweep/plan.js";
export type { SweepMethod, SweepModel, SweepPair, SweepRecord, SweepScore } from "./sweep/record.js";
export { SweepResults } from "./sweep/results.js";
export { sweep } from "./sweep/sweep.js";
export type { BrownOptions } from "./testbed/brown.js";
export { brown } from "./testbed/brown.js";
export { type CarveOptions, carve } from "./testbed/carve.js";
export type { Handling } from "./testbed/checks.js";
export type { RowSource, TestbedOptions } from "./testbed/create.js";
export { createTestbed } from "./testbed/create.js";
export { digits } from "./testbed/digits.js";
export type { ExampleRow, RowFields } from "./testbed/examples.js";
export type { LoadOptions } from "./testbed/load.js";
export { loadTestbed } from "./testbed/load.js";
export type { SplitOptions } from "./testbed/split.js";
export { splitExamples } from "./testbed/split.js";
export type { Pair, Split, SplitName, Testbed } from "./testbed/testbed.js";
export type {
  CallOptions,
  Capabilities,
  Checkpoint,
  Cost,
  EmbedRequest,
  EmbedResult,
  EpochRecord,
  FitRequest,
  FitResult,
  LossSpec,
  PredictRequest,
  PredictResult,
  ScoreRequest,
  ScoreResult,
  Trainer,
  TrainerEvent,
  Validation,
} from "./trainer.js";
export { cached } from "./trainers/cached.js";
export type { Calling, TrainerDefinition } from "./trainers/define.js";
export { defineTrainer } from "./trainers/define.js";
export { pool } from "./trainers/pool.js";
export { swapAugmented } from "./trainers/swap-augmented.js";
