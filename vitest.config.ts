import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";

const conditions = ["w2s-source", "node", "import", "module", "default"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: ["node", "import", "default"] } },
  test: {
    include: ["test/**/*.test.ts"],
    // Keys of ledgers that tests begin are not for their users' own folder.
    env: { W2S_KEYS: process.env.W2S_KEYS ?? join(tmpdir(), "w2s-test-keys") },
    // Tests wait for processes of theirs more than they compute: two at a time even on two cores.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
