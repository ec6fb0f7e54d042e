/** The one place where a lab knows backends: what it makes where it is given none. */
export { mirrorToFolder } from "../forums/mirror.js";
export { sqliteForum } from "../forums/sqlite/index.js";
export { bubblewrap, pythonMounts } from "../sandboxes/bubblewrap/index.js";
export type { SealedTestbed } from "../scorers/development/index.js";
export { developmentScorer, developmentSplit } from "../scorers/development/index.js";
