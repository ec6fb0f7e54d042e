import type { Trainer } from "../trainer.js";
import { Skip, type SuiteCase, suiteCase } from "./suite.js";
import type { Bench, TrainerSuiteOptions } from "./trainer-cases/bench.js";
import { embedCases } from "./trainer-cases/embed.js";
import { endCases } from "./trainer-cases/ends.js";
import { fineTuningCases } from "./trainer-cases/fine-tuning.js";
import { fitCases } from "./trainer-cases/fit.js";
import { scoreCases } from "./trainer-cases/score.js";
import { trainingCases } from "./trainer-cases/training.js";

/**
 * The cases that every {@link Trainer} must pass, for any test runner:
 *
 * ```ts
 * for (const { name, run } of trainerSuite(() => mine)) test(name, run);
 * ```
 *
 * `factory` gives the trainer to test. One that makes a new trainer each time has each of them disposed of, and is also
 * tested for what happens then and for equal answers of two instances; one that gives the same each time is left alone.
 */
export function trainerSuite(
  factory: () => Trainer | Promise<Trainer>,
  options: TrainerSuiteOptions = {},
): SuiteCase[] {
  // A factory that gives the same trainer each time keeps it: it is not this suite's to dispose of.
  let shared: Promise<boolean> | undefined;
  const isShared = async (): Promise<boolean> => {
    const [one, other] = [await factory(), await factory()];
    if (one !== other) await Promise.all([one[Symbol.asyncDispose](), other[Symbol.asyncDispose]()]);
    return one === other;
  };
  const bench: Bench = {
    options,
    test: (name, body) =>
      suiteCase(name, async () => {
        shared ??= isShared();
        const dispose = !(await shared);
        const trainer = await factory();
        try {
          await body(trainer);
        } finally {
          if (dispose) await trainer[Symbol.asyncDispose]();
        }
      }),
    another: async (trainer) => {
      const other = await factory();
      if (other === trainer) throw new Skip("the factory gives the same trainer each time");
      return other;
    },
  };
  return [
    ...fitCases(bench),
    ...trainingCases(bench),
    ...fineTuningCases(bench),
    ...embedCases(bench),
    ...scoreCases(bench),
    ...endCases(bench),
  ];
}
