import { AssertionError } from "node:assert";
import { expect } from "vitest";
import { WeakToStrongError } from "../../src/errors.js";
import type { PGRScorer } from "../../src/scorer.js";
import { sealedScorer } from "../../src/scorers/sealed/index.js";
import type { ScorerSetup } from "../../src/testing/scorer-cases/bench.js";
import { scorerSuite } from "../../src/testing/scorer-suite.js";

/** What a broken scorer does otherwise than one that is right, or is made of. */
export interface Breakage {
  readonly setup?: (setup: ScorerSetup) => Partial<ScorerSetup>;
  readonly does?: (good: PGRScorer, setup: ScorerSetup) => Partial<PGRScorer>;
}

/** The suite's cases of these names must fail for a scorer that is broken so. */
export async function catches(names: readonly string[], { setup, does }: Breakage): Promise<void> {
  const make = (given: ScorerSetup): PGRScorer => {
    const good = sealedScorer({ ...given, ...setup?.(given) });
    return { ...good, ...does?.(good, given) };
  };
  const cases = scorerSuite(make).filter(({ name }) => names.includes(name));
  expect(cases.length).toBe(names.length);
  for (const { name, run } of cases) {
    // By a check, or by what the scorer throws: a TypeError would be the suite's.
    const error: unknown = await run().catch((reason: unknown) => reason);
    expect(error instanceof AssertionError || WeakToStrongError.isInstance(error), `${name}: ${error}`).toBe(true);
  }
}
