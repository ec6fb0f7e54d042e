export type { SuiteCase, SuiteContext } from "./suite.js";
export type { TrainerSuiteOptions } from "./trainer-suite.js";
export { trainerSuite } from "./trainer-suite.js";
