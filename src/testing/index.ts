export type { SuiteCase, SuiteContext } from "./suite.js";
export type { TrainerSuiteOptions } from "./trainer-cases/bench.js";
export { trainerSuite } from "./trainer-suite.js";
