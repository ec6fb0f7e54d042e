import { test } from "vitest";
import { developmentScorer } from "../../src/scorers/development/index.js";
import { scorerSuite } from "../../src/testing/scorer-suite.js";

for (const { name, run } of scorerSuite((setup) => developmentScorer(setup))) test.concurrent(name, run);
