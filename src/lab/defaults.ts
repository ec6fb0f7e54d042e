/** The one place where a lab knows backends: what it makes where it is given none. */
export { type RoomTestbed, sandboxedRoom } from "../clean-rooms/sandboxed.js";
export { insideOf, interpreter, type RoomStage } from "../clean-rooms/stage.js";
export { findWeights } from "../clean-rooms/weights.js";
export { mirrorToFolder } from "../forums/mirror.js";
export { sqliteForum } from "../forums/sqlite/index.js";
export { bubblewrap, pythonMounts } from "../sandboxes/bubblewrap/index.js";
export { type ScorerCheck, type SealedTestbed, sealedScorer, verifyScorer } from "../scorers/sealed/index.js";
export { defaultFractions, drawParts, type PartFractions, type Parts } from "../scorers/sealed/parts.js";
export { partResolutions, resolutionInWords } from "../scorers/sealed/resolution.js";
