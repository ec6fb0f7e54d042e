import { test, vi } from "vitest";
import { sealedScorer } from "../../src/scorers/sealed/index.js";
import { scorerSuite } from "../../src/testing/scorer-suite.js";

vi.mock("../../src/scorers/sealed/child.js", () => import("./in-process.js"));

for (const { name, run } of scorerSuite((setup) => sealedScorer(setup))) test.concurrent(name, run);
