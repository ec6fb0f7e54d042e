import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "vitest";
import { sqliteForum } from "../../src/forums/sqlite/index.js";
import { forumSuite } from "../../src/testing/forum-suite.js";

describe("sqlite in a file", () => {
  const cases = forumSuite(async () => {
    const folder = await mkdtemp(join(tmpdir(), "w2s-forum-"));
    return {
      open: async () => sqliteForum({ file: join(folder, "forum.db") }),
      [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
    };
  });
  for (const { name, run } of cases) test(name, run);
});

describe("sqlite in memory", () => {
  const cases = forumSuite(
    async () => ({ open: async () => sqliteForum({ file: ":memory:" }), [Symbol.asyncDispose]: async () => undefined }),
    { volatile: "each handle has a forum of its own" },
  );
  for (const { name, run } of cases) test(name, run);
});
