import { describe, test } from "vitest";
import { bubblewrap } from "../../src/sandboxes/bubblewrap/index.js";
import { sandboxSuite } from "../../src/testing/sandbox-suite.js";

describe("bubblewrap", () => {
  for (const { name, run } of sandboxSuite(() => bubblewrap())) test(name, (context) => run(context));
});
