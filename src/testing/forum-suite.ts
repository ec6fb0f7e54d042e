import { type ForumPlace, type ForumSuiteOptions, makeBench } from "./forum-cases/bench.js";
import { endCases } from "./forum-cases/ends.js";
import { followingCases } from "./forum-cases/following.js";
import { hostileCases } from "./forum-cases/hostile.js";
import { postCases } from "./forum-cases/posts.js";
import { readingCases } from "./forum-cases/reading.js";
import { snapshotCases } from "./forum-cases/snapshots.js";
import type { SuiteCase } from "./suite.js";

/**
 * The cases that every `Forum` must pass, for any test runner:
 *
 * ```ts
 * for (const { name, run } of forumSuite(async () => place())) test(name, run);
 * ```
 *
 * `make` gives a new place for a forum, empty, which the suite opens (also twice at once, also again after closing) and
 * disposes.
 */
export function forumSuite(make: () => Promise<ForumPlace>, options: ForumSuiteOptions = {}): SuiteCase[] {
  const bench = makeBench(make, options);
  return [
    ...postCases(bench),
    ...readingCases(bench),
    ...followingCases(bench),
    ...hostileCases(bench),
    ...snapshotCases(bench),
    ...endCases(bench),
  ];
}
