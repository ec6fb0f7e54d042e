export type { SealedTestbed } from "../scorers/sealed/index.js";
export type { MakeAgent } from "./agent-cases/bench.js";
export type { AgentPlan, PlannedCall } from "./agent-plan.js";
export { callsOf, followPlan } from "./agent-plan.js";
export { agentSuite } from "./agent-suite.js";
export type { TestAssignment, TestAssignmentOptions, TestTool } from "./assignment.js";
export { testAssignment } from "./assignment.js";
export type { ForumPlace, ForumSuiteOptions } from "./forum-cases/bench.js";
export { forumSuite } from "./forum-suite.js";
export type {
  Fault,
  MessagesRequest,
  MessagesServer,
  MessagesServerOptions,
  Policy,
  PolicyAnswer,
  PolicyBlock,
  PolicyRequest,
  RequestBlock,
  RequestMessage,
  ServedRequest,
  ServedTokens,
} from "./messages-server/index.js";
export { messagesServer } from "./messages-server/index.js";
export { sandboxSuite } from "./sandbox-suite.js";
export type { MakeScorer, ScorerSetup } from "./scorer-cases/bench.js";
export { scorerSuite } from "./scorer-suite.js";
export type { SuiteCase, SuiteContext } from "./suite.js";
export type { TrainerSuiteOptions } from "./trainer-cases/bench.js";
export { trainerSuite } from "./trainer-suite.js";
