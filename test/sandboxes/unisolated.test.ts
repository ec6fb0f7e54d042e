import { describe, test } from "vitest";
import { unisolated } from "../../src/sandboxes/unisolated.js";
import { sandboxSuite } from "../../src/testing/sandbox-suite.js";

describe("unisolated", () => {
  for (const { name, run } of sandboxSuite(() => unisolated())) test(name, (context) => run(context));
});
