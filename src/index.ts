export type { Dataset, Input, Kind, Rows } from "./data/dataset.js";
export { dataset } from "./data/dataset.js";
export type { Matrix } from "./data/matrix.js";
export { argmax, matrix, oneHot, row, takeRows } from "./data/matrix.js";
export type { ErrorCode } from "./errors.js";
export { WeakToStrongError } from "./errors.js";
export type { ExperimentEvent, Unit } from "./experiment/events.js";
export { experiment } from "./experiment/experiment.js";
export type { ExperimentOptions } from "./experiment/plan.js";
export type { ExperimentRecord, ResultRow, ResultRun } from "./experiment/record.js";
export { Results } from "./experiment/results.js";
export { confidence } from "./methods/confidence.js";
export { confidentLabels } from "./methods/confident-labels.js";
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
export { strongOnTeacherLabels } from "./methods/strong-on-teacher-labels.js";
export type { Features, HashedWords, HiddenStates, Patches, Pixels, Pooling } from "./models/features.js";
export { hashedWords, hiddenStates, patches, pixels } from "./models/features.js";
export type { FineTuneOptimizer, HuggingFaceModel, HuggingFaceOptions, Lora, Tune } from "./models/huggingface.js";
export { huggingFace } from "./models/huggingface.js";
export type { LinearModel, LinearOptimizer } from "./models/linear.js";
export { linear } from "./models/linear.js";
export type { ModelSpec } from "./models/model.js";
export type { Pretrained } from "./models/pretrained.js";
export { minilm, smollm2 } from "./models/pretrained.js";
export type { Run } from "./run.js";
export type { Pgr, PgrBase, PgrInput, PgrOk, PgrUndefined } from "./stats/pgr.js";
export { pgr } from "./stats/pgr.js";
export type { SeedScores } from "./stats/scores.js";
export type { BrownOptions } from "./testbed/brown.js";
export { brown } from "./testbed/brown.js";
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
