import type { Agent } from "../agent.js";
import type { Detector } from "../audit/case.js";
import type { CleanRoom } from "../clean-room.js";
import type { Forum } from "../forum.js";
import type { Method } from "../methods/method.js";
import type { ModelSpec } from "../models/model.js";
import type { Mount, SandboxLimits, SandboxProvider } from "../sandbox.js";
import type { ConfirmRequest, FeedbackMode, PGRScorer } from "../scorer.js";
import type { Testbed } from "../testbed/testbed.js";
import type { Trainer } from "../trainer.js";
import type { Holdout } from "../transfer/plan.js";
import type { BriefingFacts, defaultBriefing } from "./briefing.js";
import type { Limits } from "./budget.js";
import type { ComplexityJudge, linesOfCode } from "./complexity.js";
import type { PartFractions, SealedTestbed } from "./defaults.js";
import type { FamilyClassifier, keywordFamilies } from "./families.js";
import type { HumanBaseline } from "./tally.js";

/** `truth`: for teachers and ceilings only. `agents`: for the baselines and everything that agents ask for. */
export type TrainerRole = "truth" | "agents";

/** Makes one of a lab's trainers, which keeps all that it makes in the folder `store`. */
export type MakeTrainer = (place: { readonly store: string }, role: TrainerRole) => Trainer;

/** Limits of the lab as a whole; `hours` there must be. */
export interface LabBudget extends Limits {
  /** Hours that the lab may run, downtime left out. */
  readonly hours: number;
  /** For each agent. Default: an equal share of the lab's, and all of its hours. */
  readonly agent?: Limits;
}

export interface LabOptions {
  /** The lab's folder: journal, forum, scores, sandboxes' files. The same program started again goes on there. */
  readonly dir: string;
  /** One of `testbed` and `testbeds`; agents can work on several at once. */
  readonly testbed?: Testbed;
  readonly testbeds?: readonly Testbed[];
  /** Default: each testbed's pair. */
  readonly teacher?: ModelSpec;
  readonly teacherExamples?: number;
  readonly student?: ModelSpec;
  /** Further models that agents may train, by a name. They always may the student, as `student`. */
  readonly models?: Readonly<Record<string, ModelSpec>>;
  /**
   * Makes a trainer, a new one with each call: fits with truth need a worker and a store that no agent's request reaches,
   * the clean room one that tells no agent what was asked there, and holdouts have some of their own (docs/lab.md has the
   * list). The lab disposes them all. `pythonTrainer` itself is one.
   */
  readonly trainer: MakeTrainer;
  readonly agents: readonly Agent[];
  readonly budget: LabBudget;
  /** Show agents the true labels of `train_label`, which the teacher is trained on. Default false. */
  readonly teacherLabels?: boolean;
  /** How many seeds (0, 1, ...), each with a teacher and a ceiling, or which. Default 3. */
  readonly seeds?: number | readonly number[];
  /**
   * Shares of the test split: development, which agents are scored on; final, for submissions; vault, which `confirm`
   * opens. Default .4, .4, .2.
   */
  readonly parts?: PartFractions;
  /** Share of `train_unlabel` that is moved into the test split first, where that is too small for parts. Default 0. */
  readonly carve?: number;
  /** How many seeds, each with a teacher and a ceiling, only submissions are run on. Default 3. */
  readonly sealedSeeds?: number;
  /**
   * How many canaries are put among the examples of testbeds of code: snippets whose execution leaves a trace, in agents'
   * sandboxes and in the clean room. Default 0.
   */
  readonly canaries?: number;
  /**
   * Testbeds that nobody has worked on, opened when agents have ended: audits compare what a method does there, and the
   * best of each agent is measured, with the lab's `teacher` and `student` where a holdout names none.
   */
  readonly holdouts?: readonly Holdout[];
  /** What evaluations are answered with. Default `ladder`: a score only where it is clearly better. */
  readonly feedback?: FeedbackMode;
  /** Looked at in submissions once agents have ended. Default: all of `weak-to-strong/audit`; `[]` for none. */
  readonly audits?: readonly Detector[];
  /**
   * Opens the vault for the best submissions, once, when agents have ended; a lab that has ended without is started again
   * with it. Default: it stays closed.
   */
  readonly confirm?: ConfirmRequest;
  /** Run and scored before agents begin. Default: naive, confidence and confident labels at three settings each, control. */
  readonly baselines?: readonly Method[];
  /** Default: `bubblewrap()`. The caller disposes one that is passed. */
  readonly sandbox?: SandboxProvider;
  readonly limits?: SandboxLimits;
  /** Device files that sandboxes see, such as `/dev/nvidia0`. Default none. */
  readonly devices?: readonly string[];
  /** More that can be read in sandboxes, such as folders of models. */
  readonly mounts?: readonly Mount[];
  /** The Python inside. Default: `$W2S_PYTHON`, else the environment that `npx weak-to-strong setup` made. */
  readonly python?: string;
  /** Start although the sandbox does not enforce every limit here. Default false. */
  readonly acceptUnenforced?: boolean;
  /** Default: `sqliteForum` in `dir`. The caller disposes one that is passed. */
  readonly forum?: Forum;
  /** Default: `sealedScorer`. The lab disposes what it makes. */
  readonly scorer?: (sealed: SealedLab) => PGRScorer;
  /** Replaces what agents are told. Default: {@link defaultBriefing}. */
  readonly briefing?: (facts: BriefingFacts) => string;
  /** US dollars an hour of a trainer's device, counted in dollars beside tokens. Default 0: one's own machine. */
  readonly trainerUsdPerHour?: number;
  /** Shown beside the agents: the PGR that people reached. */
  readonly human?: readonly HumanBaseline[];
  /** Tells which family a method is of, for the diversity of ideas. Default {@link keywordFamilies}. */
  readonly families?: FamilyClassifier;
  /** Judges how complex a method is. Default {@link linesOfCode}. */
  readonly complexity?: ComplexityJudge;
  readonly signal?: AbortSignal;
}

/** What a lab's scorer is made of. It holds the truth of the test splits. */
export interface SealedLab {
  readonly dir: string;
  readonly evaluations: number;
  readonly submissions: number;
  readonly feedback: FeedbackMode;
  readonly testbeds: readonly SealedTestbed[];
  readonly room: CleanRoom;
}

/** All there are: an option that is misspelled is refused. */
export const knownOptions: readonly (keyof LabOptions)[] = [
  "dir",
  "testbed",
  "testbeds",
  "teacher",
  "teacherExamples",
  "student",
  "models",
  "trainer",
  "agents",
  "budget",
  "teacherLabels",
  "seeds",
  "parts",
  "carve",
  "sealedSeeds",
  "canaries",
  "holdouts",
  "feedback",
  "audits",
  "confirm",
  "baselines",
  "sandbox",
  "limits",
  "devices",
  "mounts",
  "python",
  "acceptUnenforced",
  "forum",
  "scorer",
  "briefing",
  "trainerUsdPerHour",
  "human",
  "families",
  "complexity",
  "signal",
];
