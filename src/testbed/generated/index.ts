export { type GeneratedCodeOptions, generatedCode } from "./code.js";
export type { GeneratedOptions } from "./draw.js";
export { generatedMaths } from "./maths.js";
export { generatedPreference } from "./preference.js";
export { type Line, programOf, renderSnippet, writerOfSnippet } from "./snippets.js";
export { finalAnswer, isMostFrequent } from "./surface.js";
export { writerOfText } from "./writers.js";
